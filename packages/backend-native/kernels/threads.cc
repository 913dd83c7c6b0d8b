// A few threads that wait for work. TF_NUM_INTRAOP_THREADS says how many, as for TensorFlow's own operations.
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "call.h"

namespace medseg {
namespace {

thread_local bool inside = false;

/** For how many looks a thread waits awake: falling asleep and waking takes longer than most operations of a step. */
constexpr int AWAKE = 4000;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

class Pool {
 public:
  explicit Pool(int threads) {
    for (int i = 1; i < threads; i++) std::thread([this] { loop(); }).detach();
  }

  /** False where another caller has the threads. */
  bool run(int64_t count, Work work) {
    std::unique_lock<std::mutex> alone(callers_, std::try_to_lock);
    if (!alone.owns_lock()) return false;
    work_ = work;
    count_ = count;
    next_ = 0;
    left_ = count;
    open_ = true;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      round_++;
    }
    if (asleep_ > 0) wake_.notify_all();
    take();
    await(left_);
    open_ = false;
    await(busy_);
    return true;
  }

 private:
  void take() {
    inside = true;
    for (int64_t i; (i = next_.fetch_add(1)) < count_; left_--) work_.run(work_.context, i);
    inside = false;
  }

  static void await(const std::atomic<int64_t>& number) {
    for (int i = 0; number != 0; i++) i < AWAKE ? pause() : std::this_thread::yield();
  }

  void loop() {
    int64_t seen = 0;
    for (;;) {
      for (int i = 0; i < AWAKE && round_ == seen; i++) pause();
      if (round_ == seen) {
        std::unique_lock<std::mutex> lock(mutex_);
        asleep_++;
        wake_.wait(lock, [&] { return round_ != seen; });
        asleep_--;
      }
      seen = round_;
      busy_++;  // before looking whether there is still work: its end waits for nobody else
      if (open_) take();
      busy_--;
    }
  }

  std::mutex callers_, mutex_;
  std::condition_variable wake_;
  Work work_{};
  int64_t count_ = 0;
  std::atomic<bool> open_{false};
  std::atomic<int64_t> next_{0}, left_{0}, round_{0}, busy_{0}, asleep_{0};
};

int wanted() {
  const char* text = std::getenv("TF_NUM_INTRAOP_THREADS");
  const int asked = text ? std::atoi(text) : 0;
  return asked > 0 ? asked : static_cast<int>(std::thread::hardware_concurrency());
}

}  // namespace

int threadCount() {
  static const int count = wanted() < 1 ? 1 : wanted();
  return count;
}

void runParts(int64_t count, Work work) {
  if (count > 1 && threadCount() > 1 && !inside) {
    // Never destroyed: its threads outlive whatever ends first.
    static Pool* const pool = new Pool(threadCount());
    if (pool->run(count, work)) return;
  }
  for (int64_t i = 0; i < count; i++) work.run(work.context, i);
}

}  // namespace medseg

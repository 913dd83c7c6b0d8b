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

/** Parts from `next` to `end` that one thread begins with, on a cache line of its own. */
struct alignas(64) Range {
  std::atomic<int64_t> next{0};
  int64_t end = 0;
};

/**
 * Every thread begins with a range of its own, the same for every operation on as many parts, so that it finds in its
 * cache what it has written before; then it takes from the ranges of others.
 */
class Pool {
 public:
  explicit Pool(int threads) : ranges_(threads) {
    for (int i = 1; i < threads; i++) std::thread([this, i] { loop(i); }).detach();
  }

  /** False where another caller has the threads. */
  bool run(int64_t count, Work work) {
    std::unique_lock<std::mutex> alone(callers_, std::try_to_lock);
    if (!alone.owns_lock()) return false;
    work_ = work;
    left_ = count;
    const int64_t threads = ranges_.size();
    for (int64_t i = 0; i < threads; i++) {
      ranges_[i].next = i * count / threads;
      ranges_[i].end = (i + 1) * count / threads;
    }
    open_ = true;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      round_++;
    }
    if (asleep_ > 0) wake_.notify_all();
    take(0);
    await(left_);
    open_ = false;
    await(busy_);
    return true;
  }

 private:
  void take(size_t thread) {
    inside = true;
    for (size_t i = 0; i < ranges_.size(); i++) {
      Range& range = ranges_[(thread + i) % ranges_.size()];
      for (int64_t part; (part = range.next.fetch_add(1)) < range.end; left_--) work_.run(work_.context, part);
    }
    inside = false;
  }

  static void await(const std::atomic<int64_t>& number) {
    for (int i = 0; number != 0; i++) i < AWAKE ? pause() : std::this_thread::yield();
  }

  void loop(size_t thread) {
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
      if (open_) take(thread);
      busy_--;
    }
  }

  std::mutex callers_, mutex_;
  std::condition_variable wake_;
  Work work_{};
  std::vector<Range> ranges_;
  std::atomic<bool> open_{false};
  std::atomic<int64_t> left_{0}, round_{0}, busy_{0}, asleep_{0};
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

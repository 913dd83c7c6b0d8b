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

class Pool {
 public:
  explicit Pool(int threads) {
    for (int i = 1; i < threads; i++) std::thread([this] { loop(); }).detach();
  }

  void run(int64_t count, Work work) {
    std::lock_guard<std::mutex> alone(callers_);  // one call at a time has the threads
    {
      std::lock_guard<std::mutex> lock(mutex_);
      work_ = work;
      open_ = true;
      count_ = count;
      next_ = 0;
      left_ = count;
      round_++;
    }
    wake_.notify_all();
    take(work);
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return left_ == 0 && busy_ == 0; });
    open_ = false;
  }

 private:
  void take(Work work) {
    inside = true;
    int64_t finished = 0;
    for (int64_t i; (i = next_.fetch_add(1)) < count_; finished++) work.run(work.context, i);
    inside = false;
    std::lock_guard<std::mutex> lock(mutex_);
    left_ -= finished;
    if (left_ == 0) done_.notify_all();
  }

  void loop() {
    int64_t seen = 0;
    for (;;) {
      Work work;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return round_ != seen; });
        seen = round_;
        if (!open_) continue;  // woken late: that work is done
        work = work_;
        busy_++;
      }
      take(work);
      std::lock_guard<std::mutex> lock(mutex_);
      busy_--;
      done_.notify_all();
    }
  }

  std::mutex callers_, mutex_;
  std::condition_variable wake_, done_;
  Work work_{};
  bool open_ = false;
  std::atomic<int64_t> next_{0};
  int64_t count_ = 0, left_ = 0, round_ = 0;
  int busy_ = 0;
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
  if (count <= 1 || threadCount() == 1 || inside) {
    for (int64_t i = 0; i < count; i++) work.run(work.context, i);
    return;
  }
  // Never destroyed: its threads outlive whatever ends first.
  static Pool* const pool = new Pool(threadCount());
  pool->run(count, work);
}

}  // namespace medseg

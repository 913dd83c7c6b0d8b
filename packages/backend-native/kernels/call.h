// What an operation gets: arrays in and out, its numbers, and threads to share its work with.
#pragma once
#include <cstdint>

namespace medseg {

struct Array {
  float* data;
  int rank;
  int64_t shape[8];

  int64_t dim(int i) const { return shape[i < 0 ? rank + i : i]; }
  int64_t size() const {
    int64_t product = 1;
    for (int i = 0; i < rank; i++) product *= shape[i];
    return product;
  }
};

/** Part `index` of some work. No std::function: its code would be shared among the kinds of processors. */
struct Work {
  void (*run)(const void* context, int64_t index);
  const void* context;
};

/** Runs parts 0 … count - 1, on this thread and on others. */
void runParts(int64_t count, Work work);

/** How many threads runParts() uses at most. */
int threadCount();

struct Call {
  const Array* in;
  int inputs;
  const Array* out;
  int outputs;
  const int32_t* ints;
  const float* floats;
};

using Kernel = void (*)(const Call&);

struct NamedKernel {
  const char* name;
  Kernel run;
};

}  // namespace medseg

// Vectors as wide as the processor's; included once for each of its kinds, inside a namespace of that kind.
#if defined(__AVX512F__)
constexpr int W = 16;
#elif defined(__AVX__)
constexpr int W = 8;
#else
constexpr int W = 4;
#endif

typedef float vec __attribute__((vector_size(4 * W), aligned(4), may_alias));
typedef int32_t ivec __attribute__((vector_size(4 * W), aligned(4), may_alias));

static inline vec load(const float* p) { return *reinterpret_cast<const vec*>(p); }
static inline void store(float* p, vec v) { *reinterpret_cast<vec*>(p) = v; }
static inline vec all(float x) { return x - vec{}; }

static inline vec loadPart(const float* p, int64_t count) {
  float lanes[W] = {};
  std::memcpy(lanes, p, count * sizeof(float));
  return load(lanes);
}

static inline void storePart(float* p, vec v, int64_t count) {
  std::memcpy(p, &v, count * sizeof(float));
}

/** to[i] += from[i] */
static inline void addTo(float* to, const float* from, int64_t count) {
  int64_t i = 0;
  for (; i + W <= count; i += W) store(to + i, load(to + i) + load(from + i));
  if (i < count) storePart(to + i, loadPart(to + i, count - i) + loadPart(from + i, count - i), count - i);
}

static inline float sumOf(vec v) {
  float total = 0;
  for (int i = 0; i < W; i++) total += v[i];
  return total;
}

static inline float largestOf(vec v) {
  float most = v[0];
  for (int i = 1; i < W; i++) most = v[i] > most ? v[i] : most;
  return most;
}

static inline vec larger(vec a, vec b) { return a > b ? a : b; }
static inline vec smaller(vec a, vec b) { return a < b ? a : b; }

/** e to the x, to 2e-7 of its value: 2^n times a polynomial in the rest (Cephes' expf). */
static inline vec exponential(vec x) {
  const vec bounded = smaller(larger(x, all(-87.3f)), all(88.3f));
  const vec shifted = bounded * all(1.44269504f) + all(12582912.f); // rounds to the nearest whole number
  const vec n = shifted - all(12582912.f);
  const vec r = bounded - n * all(0.693359375f) + n * all(2.12194440e-4f);
  vec p = all(1.9875691500e-4f);
  p = p * r + all(1.3981999507e-3f);
  p = p * r + all(8.3334519073e-3f);
  p = p * r + all(4.1665795894e-2f);
  p = p * r + all(1.6666665459e-1f);
  p = p * r + all(5.0000001201e-1f);
  const ivec exponent = ((ivec)shifted - 0x4B400000 + 127) << 23;
  return (p * r * r + r + all(1.f)) * (vec)exponent;
}

static inline vec sigmoid(vec x) { return all(1.f) / (all(1.f) + exponential(-x)); }

/** Derivative of x sigmoid(x). */
static inline vec siluSlope(vec x) {
  const vec s = sigmoid(x);
  return s * (all(1.f) + x * (all(1.f) - s));
}

/** Calls work(0) … work(count - 1), on several threads. */
template <class Function>
static void parallel(int64_t count, const Function& work) {
  runParts(count, {[](const void* context, int64_t i) { (*static_cast<const Function*>(context))(i); }, &work});
}

static inline int64_t roundUp(int64_t n) { return (n + W - 1) / W * W; }

/** Memory for one call on one thread, zeroed where asked; grows and is kept. */
class Scratch {
 public:
  ~Scratch() { std::free(data_); }
  float* take(int64_t count) {
    if (count > size_) {
      std::free(data_);
      size_ = count;
      data_ = static_cast<float*>(std::aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64));
      if (!data_) std::abort();
    }
    return data_;
  }
  float* zeros(int64_t count) {
    float* data = take(count);
    std::memset(data, 0, count * sizeof(float));
    return data;
  }

 private:
  float* data_ = nullptr;
  int64_t size_ = 0;
};

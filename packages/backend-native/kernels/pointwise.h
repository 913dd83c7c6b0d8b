// Operations on each number by itself, and sums over all of them.

/** Numbers that a thread takes at a time. */
constexpr int64_t STRETCH = 1 << 15;

/** Calls work(at, count) for stretches of `size` numbers, on all threads; all but the last are whole vectors. */
template <class Work>
static void stretches(int64_t size, Work work) {
  parallel((size + STRETCH - 1) / STRETCH, [&](int64_t i) {
    const int64_t from = i * STRETCH;
    work(from, size - from < STRETCH ? size - from : STRETCH);
  });
}

/** Calls work(array, at, count) for many arrays on all threads: an array is one piece of work, or several where it is long. */
template <class Size, class Work>
static void eachOrInStretches(int64_t arrays, Size sizeOf, Work work) {
  parallel(arrays, [&](int64_t i) {
    if (sizeOf(i) <= STRETCH) work(i, 0, sizeOf(i));
  });
  for (int64_t i = 0; i < arrays; i++) {
    if (sizeOf(i) > STRETCH) stretches(sizeOf(i), [&](int64_t from, int64_t count) { work(i, from, count); });
  }
}

/** out[i] = f(in[i]…) over the arrays of a call, all of one size. */
template <class Function>
static void each(int64_t size, const float* a, const float* b, float* out, Function f) {
  stretches(size, [&](int64_t from, int64_t count) {
    const int64_t whole = count / W * W;
    for (int64_t i = from; i < from + whole; i += W) store(out + i, f(load(a + i), load(b + i)));
    const int64_t left = count - whole, at = from + whole;
    if (left > 0) storePart(out + at, f(loadPart(a + at, left), loadPart(b + at, left)), left);
  });
}

/** In: two arrays of one shape. */
static void add(const Call& call) {
  each(call.in[0].size(), call.in[0].data, call.in[1].data, call.out[0].data, [](vec a, vec b) { return a + b; });
}

static void silu(const Call& call) {
  const Array& x = call.in[0];
  each(x.size(), x.data, x.data, call.out[0].data, [](vec v, vec) { return v * sigmoid(v); });
}

/** In: x, dy. */
static void siluGradient(const Call& call) {
  const Array& x = call.in[0];
  each(x.size(), x.data, call.in[1].data, call.out[0].data, [](vec v, vec dy) { return dy * siluSlope(v); });
}

static vec squareRoot(vec x) {
  vec root;
  for (int i = 0; i < W; i++) root[i] = __builtin_sqrtf(x[i]);
  return root;
}

/**
 * In: params, gradients, m and v of n weights, and [stepSize, variance, decay, beta1, beta2, 1 - beta1, 1 - beta2, epsilon, gradientScale].
 * Out: params, m, v; or params alone, and the new m and v are in the place of the given ones.
 */
static void adamw(const Call& call) {
  const int n = (call.inputs - 1) / 4;
  const bool inPlace = call.outputs == n;
  const float* f = call.in[4 * n].data;
  const vec stepSize = all(f[0]), variance = all(f[1]), decay = all(f[2]), beta1 = all(f[3]), beta2 = all(f[4]);
  const vec rest1 = all(f[5]), rest2 = all(f[6]), epsilon = all(f[7]), scale = all(f[8]);
  auto update = [&](int64_t w, int64_t from, int64_t count) {
    float* const param = call.out[w].data;
    float* const m = inPlace ? call.in[2 * n + w].data : call.out[n + w].data;
    float* const v = inPlace ? call.in[3 * n + w].data : call.out[2 * n + w].data;
    for (int64_t i = from; i < from + count; i += W) {
      const int64_t left = from + count - i;
      const bool whole = left >= W;
      auto read = [&](int list) {
        const float* p = call.in[list * n + w].data + i;
        return whole ? load(p) : loadPart(p, left);
      };
      auto write = [&](float* to, vec value) { whole ? store(to + i, value) : storePart(to + i, value, left); };
      const vec g = read(1) * scale;
      const vec first = read(2) * beta1 + g * rest1;
      const vec second = read(3) * beta2 + g * g * rest2;
      write(param, read(0) * decay - first * stepSize / (squareRoot(second * variance) + epsilon));
      write(m, first);
      write(v, second);
    }
  };
  eachOrInStretches(n, [&](int64_t w) { return call.in[w].size(); }, update);
}

/** In: n averages, n values, and [decay, 1 - decay]. Out: n averages. */
static void movingAverage(const Call& call) {
  const int n = call.outputs;
  const vec decay = all(call.in[2 * n].data[0]), rest = all(call.in[2 * n].data[1]);
  auto update = [&](int64_t w, int64_t from, int64_t count) {
    const float *average = call.in[w].data + from, *value = call.in[n + w].data + from;
    each(count, average, value, call.out[w].data + from, [&](vec a, vec b) { return a * decay + b * rest; });
  };
  eachOrInStretches(n, [&](int64_t w) { return call.in[w].size(); }, update);
}

/** Sum of the squares of all arrays, in a fixed order whatever the number of threads. */
static void sumOfSquares(const Call& call) {
  double total = 0;
  for (int n = 0; n < call.inputs; n++) {
    const float* p = call.in[n].data;
    const int64_t size = call.in[n].size();
    for (int64_t from = 0; from < size; from += 4096) {
      const int64_t to = from + 4096 < size ? from + 4096 : size;
      vec sum{};
      int64_t i = from;
      for (; i + W <= to; i += W) sum += load(p + i) * load(p + i);
      if (i < to) {
        const vec last = loadPart(p + i, to - i);
        sum += last * last;
      }
      total += sumOf(sum);
    }
  }
  call.out[0].data[0] = (float)total;
}

/** sum[c] += x[row][c] over rows; in stretches, so that few numbers meet large sums. */
static void addRows(const float* x, int64_t rows, int64_t channels, float* sum, Scratch& scratch) {
  // A period of whole vectors: several rows where channels are few, and at least four vectors to add to by turns.
  int64_t repeat = 1;
  while (repeat * channels % W != 0 || repeat * channels < 4 * W) repeat *= 2;
  const int64_t period = repeat * channels;
  constexpr int64_t MOST = 512;
  int64_t row = 0;
  while (rows - row >= repeat) {
    int64_t periods = (rows - row) / repeat;
    if (periods > MOST) periods = MOST;
    float* part = scratch.zeros(period);
    for (int64_t i = 0; i < periods; i++)
      for (int64_t c = 0; c < period; c += W) store(part + c, load(part + c) + load(x + (row * channels + i * period) + c));
    for (int64_t c = 0; c < period; c++) sum[c % channels] += part[c];
    row += periods * repeat;
  }
  for (; row < rows; row++)
    for (int64_t c = 0; c < channels; c++) sum[c] += x[row * channels + c];
}

/** In: x [rows, channels] of any rank. Out: [channels]. */
static void columnSum(const Call& call) {
  const Array& x = call.in[0];
  const int64_t channels = x.dim(-1), rows = x.size() / channels;
  const int64_t parts = rows < 4096 ? 1 : threadCount();
  static thread_local Scratch sums;
  float* total = sums.zeros(parts * channels);
  parallel(parts, [&](int64_t part) {
    static thread_local Scratch scratch;
    const int64_t from = part * rows / parts, to = (part + 1) * rows / parts;
    addRows(x.data + from * channels, to - from, channels, total + part * channels, scratch);
  });
  for (int64_t c = 0; c < channels; c++) {
    float sum = 0;
    for (int64_t part = 0; part < parts; part++) sum += total[part * channels + c];
    call.out[0].data[c] = sum;
  }
}

/** In: x. ints: factor. floats: scale. Out: each pixel times scale, repeated factor x factor times. */
static void upsample(const Call& call) {
  const Array& x = call.in[0];
  const int64_t width = x.dim(2), channels = x.dim(3), factor = call.ints[0];
  const float scale = call.floats[0];
  float* const out = call.out[0].data;
  const int64_t row = width * factor * channels;
  parallel(x.dim(0) * x.dim(1), [&](int64_t line) {
    float* first = out + line * factor * row;
    const float* from = x.data + line * width * channels;
    for (int64_t i = 0; i < width; i++)
      for (int64_t k = 0; k < factor; k++)
        for (int64_t c = 0; c < channels; c++) first[(i * factor + k) * channels + c] = scale * from[i * channels + c];
    for (int64_t k = 1; k < factor; k++) std::memcpy(first + k * row, first, row * sizeof(float));
  });
}

/** In: x. ints: factor. floats: scale. Out: sums over squares of factor x factor, times scale. */
static void sumPool(const Call& call) {
  const Array &x = call.in[0], &y = call.out[0];
  const int64_t width = y.dim(2), channels = y.dim(3), factor = call.ints[0];
  const float scale = call.floats[0];
  float* const out = y.data;
  const int64_t row = width * factor * channels;
  parallel(y.dim(0) * y.dim(1), [&](int64_t line) {
    float* to = out + line * width * channels;
    std::memset(to, 0, width * channels * sizeof(float));
    for (int64_t k = 0; k < factor; k++)
      for (int64_t i = 0; i < width * factor; i++) {
        const float* from = x.data + (line * factor + k) * row + i * channels;
        float* at = to + i / factor * channels;
        for (int64_t c = 0; c < channels; c++) at[c] += from[c];
      }
    for (int64_t i = 0; i < width * channels; i++) to[i] *= scale;
  });
}

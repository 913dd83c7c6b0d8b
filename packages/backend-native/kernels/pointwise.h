// Operations on each number by itself, and sums over all of them.

/** Calls work(at, count) for stretches of `size` numbers, on all threads; all but the last are whole vectors. */
template <class Work>
static void stretches(int64_t size, Work work) {
  constexpr int64_t STEP = 1 << 15;
  parallel((size + STEP - 1) / STEP, [&](int64_t i) {
    const int64_t from = i * STEP;
    work(from, size - from < STEP ? size - from : STEP);
  });
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
 * Out: params, m, v.
 */
static void adamw(const Call& call) {
  const int n = call.outputs / 3;
  const float* f = call.in[4 * n].data;
  const vec stepSize = all(f[0]), variance = all(f[1]), decay = all(f[2]), beta1 = all(f[3]), beta2 = all(f[4]);
  const vec rest1 = all(f[5]), rest2 = all(f[6]), epsilon = all(f[7]), scale = all(f[8]);
  for (int w = 0; w < n; w++) {
    stretches(call.in[w].size(), [&](int64_t from, int64_t count) {
      for (int64_t i = from; i < from + count; i += W) {
        const int64_t left = from + count - i;
        const bool whole = left >= W;
        auto read = [&](int list) {
          const float* p = call.in[list * n + w].data + i;
          return whole ? load(p) : loadPart(p, left);
        };
        auto write = [&](int list, vec v) {
          float* p = call.out[list * n + w].data + i;
          whole ? store(p, v) : storePart(p, v, left);
        };
        const vec g = read(1) * scale;
        const vec m = read(2) * beta1 + g * rest1;
        const vec v = read(3) * beta2 + g * g * rest2;
        write(0, read(0) * decay - m * stepSize / (squareRoot(v * variance) + epsilon));
        write(1, m);
        write(2, v);
      }
    });
  }
}

/** In: n averages, n values, and [decay, 1 - decay]. Out: n averages. */
static void movingAverage(const Call& call) {
  const int n = call.outputs;
  const vec decay = all(call.in[2 * n].data[0]), rest = all(call.in[2 * n].data[1]);
  for (int i = 0; i < n; i++) {
    each(call.in[i].size(), call.in[i].data, call.in[n + i].data, call.out[i].data,
         [&](vec average, vec value) { return average * decay + value * rest; });
  }
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

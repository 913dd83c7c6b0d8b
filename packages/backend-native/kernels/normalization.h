// Group normalisation with scale, shift and SiLU (Wu & He 2018), and layer normalisation (Ba et al. 2016).

/** Coefficients of the channels, repeated to a period of whole vectors, so that pixels can be read one after the other. */
struct Period {
  int64_t channels, length;
  explicit Period(int64_t c) : channels(c), length(c) {
    while (length % W != 0 || length < 4 * W) length *= 2;
  }
  void fill(float* to) const {
    for (int64_t i = channels; i < length; i++) to[i] = to[i - channels];
  }
  void fold(float* sums) const {
    for (int64_t i = channels; i < length; i++) sums[i % channels] += sums[i];
  }
};

/** Calls work(at, c, count) for the vectors of a sample: `count` numbers at `at`, the channel of the first being c. */
template <class Work>
static inline void vectors(int64_t size, const Period& period, Work work) {
  int64_t at = 0;
  for (; at + period.length <= size; at += period.length)
    for (int64_t c = 0; c < period.length; c += W) work(at + c, c, (int64_t)W);
  for (int64_t c = 0; at + c < size; c += W) work(at + c, c, size - at - c < W ? size - at - c : (int64_t)W);
}

static inline vec loadUpTo(const float* p, int64_t count) { return count == W ? load(p) : loadPart(p, count); }

/** sums[c] of f over a sample; sums has the length of a period and ends up with the channels' sums in front. */
template <class Function>
static inline void channelSums(int64_t size, const Period& period, float* sums, Function f) {
  std::memset(sums, 0, period.length * sizeof(float));
  vectors(size, period, [&](int64_t at, int64_t c, int64_t count) { store(sums + c, load(sums + c) + f(at, c, count)); });
  period.fold(sums);
}

/** The inputs of a group normalisation, forwards and backwards. ints: groups, silu, hasScale, hasShift. */
struct GroupNorm {
  const Array* x;
  const float *gamma, *beta, *scale, *shift;
  int64_t batch, pixels, channels, groups, inGroup;
  bool silu;

  explicit GroupNorm(const Call& call)
      : x(&call.in[0]), gamma(call.in[1].data), beta(call.in[2].data),
        scale(call.ints[2] ? call.in[3].data : nullptr),
        shift(call.ints[3] ? call.in[call.ints[2] ? 4 : 3].data : nullptr),
        batch(x->dim(0)), pixels(x->dim(1) * x->dim(2)), channels(x->dim(3)), groups(call.ints[0]),
        inGroup(channels / groups), silu(call.ints[1] != 0) {}

  int64_t size() const { return pixels * channels; }
  float factor(int64_t b, int64_t c) const { return scale ? 1 + scale[b * channels + c] : 1; }
  float offset(int64_t b, int64_t c) const { return shift ? shift[b * channels + c] : 0; }
};

/** In: x, gamma, beta [, scale] [, shift]. floats: epsilon. Out: y and, of each group, its mean and 1 / deviation. */
static void groupNorm(const Call& call) {
  const GroupNorm n(call);
  const Period period(n.channels);
  parallel(n.batch, [&](int64_t b) {
    static thread_local Scratch scratch;
    float* sums = scratch.take(4 * period.length);
    float *mean = sums + period.length, *a = mean + period.length, *start = a + period.length;
    const float* x = n.x->data + b * n.size();
    float* statistics = call.out[1].data + b * n.groups * 2;
    channelSums(n.size(), period, sums, [&](int64_t at, int64_t, int64_t count) { return loadUpTo(x + at, count); });
    const double counted = (double)n.pixels * n.inGroup;
    for (int64_t g = 0; g < n.groups; g++) {
      double sum = 0;
      for (int64_t c = g * n.inGroup; c < (g + 1) * n.inGroup; c++) sum += sums[c];
      statistics[2 * g] = (float)(sum / counted);
      for (int64_t c = g * n.inGroup; c < (g + 1) * n.inGroup; c++) mean[c] = statistics[2 * g];
    }
    period.fill(mean);
    channelSums(n.size(), period, sums, [&](int64_t at, int64_t c, int64_t count) {
      const vec off = loadUpTo(x + at, count) - load(mean + c);
      const vec square = off * off;
      return count == W ? square : loadPart((const float*)&square, count);
    });
    for (int64_t g = 0; g < n.groups; g++) {
      double sum = 0;
      for (int64_t c = g * n.inGroup; c < (g + 1) * n.inGroup; c++) sum += sums[c];
      statistics[2 * g + 1] = (float)(1 / __builtin_sqrt(sum / counted + call.floats[0]));
    }
    for (int64_t c = 0; c < n.channels; c++) {
      a[c] = statistics[2 * (c / n.inGroup) + 1] * n.gamma[c] * n.factor(b, c);
      start[c] = n.beta[c] * n.factor(b, c) + n.offset(b, c);
    }
    period.fill(a);
    period.fill(start);
    float* y = call.out[0].data + b * n.size();
    vectors(n.size(), period, [&](int64_t at, int64_t c, int64_t count) {
      const vec v = (loadUpTo(x + at, count) - load(mean + c)) * load(a + c) + load(start + c);
      const vec out = n.silu ? v * sigmoid(v) : v;
      if (count == W) store(y + at, out);
      else storePart(y + at, out, count);
    });
  });
}

/** In: those of groupNorm, statistics, dy. Out: the gradients of groupNorm's inputs, in their order. */
static void groupNormGradient(const Call& call) {
  const GroupNorm n(call);
  const Period period(n.channels);
  const float* const statistics = call.in[call.inputs - 2].data;
  const float* const slopes = call.in[call.inputs - 1].data;
  static thread_local Scratch kept;
  float* const slopeSums = kept.take(2 * n.batch * n.channels);  // of each sample and channel
  float* const normalSums = slopeSums + n.batch * n.channels;
  parallel(n.batch, [&](int64_t b) {
    static thread_local Scratch scratch;
    float* mean = scratch.take(8 * period.length);
    float *rate = mean + period.length, *a = rate + period.length, *start = a + period.length;
    float *first = start + period.length, *second = first + period.length;
    float *shift = second + period.length, *tilt = shift + period.length;
    for (int64_t c = 0; c < n.channels; c++) {
      const float* of = statistics + (b * n.groups + c / n.inGroup) * 2;
      mean[c] = of[0];
      rate[c] = of[1];
      a[c] = n.gamma[c] * n.factor(b, c);
      start[c] = n.beta[c] * n.factor(b, c) + n.offset(b, c);
    }
    for (float* of = mean; of <= start; of += period.length) period.fill(of);
    std::memset(first, 0, 2 * period.length * sizeof(float));
    const float* x = n.x->data + b * n.size();
    const float* dy = slopes + b * n.size();
    float* dx = call.out[0].data + b * n.size();
    vectors(n.size(), period, [&](int64_t at, int64_t c, int64_t count) {
      const vec normal = (loadUpTo(x + at, count) - load(mean + c)) * load(rate + c);
      vec slope = loadUpTo(dy + at, count);  // zero where there is no number
      if (n.silu) slope *= siluSlope(normal * load(a + c) + load(start + c));
      store(first + c, load(first + c) + slope);
      store(second + c, load(second + c) + slope * normal);
      if (count == W) store(dx + at, slope);
      else storePart(dx + at, slope, count);
    });
    period.fold(first);
    period.fold(second);
    std::memcpy(slopeSums + b * n.channels, first, n.channels * sizeof(float));
    std::memcpy(normalSums + b * n.channels, second, n.channels * sizeof(float));
    const double counted = (double)n.pixels * n.inGroup;
    for (int64_t g = 0; g < n.groups; g++) {
      double one = 0, two = 0;
      for (int64_t c = g * n.inGroup; c < (g + 1) * n.inGroup; c++) {
        one += (double)a[c] * first[c];
        two += (double)a[c] * second[c];
      }
      for (int64_t c = g * n.inGroup; c < (g + 1) * n.inGroup; c++) {
        shift[c] = (float)(one / counted);
        tilt[c] = (float)(two / counted);
      }
    }
    period.fill(shift);
    period.fill(tilt);
    vectors(n.size(), period, [&](int64_t at, int64_t c, int64_t count) {
      const vec r = load(rate + c);
      const vec normal = (loadUpTo(x + at, count) - load(mean + c)) * r;
      const vec out = r * (loadUpTo(dx + at, count) * load(a + c) - load(shift + c) - normal * load(tilt + c));
      if (count == W) store(dx + at, out);
      else storePart(dx + at, out, count);
    });
  });
  float *dgamma = call.out[1].data, *dbeta = call.out[2].data;
  float* dscale = n.scale ? call.out[3].data : nullptr;
  float* dshift = n.shift ? call.out[n.scale ? 4 : 3].data : nullptr;
  std::memset(dgamma, 0, n.channels * sizeof(float));
  std::memset(dbeta, 0, n.channels * sizeof(float));
  for (int64_t b = 0; b < n.batch; b++) {
    for (int64_t c = 0; c < n.channels; c++) {
      const int64_t at = b * n.channels + c;
      dgamma[c] += normalSums[at] * n.factor(b, c);
      dbeta[c] += slopeSums[at] * n.factor(b, c);
      if (dscale) dscale[at] = n.gamma[c] * normalSums[at] + n.beta[c] * slopeSums[at];
      if (dshift) dshift[at] = slopeSums[at];
    }
  }
}

/** In: x [rows, C], gamma [, beta]. floats: epsilon. Out: y and, of each row, its mean and 1 / deviation. */
static void layerNorm(const Call& call) {
  const Array& x = call.in[0];
  const int64_t channels = x.dim(-1), rows = x.size() / channels, whole = channels / W * W, left = channels - whole;
  const float *gamma = call.in[1].data, *beta = call.inputs > 2 ? call.in[2].data : nullptr;
  constexpr int64_t STEP = 256;
  parallel((rows + STEP - 1) / STEP, [&](int64_t block) {
    for (int64_t row = block * STEP; row < rows && row < (block + 1) * STEP; row++) {
      const float* p = x.data + row * channels;
      vec sum{};
      for (int64_t c = 0; c < whole; c += W) sum += load(p + c);
      if (left) sum += loadPart(p + whole, left);
      const float mean = sumOf(sum) / channels;
      vec squares{};
      for (int64_t c = 0; c < whole; c += W) squares += (load(p + c) - all(mean)) * (load(p + c) - all(mean));
      float square = sumOf(squares);
      for (int64_t c = whole; c < channels; c++) square += (p[c] - mean) * (p[c] - mean);
      const float rate = 1 / __builtin_sqrtf(square / channels + call.floats[0]);
      call.out[1].data[2 * row] = mean;
      call.out[1].data[2 * row + 1] = rate;
      float* y = call.out[0].data + row * channels;
      for (int64_t c = 0; c < channels; c += W) {
        const int64_t count = channels - c < W ? channels - c : (int64_t)W;
        vec out = (loadUpTo(p + c, count) - all(mean)) * all(rate) * loadUpTo(gamma + c, count);
        if (beta) out += loadUpTo(beta + c, count);
        if (count == W) store(y + c, out);
        else storePart(y + c, out, count);
      }
    }
  });
}

/** In: x, gamma, statistics, dy. Out: dx, dgamma, dbeta. */
static void layerNormGradient(const Call& call) {
  const Array& x = call.in[0];
  const int64_t channels = x.dim(-1), rows = x.size() / channels, width = roundUp(channels);
  const float *gamma = call.in[1].data, *statistics = call.in[2].data, *dy = call.in[3].data;
  const int64_t parts = rows < 512 ? 1 : threadCount();
  static thread_local Scratch kept;
  float* const sums = kept.zeros(parts * 2 * width);
  parallel(parts, [&](int64_t part) {
    float *dgamma = sums + part * 2 * width, *dbeta = dgamma + width;
    for (int64_t row = part * rows / parts; row < (part + 1) * rows / parts; row++) {
      const float *p = x.data + row * channels, *q = dy + row * channels;
      const vec mean = all(statistics[2 * row]), rate = all(statistics[2 * row + 1]);
      vec one{}, two{};
      for (int64_t c = 0; c < channels; c += W) {
        const int64_t count = channels - c < W ? channels - c : (int64_t)W;
        const vec normal = (loadUpTo(p + c, count) - mean) * rate;
        const vec slope = loadUpTo(q + c, count);
        store(dgamma + c, load(dgamma + c) + slope * normal);
        store(dbeta + c, load(dbeta + c) + slope);
        const vec pulled = slope * loadUpTo(gamma + c, count);
        one += pulled;
        two += pulled * normal;
      }
      const vec shift = all(sumOf(one) / channels), tilt = all(sumOf(two) / channels);
      float* dx = call.out[0].data + row * channels;
      for (int64_t c = 0; c < channels; c += W) {
        const int64_t count = channels - c < W ? channels - c : (int64_t)W;
        const vec normal = (loadUpTo(p + c, count) - mean) * rate;
        const vec out = rate * (loadUpTo(q + c, count) * loadUpTo(gamma + c, count) - shift - normal * tilt);
        if (count == W) store(dx + c, out);
        else storePart(dx + c, out, count);
      }
    }
  });
  for (int64_t c = 0; c < channels; c++) {
    float one = 0, two = 0;
    for (int64_t part = 0; part < parts; part++) {
      one += sums[part * 2 * width + c];
      two += sums[part * 2 * width + width + c];
    }
    call.out[1].data[c] = one;
    call.out[2].data[c] = two;
  }
}

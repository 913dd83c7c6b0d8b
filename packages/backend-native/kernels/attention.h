// Softmax attention (Vaswani et al. 2017, eq. 1), a block of queries at a time, and linear attention (Shen et al. 2018).

constexpr int64_t QUERIES = 64;

/** Turns rows of `count` numbers of `width` into their softmax, and writes log(sum(exp)) of each where asked. */
static void softmaxRows(float* p, int64_t rows, int64_t count, int64_t width, float scale, float* logSum) {
  const int64_t whole = count / W * W, left = count - whole;
  for (int64_t row = 0; row < rows; row++, p += width) {
    float most = p[0] * scale;
    for (int64_t i = 0; i < count; i++) most = p[i] * scale > most ? p[i] * scale : most;
    vec sum{};
    for (int64_t i = 0; i < whole; i += W) {
      const vec e = exponential(load(p + i) * all(scale) - all(most));
      store(p + i, e);
      sum += e;
    }
    float total = sumOf(sum);
    if (left) {
      const vec e = exponential(loadPart(p + whole, left) * all(scale) - all(most));
      storePart(p + whole, e, left);
      for (int64_t i = 0; i < left; i++) total += e[i];
    }
    for (int64_t i = 0; i < count; i++) p[i] *= 1 / total;
    if (logSum) logSum[row] = most + __builtin_logf(total);
  }
}

/** ints: heads. floats: scale. */
struct Attention {
  int64_t batch, queries, keys, channels, values, heads, size, valueSize;
  float scale;
  Attention(const Call& call)
      : batch(call.in[0].dim(0)), queries(call.in[0].dim(1)), keys(call.in[1].dim(1)), channels(call.in[0].dim(2)),
        values(call.in[2].dim(2)), heads(call.ints[0]), size(channels / heads), valueSize(values / heads),
        scale(call.floats[0]) {}
};

/** In: q [B, T, C], k [B, S, C], v [B, S, D]. Out: y [B, T, D], log of the softmax's sum [B, heads, T]. */
static void attention(const Call& call) {
  const Attention n(call);
  parallel(n.batch * n.heads, [&](int64_t at) {
    static thread_local Scratch scratch;
    const int64_t b = at / n.heads, head = at % n.heads;
    const int64_t keyWidth = roundUp(n.keys), valueWidth = roundUp(n.valueSize);
    float* keys = scratch.take(n.size * keyWidth + n.keys * valueWidth + QUERIES * keyWidth);
    float *values = keys + n.size * keyWidth, *weights = values + n.keys * valueWidth;
    padTurned(call.in[1].data + b * n.keys * n.channels + head * n.size, n.keys, n.size, n.channels, keys, keyWidth);
    pad(call.in[2].data + b * n.keys * n.values + head * n.valueSize, n.keys, n.valueSize, n.values, values, valueWidth);
    for (int64_t from = 0; from < n.queries; from += QUERIES) {
      const int64_t count = n.queries - from < QUERIES ? n.queries - from : QUERIES;
      const float* q = call.in[0].data + (b * n.queries + from) * n.channels + head * n.size;
      product(q, n.channels, 0, 1, n.size, keys, keyWidth, nullptr, weights, keyWidth, count, keyWidth);
      softmaxRows(weights, count, n.keys, keyWidth, n.scale, call.out[1].data + at * n.queries + from);
      product(weights, keyWidth, 0, 1, n.keys, values, valueWidth, nullptr,
              call.out[0].data + (b * n.queries + from) * n.values + head * n.valueSize, n.values, count, n.valueSize);
    }
  });
}

/** In: q, k, v, y, log of the sum, dy. Out: dq, dk, dv. */
static void attentionGradient(const Call& call) {
  const Attention n(call);
  parallel(n.batch * n.heads, [&](int64_t at) {
    static thread_local Scratch scratch;
    const int64_t b = at / n.heads, head = at % n.heads;
    const int64_t keyWidth = roundUp(n.keys), valueWidth = roundUp(n.valueSize), width = roundUp(n.size);
    const int64_t parts[] = {n.size * keyWidth, n.valueSize * keyWidth, n.keys * width,     QUERIES * keyWidth,
                             QUERIES * keyWidth, QUERIES * width,       QUERIES * valueWidth, keyWidth * width,
                             keyWidth * valueWidth};
    int64_t total = 0;
    for (int64_t part : parts) total += part;
    float* next = scratch.zeros(total);
    float* places[9];
    for (int i = 0; i < 9; next += parts[i++]) places[i] = next;
    auto [turnedKeys, turnedValues, keys, weights, slopes, queries, dys, dk, dv] = places;
    const float* k = call.in[1].data + b * n.keys * n.channels + head * n.size;
    const float* v = call.in[2].data + b * n.keys * n.values + head * n.valueSize;
    padTurned(k, n.keys, n.size, n.channels, turnedKeys, keyWidth);
    padTurned(v, n.keys, n.valueSize, n.values, turnedValues, keyWidth);
    pad(k, n.keys, n.size, n.channels, keys, width);
    for (int64_t from = 0; from < n.queries; from += QUERIES) {
      const int64_t count = n.queries - from < QUERIES ? n.queries - from : QUERIES;
      const float* q = call.in[0].data + (b * n.queries + from) * n.channels + head * n.size;
      const int64_t result = (b * n.queries + from) * n.values + head * n.valueSize;
      const float *y = call.in[3].data + result, *dy = call.in[5].data + result;
      const float* logSum = call.in[4].data + at * n.queries + from;
      product(q, n.channels, 0, 1, n.size, turnedKeys, keyWidth, nullptr, weights, keyWidth, count, keyWidth);
      product(dy, n.values, 0, 1, n.valueSize, turnedValues, keyWidth, nullptr, slopes, keyWidth, count, keyWidth);
      for (int64_t row = 0; row < count; row++) {
        float mean = 0;
        for (int64_t c = 0; c < n.valueSize; c++) mean += y[row * n.values + c] * dy[row * n.values + c];
        float *p = weights + row * keyWidth, *s = slopes + row * keyWidth;
        for (int64_t i = 0; i < keyWidth; i += W) {
          const vec weight = exponential(load(p + i) * all(n.scale) - all(logSum[row]));
          store(p + i, weight);
          store(s + i, weight * (load(s + i) - all(mean)) * all(n.scale));
        }
      }
      pad(q, count, n.size, n.channels, queries, width);
      pad(dy, count, n.valueSize, n.values, dys, valueWidth);
      product(slopes, keyWidth, 0, 1, n.keys, keys, width, nullptr,
              call.out[0].data + (b * n.queries + from) * n.channels + head * n.size, n.channels, count, n.size);
      turnedProduct(slopes, keyWidth, 0, 1, count, queries, width, 0, dk, n.keys);
      turnedProduct(weights, keyWidth, 0, 1, count, dys, valueWidth, 0, dv, n.keys);
    }
    for (int64_t row = 0; row < n.keys; row++) {
      std::memcpy(call.out[1].data + (b * n.keys + row) * n.channels + head * n.size, dk + row * width,
                  n.size * sizeof(float));
      std::memcpy(call.out[2].data + (b * n.keys + row) * n.values + head * n.valueSize, dv + row * valueWidth,
                  n.valueSize * sizeof(float));
    }
  });
}

/** In: x [B, T, C], qkv [C, 3 H], out [H, D]. ints: heads. floats: scale. */
struct LinearAttention {
  int64_t batch, pixels, channels, inner, values, heads, size, mapped;
  float scale;
  LinearAttention(const Call& call)
      : batch(call.in[0].dim(0)), pixels(call.in[0].dim(1)), channels(call.in[0].dim(2)), inner(call.in[2].dim(0)),
        values(call.in[2].dim(1)), heads(call.ints[0]), size(inner / heads), mapped(3 * inner), scale(call.floats[0]) {}
  /** Numbers of a sample that the gradient wants again: queries, keys and values, then the context of each head. */
  int64_t state() const { return pixels * mapped + inner * size; }
};

/** Softmax of every query over its head's channels, and of every key's channel over the pixels. */
static void linearSoftmaxes(const LinearAttention& n, float* mapped, Scratch& scratch) {
  for (int64_t t = 0; t < n.pixels; t++)
    softmaxRows(mapped + t * n.mapped, n.heads, n.size, n.size, 1, nullptr);
  float* keys = mapped + n.inner;
  float *most = scratch.take(2 * n.inner), *sums = most + n.inner;
  std::memcpy(most, keys, n.inner * sizeof(float));
  std::memset(sums, 0, n.inner * sizeof(float));
  for (int64_t t = 1; t < n.pixels; t++)
    for (int64_t c = 0; c < n.inner; c++) {
      const float key = keys[t * n.mapped + c];
      most[c] = key > most[c] ? key : most[c];
    }
  for (int64_t t = 0; t < n.pixels; t++)
    for (int64_t c = 0; c < n.inner; c += W) {
      const int64_t count = n.inner - c < W ? n.inner - c : (int64_t)W;
      float* key = keys + t * n.mapped + c;
      const vec e = exponential((count == W ? load(key) : loadPart(key, count)) - (count == W ? load(most + c) : loadPart(most + c, count)));
      if (count == W) {
        store(key, e);
        store(sums + c, load(sums + c) + e);
      } else {
        storePart(key, e, count);
        for (int64_t i = 0; i < count; i++) sums[c + i] += e[i];
      }
    }
  for (int64_t c = 0; c < n.inner; c++) sums[c] = 1 / sums[c];
  for (int64_t t = 0; t < n.pixels; t++)
    for (int64_t c = 0; c < n.inner; c++) keys[t * n.mapped + c] *= sums[c];
}

/** mixed[t][head] = scale * queries context of the head; context in rows of whole vectors in `padded`. */
static void mixValues(const LinearAttention& n, const float* mapped, const float* context, float* padded, float* mixed) {
  const int64_t width = roundUp(n.size);
  for (int64_t head = 0; head < n.heads; head++) {
    for (int64_t i = 0; i < n.size; i++) {
      for (int64_t j = 0; j < n.size; j++) padded[i * width + j] = n.scale * context[(head * n.size + i) * n.size + j];
      for (int64_t j = n.size; j < width; j++) padded[i * width + j] = 0;
    }
    product(mapped + head * n.size, n.mapped, 0, 1, n.size, padded, width, nullptr, mixed + head * n.size, n.inner,
            n.pixels, n.size);
  }
}

/** In: x, qkv, out [, bias]. Out: y [B, T, D], state. */
static void linearAttention(const Call& call) {
  const LinearAttention n(call);
  static thread_local Scratch shared;
  const int64_t mapWidth = roundUp(n.mapped), outWidth = roundUp(n.values);
  float* const maps = shared.take(n.channels * mapWidth + n.inner * outWidth + outWidth);
  float *const outs = maps + n.channels * mapWidth, *const starts = outs + n.inner * outWidth;
  pad(call.in[1].data, n.channels, n.mapped, n.mapped, maps, mapWidth);
  pad(call.in[2].data, n.inner, n.values, n.values, outs, outWidth);
  const float* const start = call.inputs > 3 ? starts : nullptr;
  if (start) pad(call.in[3].data, 1, n.values, n.values, starts, outWidth);
  parallel(n.batch, [&](int64_t b) {
    static thread_local Scratch scratch, small;
    const int64_t width = roundUp(n.size);
    float* mapped = call.out[1].data + b * n.state();
    float* context = mapped + n.pixels * n.mapped;
    float* values = scratch.take(n.pixels * width + n.size * width + n.pixels * n.inner);
    float *sums = values + n.pixels * width, *mixed = sums + n.size * width;
    product(call.in[0].data + b * n.pixels * n.channels, n.channels, 0, 1, n.channels, maps, mapWidth, nullptr, mapped,
            n.mapped, n.pixels, n.mapped);
    linearSoftmaxes(n, mapped, small);
    for (int64_t head = 0; head < n.heads; head++) {
      std::memset(sums, 0, n.size * width * sizeof(float));
      pad(mapped + 2 * n.inner + head * n.size, n.pixels, n.size, n.mapped, values, width);
      turnedProduct(mapped + n.inner + head * n.size, n.mapped, 0, 1, n.pixels, values, width, 0, sums, n.size);
      for (int64_t i = 0; i < n.size; i++)
        std::memcpy(context + (head * n.size + i) * n.size, sums + i * width, n.size * sizeof(float));
    }
    mixValues(n, mapped, context, sums, mixed);
    product(mixed, n.inner, 0, 1, n.inner, outs, outWidth, start, call.out[0].data + b * n.pixels * n.values, n.values,
            n.pixels, n.values);
  });
}

/** In: x, qkv, out, state, dy. Out: dx, dqkv, dout. */
static void linearAttentionGradient(const Call& call) {
  const LinearAttention n(call);
  const int64_t mapWidth = roundUp(n.mapped), outWidth = roundUp(n.values), innerWidth = roundUp(n.inner);
  const int64_t inWidth = roundUp(n.channels), parts = n.batch < threadCount() ? n.batch : threadCount();
  const int64_t sumSize = n.channels * mapWidth + n.inner * outWidth;
  static thread_local Scratch shared, kept;
  float* const backMaps = shared.take(n.mapped * inWidth + n.values * innerWidth);
  float* const backOuts = backMaps + n.mapped * inWidth;
  padTurned(call.in[1].data, n.channels, n.mapped, n.mapped, backMaps, inWidth);
  padTurned(call.in[2].data, n.inner, n.values, n.values, backOuts, innerWidth);
  float* const sums = kept.zeros(parts * sumSize);
  parallel(parts, [&](int64_t part) {
    static thread_local Scratch scratch;
    const int64_t width = roundUp(n.size);
    const int64_t sizes[] = {n.pixels * n.inner, n.pixels * n.inner, n.pixels * mapWidth,
                             n.pixels * outWidth, (n.pixels > n.size ? n.pixels : n.size) * width, n.size * width};
    int64_t total = 0;
    for (int64_t size : sizes) total += size;
    float* next = scratch.take(total);
    float* places[6];
    for (int i = 0; i < 6; next += sizes[i++]) places[i] = next;
    auto [mixed, dmixed, dmapped, dys, panel, square] = places;
    float *dqkv = sums + part * sumSize, *dout = dqkv + n.channels * mapWidth;
    for (int64_t b = part * n.batch / parts; b < (part + 1) * n.batch / parts; b++) {
      const float* x = call.in[0].data + b * n.pixels * n.channels;
      const float* mapped = call.in[3].data + b * n.state();
      const float* context = mapped + n.pixels * n.mapped;
      const float* dy = call.in[4].data + b * n.pixels * n.values;
      const float *queries = mapped, *keys = mapped + n.inner, *values = mapped + 2 * n.inner;
      mixValues(n, mapped, context, square, mixed);
      pad(dy, n.pixels, n.values, n.values, dys, outWidth);
      turnedProduct(mixed, n.inner, 0, 1, n.pixels, dys, outWidth, 0, dout, n.inner);
      product(dy, n.values, 0, 1, n.values, backOuts, innerWidth, nullptr, dmixed, n.inner, n.pixels, n.inner);
      std::memset(dmapped, 0, n.pixels * mapWidth * sizeof(float));
      for (int64_t head = 0; head < n.heads; head++) {
        const int64_t at = head * n.size;
        // Queries: scale * dmixed context', through the softmax over a head's channels.
        padTurned(context + at * n.size, n.size, n.size, n.size, square, width);
        for (int64_t i = 0; i < n.size * width; i++) square[i] *= n.scale;
        product(dmixed + at, n.inner, 0, 1, n.size, square, width, nullptr, dmapped + at, mapWidth, n.pixels, n.size);
        for (int64_t t = 0; t < n.pixels; t++) {
          const float* q = queries + t * n.mapped + at;
          float* dq = dmapped + t * mapWidth + at;
          float mean = 0;
          for (int64_t c = 0; c < n.size; c++) mean += q[c] * dq[c];
          for (int64_t c = 0; c < n.size; c++) dq[c] = q[c] * (dq[c] - mean);
        }
        // The context: scale * queries' dmixed.
        pad(dmixed + at, n.pixels, n.size, n.inner, panel, width);
        std::memset(square, 0, n.size * width * sizeof(float));
        turnedProduct(queries + at, n.mapped, 0, 1, n.pixels, panel, width, 0, square, n.size);
        for (int64_t i = 0; i < n.size * width; i++) square[i] *= n.scale;
        // Values: keys dcontext.
        product(keys + at, n.mapped, 0, 1, n.size, square, width, nullptr, dmapped + 2 * n.inner + at, mapWidth,
                n.pixels, n.size);
        // Keys: values dcontext'; `panel` holds the transpose now.
        padTurned(square, n.size, n.size, width, panel, width);
        product(values + at, n.mapped, 0, 1, n.size, panel, width, nullptr, dmapped + n.inner + at, mapWidth, n.pixels,
                n.size);
      }
      // Keys, through the softmax over the pixels.
      float* mean = mixed;  // no longer wanted
      std::memset(mean, 0, n.inner * sizeof(float));
      for (int64_t t = 0; t < n.pixels; t++)
        for (int64_t c = 0; c < n.inner; c++) mean[c] += keys[t * n.mapped + c] * dmapped[t * mapWidth + n.inner + c];
      for (int64_t t = 0; t < n.pixels; t++)
        for (int64_t c = 0; c < n.inner; c++) {
          float* dk = dmapped + t * mapWidth + n.inner + c;
          *dk = keys[t * n.mapped + c] * (*dk - mean[c]);
        }
      product(dmapped, mapWidth, 0, 1, n.mapped, backMaps, inWidth, nullptr,
              call.out[0].data + b * n.pixels * n.channels, n.channels, n.pixels, n.channels);
      turnedProduct(x, n.channels, 0, 1, n.pixels, dmapped, mapWidth, 0, dqkv, n.channels);
    }
  });
  for (int64_t part = 1; part < parts; part++)
    for (int64_t i = 0; i < sumSize; i++) sums[i] += sums[part * sumSize + i];
  for (int64_t i = 0; i < n.channels; i++)
    std::memcpy(call.out[1].data + i * n.mapped, sums + i * mapWidth, n.mapped * sizeof(float));
  for (int64_t i = 0; i < n.inner; i++)
    std::memcpy(call.out[2].data + i * n.values, sums + n.channels * mapWidth + i * outWidth, n.values * sizeof(float));
}

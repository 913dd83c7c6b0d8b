// Products of matrices, with a bias or in batches.

/** Rows of a product that a thread takes at a time. */
constexpr int64_t PRODUCT_ROWS = 64;

/** c = a b + start on all threads; b in rows of whole vectors. */
static void productOnThreads(const float* a, const float* b, const float* start, float* c, int64_t rows, int64_t depth,
                             int64_t columns) {
  parallel((rows + PRODUCT_ROWS - 1) / PRODUCT_ROWS, [&](int64_t i) {
    const int64_t from = i * PRODUCT_ROWS, count = rows - from < PRODUCT_ROWS ? rows - from : PRODUCT_ROWS;
    product(a + from * depth, depth, 0, 1, depth, b, roundUp(columns), start, c + from * columns, columns, count,
            columns);
  });
}

/** x, or silu(x) in `scratch`. */
static const float* activated(const Array& x, bool withSilu, Scratch& scratch) {
  if (!withSilu) return x.data;
  float* const active = scratch.take(x.size());
  each(x.size(), x.data, x.data, active, [](vec v, vec) { return v * sigmoid(v); });
  return active;
}

/** In: x [rows, in], kernel [in, out] [, bias]. ints: whether silu(x) takes the place of x. Out: [rows, out]. */
static void dense(const Call& call) {
  const Array &x = call.in[0], &kernel = call.in[1], &y = call.out[0];
  const int64_t rows = x.dim(0), depth = x.dim(1), columns = y.dim(1), width = roundUp(columns);
  static thread_local Scratch weights, starts, active;
  const float* b = kernel.data;
  if (width != columns) {
    float* padded = weights.take(depth * width);
    pad(b, depth, columns, columns, padded, width);
    b = padded;
  }
  const float* start = nullptr;
  if (call.inputs > 2) {
    float* padded = starts.take(width);
    pad(call.in[2].data, 1, columns, columns, padded, width);
    start = padded;
  }
  productOnThreads(activated(x, call.ints[0] != 0, active), b, start, y.data, rows, depth, columns);
}

/**
 * In: x, kernel, dy. ints: whether silu(x) took the place of x, and whether the gradients of x, kernel and bias are wanted.
 * Out: those that are.
 */
static void denseGradient(const Call& call) {
  const Array &x = call.in[0], &kernel = call.in[1], &dy = call.in[2];
  const int64_t rows = x.dim(0), depth = x.dim(1), columns = dy.dim(1), width = roundUp(columns);
  const bool withSilu = call.ints[0] != 0;
  static thread_local Scratch weights, active, kept, biasKept;
  const Array* next = call.out;
  if (call.ints[1]) {
    float* const dx = (next++)->data;
    float* const turned = weights.take(columns * roundUp(depth));
    padTurned(kernel.data, depth, columns, columns, turned, roundUp(depth));
    productOnThreads(dy.data, turned, nullptr, dx, rows, columns, depth);
    if (withSilu) each(x.size(), x.data, dx, dx, [](vec v, vec slope) { return slope * siluSlope(v); });
  }
  if (call.ints[2]) {
    float* const dkernel = (next++)->data;
    const float* const a = activated(x, withSilu, active);
    const int64_t parts = rows < 4 * PRODUCT_ROWS ? 1 : threadCount();
    float* const sums = kept.zeros(parts * depth * width);
    parallel(parts, [&](int64_t part) {
      static thread_local Scratch scratch;
      const int64_t from = part * rows / parts, count = (part + 1) * rows / parts - from;
      const float* slopes = dy.data + from * columns;
      if (width != columns) {
        float* padded = scratch.take(count * width);
        pad(slopes, count, columns, columns, padded, width);
        slopes = padded;
      }
      turnedProduct(a + from * depth, depth, 0, 1, count, slopes, width, 0, sums + part * depth * width, depth);
    });
    for (int64_t part = 1; part < parts; part++) addTo(sums, sums + part * depth * width, depth * width);
    for (int64_t i = 0; i < depth; i++)
      std::memcpy(dkernel + i * columns, sums + i * width, columns * sizeof(float));
  }
  if (call.ints[3]) {
    std::memset(next->data, 0, columns * sizeof(float));
    addRows(dy.data, rows, columns, next->data, biasKept);
  }
}

/** In: a [batch, M, K] and b [batch, K, N], either turned. ints: whether a and b are. Out: [batch, M, N]. */
static void matMul(const Call& call) {
  const Array &a = call.in[0], &b = call.in[1], &c = call.out[0];
  const bool turnedA = call.ints[0] != 0, turnedB = call.ints[1] != 0;
  const int64_t rows = c.dim(-2), columns = c.dim(-1), depth = a.dim(turnedA ? -2 : -1), width = roundUp(columns);
  parallel(c.size() / (rows * columns), [&](int64_t i) {
    static thread_local Scratch scratch;
    const float *left = a.data + i * rows * depth, *right = b.data + i * depth * columns;
    float* to = c.data + i * rows * columns;
    float* padded = scratch.take((depth + (turnedA ? rows : 0)) * width);
    if (turnedB) padTurned(right, columns, depth, depth, padded, width);
    else pad(right, depth, columns, columns, padded, width);
    if (!turnedA) {
      product(left, depth, 0, 1, depth, padded, width, nullptr, to, columns, rows, columns);
      return;
    }
    float* sums = padded + depth * width;
    std::memset(sums, 0, rows * width * sizeof(float));
    turnedProduct(left, rows, 0, 1, depth, padded, width, 0, sums, rows);
    for (int64_t row = 0; row < rows; row++)
      std::memcpy(to + row * columns, sums + row * width, columns * sizeof(float));
  });
}

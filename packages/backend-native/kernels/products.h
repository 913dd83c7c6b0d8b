// Products of matrices, with a bias or in batches.

/** In: x [rows, in], kernel [in, out] [, bias]. Out: [rows, out]. */
static void dense(const Call& call) {
  const Array &x = call.in[0], &kernel = call.in[1], &y = call.out[0];
  const int64_t rows = x.dim(0), depth = x.dim(1), columns = y.dim(1), width = roundUp(columns);
  static thread_local Scratch weights, starts;
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
  constexpr int64_t STEP = 64;
  parallel((rows + STEP - 1) / STEP, [&](int64_t i) {
    const int64_t from = i * STEP, count = rows - from < STEP ? rows - from : STEP;
    product(x.data + from * depth, depth, 0, 1, depth, b, width, start, y.data + from * columns, columns, count,
            columns);
  });
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

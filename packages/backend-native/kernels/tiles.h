// The two register tiles under every product: c = a b, and c += a' b, with b in rows padded to whole vectors.

/** Columns of b that one tile takes, in vectors. */
constexpr int MOST_VECTORS = 3;
constexpr int MOST_ROWS = 16;
/** Rows of a tile by its vectors: as many sums as registers hold, enough to hide what an addition takes. */
constexpr int ROWS[MOST_VECTORS] = {W == 16 ? 12 : 8, W == 16 ? 8 : 4, W == 16 ? 8 : 4};
constexpr int TURNED_ROWS[MOST_VECTORS] = {W == 16 ? 16 : 8, W == 16 ? 12 : 4, W == 16 ? 8 : 4};

/**
 * c[r][n] = start[n] + sum over s and k of a[s * segment + r * stride + k] b[s * depth + k][n] for R rows; a convolution
 * has a segment a row of its filter. Only `columns` of c are written.
 */
template <int R, int V>
static void tile(const float* a, int64_t stride, int64_t segment, int segments, int64_t depth, const float* b,
                 int64_t width, const float* start, float* c, int64_t rowOfC, int64_t columns) {
  vec sums[R][V];
  for (int r = 0; r < R; r++)
    for (int v = 0; v < V; v++) sums[r][v] = start ? load(start + v * W) : vec{};
  for (int s = 0; s < segments; s++) {
    const float* p = a + s * segment;
    for (int64_t k = 0; k < depth; k++, p++, b += width) {
      vec row[V];
      for (int v = 0; v < V; v++) row[v] = load(b + v * W);
#pragma GCC unroll 16
      for (int r = 0; r < R; r++) {
        const vec x = all(p[r * stride]);
#pragma GCC unroll 3
        for (int v = 0; v < V; v++) sums[r][v] += x * row[v];
      }
    }
  }
  for (int r = 0; r < R; r++)
    for (int v = 0; v < V; v++) {
      const int64_t left = columns - v * W;
      if (left >= W) store(c + r * rowOfC + v * W, sums[r][v]);
      else if (left > 0) storePart(c + r * rowOfC + v * W, sums[r][v], left);
    }
}

/** c[r][n] += sum over lines and m of a[line * lineOfA + m * stride + r] b[line * lineOfB + m * width + n]. */
template <int R, int V>
static void turnedTile(const float* a, int64_t stride, int64_t lineOfA, int64_t lines, int64_t count, const float* b,
                       int64_t width, int64_t lineOfB, float* c, int64_t rowOfC) {
  vec sums[R][V];
  for (int r = 0; r < R; r++)
    for (int v = 0; v < V; v++) sums[r][v] = load(c + r * rowOfC + v * W);
  for (int64_t line = 0; line < lines; line++) {
    const float* p = a + line * lineOfA;
    const float* q = b + line * lineOfB;
    for (int64_t m = 0; m < count; m++, p += stride, q += width) {
      vec row[V];
      for (int v = 0; v < V; v++) row[v] = load(q + v * W);
#pragma GCC unroll 16
      for (int r = 0; r < R; r++) {
        const vec x = all(p[r]);
#pragma GCC unroll 3
        for (int v = 0; v < V; v++) sums[r][v] += x * row[v];
      }
    }
  }
  for (int r = 0; r < R; r++)
    for (int v = 0; v < V; v++) store(c + r * rowOfC + v * W, sums[r][v]);
}

using Tile = void (*)(const float*, int64_t, int64_t, int, int64_t, const float*, int64_t, const float*, float*,
                      int64_t, int64_t);
using TurnedTile = void (*)(const float*, int64_t, int64_t, int64_t, int64_t, const float*, int64_t, int64_t, float*,
                            int64_t);

#define MEDSEG_ROWS(form, V) \
  {                                                                                                    \
    form<1, V>, form<2, V>, form<3, V>, form<4, V>, form<5, V>, form<6, V>, form<7, V>, form<8, V>,    \
        form<9, V>, form<10, V>, form<11, V>, form<12, V>, form<13, V>, form<14, V>, form<15, V>,      \
        form<16, V>                                                                                    \
  }
static const Tile tiles[MOST_VECTORS][MOST_ROWS] = {MEDSEG_ROWS(tile, 1), MEDSEG_ROWS(tile, 2), MEDSEG_ROWS(tile, 3)};
static const TurnedTile turnedTiles[MOST_VECTORS][MOST_ROWS] = {
    MEDSEG_ROWS(turnedTile, 1), MEDSEG_ROWS(turnedTile, 2), MEDSEG_ROWS(turnedTile, 3)};
#undef MEDSEG_ROWS

/** Vectors of the next tile: four are two pairs, not three and one. */
static inline int nextVectors(int64_t left) { return left == 4 ? 2 : left > MOST_VECTORS ? MOST_VECTORS : (int)left; }

/** Rows of c = a b as in tile(); width is that of b, `columns` that of c. */
static void product(const float* a, int64_t stride, int64_t segment, int segments, int64_t depth, const float* b,
                    int64_t width, const float* start, float* c, int64_t rowOfC, int64_t rows, int64_t columns) {
  for (int64_t n = 0; n < width;) {
    const int v = nextVectors((width - n) / W);
    for (int64_t m = 0; m < rows; m += ROWS[v - 1]) {
      const int r = rows - m < ROWS[v - 1] ? (int)(rows - m) : ROWS[v - 1];
      tiles[v - 1][r - 1](a + m * stride, stride, segment, segments, depth, b + n, width, start ? start + n : nullptr,
                          c + m * rowOfC + n, rowOfC, columns - n);
    }
    n += v * W;
  }
}

/** Rows 0 to `depth` of c += a' b as in turnedTile(); c has rows of `width`. */
static void turnedProduct(const float* a, int64_t stride, int64_t lineOfA, int64_t lines, int64_t count, const float* b,
                          int64_t width, int64_t lineOfB, float* c, int64_t depth) {
  for (int64_t n = 0; n < width;) {
    const int v = nextVectors((width - n) / W);
    for (int64_t k = 0; k < depth; k += TURNED_ROWS[v - 1]) {
      const int r = depth - k < TURNED_ROWS[v - 1] ? (int)(depth - k) : TURNED_ROWS[v - 1];
      turnedTiles[v - 1][r - 1](a + k, stride, lineOfA, lines, count, b + n, width, lineOfB, c + k * width + n, width);
    }
    n += v * W;
  }
}

/**
 * R pixels of a convolution three wide, of stride 1 and of one vector of channels: each number of x is read once for the
 * three pixels that it adds to, where tile() would read it three times and be held up by that.
 */
template <int R>
static void slidingTile(const float* x, int64_t channels, int64_t segment, int segments, const float* filter,
                        const float* start, float* y, int64_t rowOfY, int64_t columns) {
  vec sums[R];
  for (int r = 0; r < R; r++) sums[r] = start ? load(start) : vec{};
  for (int s = 0; s < segments; s++, filter += 3 * channels * W) {
    for (int64_t c = 0; c < channels; c++) {
      const vec w0 = load(filter + c * W), w1 = load(filter + (channels + c) * W);
      const vec w2 = load(filter + (2 * channels + c) * W);
      const float* p = x + s * segment + c;
      vec values[R + 2];
#pragma GCC unroll 16
      for (int q = 0; q < R + 2; q++, p += channels) values[q] = all(*p);
#pragma GCC unroll 16
      for (int r = 0; r < R; r++) sums[r] += values[r] * w0;
#pragma GCC unroll 16
      for (int r = 0; r < R; r++) sums[r] += values[r + 1] * w1;
#pragma GCC unroll 16
      for (int r = 0; r < R; r++) sums[r] += values[r + 2] * w2;
    }
  }
  for (int r = 0; r < R; r++) {
    if (columns >= W) store(y + r * rowOfY, sums[r]);
    else storePart(y + r * rowOfY, sums[r], columns);
  }
}

/** A row of pixels by slidingTile(). */
static void slide(const float* x, int64_t channels, int64_t segment, int segments, const float* filter,
                  const float* start, float* y, int64_t pixels, int64_t columns) {
  constexpr int R = W == 16 ? 8 : 4;
  int64_t at = 0;
  for (; at + R <= pixels; at += R)
    slidingTile<R>(x + at * channels, channels, segment, segments, filter, start, y + at * columns, columns, columns);
  for (; at < pixels; at++)
    slidingTile<1>(x + at * channels, channels, segment, segments, filter, start, y + at * columns, columns, columns);
}

/**
 * The filter's gradient for the same convolutions: sums[j * channels + r] += x[line][m + j][r] dy[line][m] for R channels
 * of x, one vector of dy and three columns j of the filter.
 */
template <int R>
static void slidingTurnedTile(const float* x, int64_t channels, int64_t lineOfX, int64_t lines, int64_t pixels,
                              const float* dy, int64_t lineOfDy, float* sums) {
  vec first[R], second[R], third[R];
  for (int r = 0; r < R; r++) {
    first[r] = load(sums + r * W);
    second[r] = load(sums + (channels + r) * W);
    third[r] = load(sums + (2 * channels + r) * W);
  }
  for (int64_t line = 0; line < lines; line++) {
    const float *p = x + line * lineOfX, *q = dy + line * lineOfDy;
    vec before{}, beforeThat{};
    for (int64_t m = 0; m < pixels + 2; m++, p += channels, q += W) {
      const vec slope = m < pixels ? load(q) : vec{};
#pragma GCC unroll 8
      for (int r = 0; r < R; r++) {
        const vec value = all(p[r]);
        first[r] += value * slope;
        second[r] += value * before;
        third[r] += value * beforeThat;
      }
      beforeThat = before;
      before = slope;
    }
  }
  for (int r = 0; r < R; r++) {
    store(sums + r * W, first[r]);
    store(sums + (channels + r) * W, second[r]);
    store(sums + (2 * channels + r) * W, third[r]);
  }
}

/** Rows of the filter's gradient by slidingTurnedTile(). */
static void slideTurned(const float* x, int64_t channels, int64_t lineOfX, int64_t lines, int64_t pixels,
                        const float* dy, int64_t lineOfDy, float* sums) {
  constexpr int R = W == 16 ? 8 : 4;
  int64_t c = 0;
  for (; c + R <= channels; c += R)
    slidingTurnedTile<R>(x + c, channels, lineOfX, lines, pixels, dy, lineOfDy, sums + c * W);
  for (; c < channels; c++)
    slidingTurnedTile<1>(x + c, channels, lineOfX, lines, pixels, dy, lineOfDy, sums + c * W);
}

/** Copies rows into rows of `width`, zeros behind them. */
static void pad(const float* from, int64_t rows, int64_t columns, int64_t rowOfFrom, float* to, int64_t width) {
  for (int64_t i = 0; i < rows; i++) {
    std::memcpy(to + i * width, from + i * rowOfFrom, columns * sizeof(float));
    std::memset(to + i * width + columns, 0, (width - columns) * sizeof(float));
  }
}

/** Copies the transpose of rows into rows of `width`, zeros behind them. */
static void padTurned(const float* from, int64_t rows, int64_t columns, int64_t rowOfFrom, float* to, int64_t width) {
  for (int64_t j = 0; j < columns; j++) {
    for (int64_t i = 0; i < rows; i++) to[j * width + i] = from[i * rowOfFrom + j];
    std::memset(to + j * width + rows, 0, (width - rows) * sizeof(float));
  }
}

// 3 x 3 convolutions of stride 1 by Winograd's algorithm (Lavin & Gray 2016, F(2 x 2, 3 x 3)): squares of 2 x 2 pixels from
// 16 products a channel where the definition takes 36. Its rounding is that of the definition.

/** Squares that go through the sixteen products together. */
constexpr int64_t SQUARES = 24;

/** G g G' of a filter [3 * 3][count] to [16][count]. */
static void transformFilter(const float* filter, int64_t count, float* to) {
  const vec half = all(0.5f);
  for (int64_t i = 0; i < count; i += W) {
    vec rows[4][3];
    for (int j = 0; j < 3; j++) {
      const vec a = load(filter + j * count + i), b = load(filter + (3 + j) * count + i);
      const vec c = load(filter + (6 + j) * count + i);
      rows[0][j] = a;
      rows[1][j] = (a + c + b) * half;
      rows[2][j] = (a + c - b) * half;
      rows[3][j] = c;
    }
    for (int r = 0; r < 4; r++) {
      const vec outer = rows[r][0] + rows[r][2];
      store(to + (4 * r) * count + i, rows[r][0]);
      store(to + (4 * r + 1) * count + i, (outer + rows[r][1]) * half);
      store(to + (4 * r + 2) * count + i, (outer - rows[r][1]) * half);
      store(to + (4 * r + 3) * count + i, rows[r][2]);
    }
  }
}

/** B' d B of the 4 x 4 pixels from `at` on; each of the sixteen results goes `apart` behind the one before. */
static inline void transformSquare(const float* at, int64_t rowOfFrame, int64_t channels, float* to, int64_t apart) {
  for (int64_t c = 0; c < channels; c += W) {
    vec rows[4][4];
    for (int j = 0; j < 4; j++) {
      const float* p = at + j * channels + c;
      const vec a = load(p), b = load(p + rowOfFrame), d = load(p + 2 * rowOfFrame), e = load(p + 3 * rowOfFrame);
      rows[0][j] = a - d;
      rows[1][j] = b + d;
      rows[2][j] = d - b;
      rows[3][j] = b - e;
    }
    for (int r = 0; r < 4; r++) {
      store(to + (4 * r) * apart + c, rows[r][0] - rows[r][2]);
      store(to + (4 * r + 1) * apart + c, rows[r][1] + rows[r][2]);
      store(to + (4 * r + 2) * apart + c, rows[r][2] - rows[r][1]);
      store(to + (4 * r + 3) * apart + c, rows[r][1] - rows[r][3]);
    }
  }
}

/** A' m A, with the bias, to those of 2 x 2 pixels that the image has. */
static inline void transformBack(const float* from, int64_t apart, const float* start, float* y, int64_t rowOfY,
                                 int64_t channels, int64_t height, int64_t width) {
  for (int64_t c = 0; c < channels; c += W) {
    vec rows[2][4];
    for (int j = 0; j < 4; j++) {
      const vec a = load(from + j * apart + c), b = load(from + (4 + j) * apart + c);
      const vec d = load(from + (8 + j) * apart + c), e = load(from + (12 + j) * apart + c);
      rows[0][j] = a + b + d;
      rows[1][j] = b - d - e;
    }
    const vec bias = start ? load(start + c) : vec{};
    for (int64_t r = 0; r < height; r++) {
      store(y + r * rowOfY + c, rows[r][0] + rows[r][1] + rows[r][2] + bias);
      if (width > 1) store(y + r * rowOfY + channels + c, rows[r][1] - rows[r][2] - rows[r][3] + bias);
    }
  }
}

/** Whether channels fill vectors on both sides, and enough of them that the products outweigh the transforms. */
static bool takesWinograd(const Geometry& g) {
  return g.filterHeight == 3 && g.filterWidth == 3 && g.strideHeight == 1 && g.strideWidth == 1 && g.channels % W == 0 &&
         g.outChannels % W == 0 && g.channels + g.outChannels > 2 * W;
}

/** y from x and a filter [3 * 3 * channels][outChannels]. */
static void convolveSquares(const Geometry& g, const float* x, const float* filter, const float* start, float* y) {
  static thread_local Scratch transformed;
  const int64_t size = g.channels * g.outChannels;
  float* const products = transformed.take(16 * size);
  transformFilter(filter, size, products);
  const int64_t down = (g.outHeight + 1) / 2, across = (g.outWidth + 1) / 2;
  const Frame frame{2 * down + 2, 2 * across + 2};
  const int64_t rowOfFrame = frame.width * g.channels, rowOfY = g.outWidth * g.outChannels;
  parallel(g.batch, [&](int64_t b) {
    static thread_local Scratch scratch;
    float* framed = scratch.take(frame.height * rowOfFrame + 16 * SQUARES * (g.channels + g.outChannels));
    float *squares = framed + frame.height * rowOfFrame, *results = squares + 16 * SQUARES * g.channels;
    intoFrame(x + b * g.height * g.width * g.channels, g.height, g.width, g.channels, frame, g.top, g.left, 1, 1, framed);
    for (int64_t from = 0; from < down * across; from += SQUARES) {
      const int64_t count = down * across - from < SQUARES ? down * across - from : SQUARES;
      for (int64_t i = 0; i < count; i++) {
        const int64_t row = (from + i) / across, column = (from + i) % across;
        transformSquare(framed + 2 * row * rowOfFrame + 2 * column * g.channels, rowOfFrame, g.channels,
                        squares + i * g.channels, SQUARES * g.channels);
      }
      for (int p = 0; p < 16; p++) {
        product(squares + p * SQUARES * g.channels, g.channels, 0, 1, g.channels, products + p * size, g.outChannels,
                nullptr, results + p * SQUARES * g.outChannels, g.outChannels, count, g.outChannels);
      }
      for (int64_t i = 0; i < count; i++) {
        const int64_t row = 2 * ((from + i) / across), column = 2 * ((from + i) % across);
        transformBack(results + i * g.outChannels, SQUARES * g.outChannels, start,
                      y + (b * g.outHeight + row) * rowOfY + column * g.outChannels, rowOfY, g.outChannels,
                      g.outHeight - row < 2 ? 1 : 2, g.outWidth - column);
      }
    }
  });
}

// 3 x 3 convolutions of stride 1 and the gradients of their filters by Winograd's algorithm (Lavin & Gray 2016,
// F(2 x 2, 3 x 3)): squares of 2 x 2 pixels from 16 products a channel where the definition takes 36. Its rounding is that
// of the definition.

/** Squares that go through the sixteen products together. */
constexpr int64_t SQUARES = 24;

/** From one of sixteen panels of numbers to the next: no power of two, for the first cache holds few that lie so far apart. */
static int64_t panelOf(int64_t rows, int64_t width) { return rows * width + 16; }

/** G g G' of a filter [3 * 3][count] to sixteen panels. */
static void transformFilter(const float* filter, int64_t count, float* to, int64_t panel) {
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
      store(to + (4 * r) * panel + i, rows[r][0]);
      store(to + (4 * r + 1) * panel + i, (outer + rows[r][1]) * half);
      store(to + (4 * r + 2) * panel + i, (outer - rows[r][1]) * half);
      store(to + (4 * r + 3) * panel + i, rows[r][2]);
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

/** A' m A, with start and plus, to those of 2 x 2 pixels that the image has. */
static inline void transformBack(const float* from, int64_t apart, const float* start, const float* plus, float* y,
                                 int64_t rowOfY, int64_t channels, int64_t height, int64_t width) {
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
      const int64_t at = r * rowOfY + c;
      const vec sum = rows[r][0] + rows[r][1] + rows[r][2] + bias;
      store(y + at, plus ? sum + load(plus + at) : sum);
      if (width == 1) continue;
      const vec next = rows[r][1] - rows[r][2] - rows[r][3] + bias;
      store(y + at + channels, plus ? next + load(plus + at + channels) : next);
    }
  }
}

/** Whether it is such a convolution, and channels fill vectors on both sides. */
static bool fitsWinograd(const Geometry& g) {
  return g.filterHeight == 3 && g.filterWidth == 3 && g.strideHeight == 1 && g.strideWidth == 1 &&
         g.channels % W == 0 && g.outChannels % W == 0;
}

/** Also whether there are channels enough that the products outweigh the transforms. */
static bool takesWinograd(const Geometry& g) { return fitsWinograd(g) && g.channels + g.outChannels > 2 * W; }

/** y from x and a filter [3 * 3 * channels][outChannels]. */
static void convolveSquares(const Geometry& g, const float* x, const float* filter, const Added& added, float* y) {
  static thread_local Scratch transformed;
  const int64_t size = g.channels * g.outChannels;
  const int64_t filterPanel = panelOf(g.channels, g.outChannels);
  float* const factors = transformed.take(16 * filterPanel);
  transformFilter(filter, size, factors, filterPanel);
  const int64_t down = (g.outHeight + 1) / 2, across = (g.outWidth + 1) / 2;
  const Frame frame{2 * down + 2, 2 * across + 2};
  const int64_t rowOfFrame = frame.width * g.channels, rowOfY = g.outWidth * g.outChannels;
  parallel(g.batch, [&](int64_t b) {
    static thread_local Scratch scratch;
    const int64_t panel = panelOf(SQUARES, g.channels), resultPanel = panelOf(SQUARES, g.outChannels);
    float* framed = scratch.take(frame.height * rowOfFrame + 16 * (panel + resultPanel));
    float *squares = framed + frame.height * rowOfFrame, *results = squares + 16 * panel;
    intoFrame(x + b * g.height * g.width * g.channels, g.height, g.width, g.channels, frame, g.top, g.left, 1, 1, framed);
    for (int64_t from = 0; from < down * across; from += SQUARES) {
      const int64_t count = down * across - from < SQUARES ? down * across - from : SQUARES;
      for (int64_t i = 0; i < count; i++) {
        const int64_t row = (from + i) / across, column = (from + i) % across;
        transformSquare(framed + 2 * row * rowOfFrame + 2 * column * g.channels, rowOfFrame, g.channels,
                        squares + i * g.channels, panel);
      }
      for (int p = 0; p < 16; p++) {
        product(squares + p * panel, g.channels, 0, 1, g.channels, factors + p * filterPanel, g.outChannels, nullptr,
                results + p * resultPanel, g.outChannels, count, g.outChannels);
      }
      for (int64_t i = 0; i < count; i++) {
        const int64_t row = 2 * ((from + i) / across), column = 2 * ((from + i) % across);
        const int64_t at = (b * g.outHeight + row) * rowOfY + column * g.outChannels;
        transformBack(results + i * g.outChannels, resultPanel, added.startOf(b),
                      added.plus ? added.plus + at : nullptr, y + at, rowOfY, g.outChannels,
                      g.outHeight - row < 2 ? 1 : 2, g.outWidth - column);
      }
    }
  });
}

/** A dy A' of those of 2 x 2 pixels that the image has; each of the sixteen results goes `apart` behind the one before. */
static inline void transformSlopes(const float* dy, int64_t rowOfDy, int64_t channels, int64_t height, int64_t width,
                                   float* to, int64_t apart) {
  for (int64_t c = 0; c < channels; c += W) {
    vec rows[4][2];
    for (int64_t j = 0; j < 2; j++) {
      const float* p = dy + j * channels + c;
      const vec a = j < width ? load(p) : vec{}, b = j < width && height > 1 ? load(p + rowOfDy) : vec{};
      rows[0][j] = a;
      rows[1][j] = a + b;
      rows[2][j] = a - b;
      rows[3][j] = -b;
    }
    for (int r = 0; r < 4; r++) {
      store(to + (4 * r) * apart + c, rows[r][0]);
      store(to + (4 * r + 1) * apart + c, rows[r][0] + rows[r][1]);
      store(to + (4 * r + 2) * apart + c, rows[r][0] - rows[r][1]);
      store(to + (4 * r + 3) * apart + c, -rows[r][1]);
    }
  }
}

/** G' m G of the sums of `parts` times sixteen panels, in the numbers `from` to `to`, to [3 * 3][count]. */
static void transformSums(const float* sums, int64_t panel, int64_t parts, int64_t count, int64_t from, int64_t to,
                          float* filter) {
  const vec half = all(0.5f);
  for (int64_t i = from; i < to; i += W) {
    vec rows[3][4];
    for (int j = 0; j < 4; j++) {
      vec m[4] = {};
      for (int64_t part = 0; part < parts; part++)
        for (int r = 0; r < 4; r++) m[r] += load(sums + (part * 16 + 4 * r + j) * panel + i);
      const vec outer = (m[1] + m[2]) * half;
      rows[0][j] = m[0] + outer;
      rows[1][j] = (m[1] - m[2]) * half;
      rows[2][j] = m[3] + outer;
    }
    for (int r = 0; r < 3; r++) {
      const vec outer = (rows[r][1] + rows[r][2]) * half;
      store(filter + (3 * r) * count + i, rows[r][0] + outer);
      store(filter + (3 * r + 1) * count + i, (rows[r][1] - rows[r][2]) * half);
      store(filter + (3 * r + 2) * count + i, rows[r][3] + outer);
    }
  }
}

/** Squares whose products are summed together; enough that going through the sums again takes little of the time. */
constexpr int64_t SUMMED_SQUARES = 64;

/** The gradient of a filter [3 * 3 * channels][outChannels]. */
static void filterGradientOfSquares(const Geometry& g, const float* x, const float* dy, float* dw) {
  const int64_t size = g.channels * g.outChannels;
  const int64_t parts = g.batch < threadCount() ? g.batch : threadCount();
  const int64_t down = (g.outHeight + 1) / 2, across = (g.outWidth + 1) / 2;
  const Frame frame{2 * down + 2, 2 * across + 2};
  const int64_t rowOfFrame = frame.width * g.channels, rowOfDy = g.outWidth * g.outChannels;
  static thread_local Scratch kept;
  const int64_t sumPanel = panelOf(g.channels, g.outChannels);
  float* const sums = kept.zeros(parts * 16 * sumPanel);
  parallel(parts, [&](int64_t part) {
    static thread_local Scratch scratch;
    const int64_t panel = panelOf(SUMMED_SQUARES, g.channels), slopePanel = panelOf(SUMMED_SQUARES, g.outChannels);
    float* framed = scratch.take(frame.height * rowOfFrame + 16 * (panel + slopePanel));
    float *squares = framed + frame.height * rowOfFrame, *slopes = squares + 16 * panel;
    int64_t count = 0;
    auto sum = [&] {
      for (int p = 0; p < 16; p++)
        turnedProduct(squares + p * panel, g.channels, 0, 1, count, slopes + p * slopePanel, g.outChannels, 0,
                      sums + (part * 16 + p) * sumPanel, g.channels);
      count = 0;
    };
    for (int64_t b = part * g.batch / parts; b < (part + 1) * g.batch / parts; b++) {
      intoFrame(x + b * g.height * g.width * g.channels, g.height, g.width, g.channels, frame, g.top, g.left, 1, 1,
                framed);
      for (int64_t i = 0; i < down * across; i++) {
        const int64_t row = 2 * (i / across), column = 2 * (i % across);
        transformSquare(framed + row * rowOfFrame + column * g.channels, rowOfFrame, g.channels,
                        squares + count * g.channels, panel);
        transformSlopes(dy + (b * g.outHeight + row) * rowOfDy + column * g.outChannels, rowOfDy, g.outChannels,
                        g.outHeight - row, g.outWidth - column, slopes + count * g.outChannels, slopePanel);
        if (++count == SUMMED_SQUARES) sum();
      }
    }
    sum();
  });
  constexpr int64_t STEP = 2048;
  parallel((size + STEP - 1) / STEP, [&](int64_t i) {
    transformSums(sums, sumPanel, parts, size, i * STEP, size - i * STEP < STEP ? size : (i + 1) * STEP, dw);
  });
}

// The sizes of a convolution, and samples in frames of zeros, in which the pixels under a filter's row lie side by side.

struct Geometry {
  int64_t batch, height, width, channels;          // of x
  int64_t outHeight, outWidth, outChannels;        // of y
  int64_t filterHeight, filterWidth, strideHeight, strideWidth, top, left;
};

/** ints: strides, padding at top and left. */
static Geometry geometryOf(const Array& x, const Array& filter, const Array& y, const int32_t* ints) {
  return {x.dim(0), x.dim(1), x.dim(2), x.dim(3), y.dim(1), y.dim(2), y.dim(3),
          filter.dim(0), filter.dim(1), ints[0], ints[1], ints[2], ints[3]};
}

struct Frame {
  int64_t height, width;
};

/** Puts a sample into a frame, pixels `stepY` and `stepX` apart from (top, left) on; what hangs over is left out. */
static void intoFrame(const float* x, int64_t height, int64_t width, int64_t channels, Frame frame, int64_t top,
                      int64_t left, int64_t stepY, int64_t stepX, float* to) {
  const size_t pixel = channels * sizeof(float);
  const int64_t first = left < 0 ? -left : 0;
  const int64_t fitting = width < frame.width - left ? width : frame.width - left;
  for (int64_t row = 0; row < frame.height; row++) {
    float* line = to + row * frame.width * channels;
    const int64_t y = (row - top) / stepY;
    if (row < top || (row - top) % stepY != 0 || y >= height) {
      std::memset(line, 0, frame.width * pixel);
    } else if (stepX == 1 && fitting > first) {  // zeros at the sides alone
      const int64_t start = left + first, count = fitting - first;
      std::memset(line, 0, start * pixel);
      std::memcpy(line + start * channels, x + (y * width + first) * channels, count * pixel);
      std::memset(line + (start + count) * channels, 0, (frame.width - start - count) * pixel);
    } else {
      std::memset(line, 0, frame.width * pixel);
      for (int64_t i = 0; i < width; i++) {
        const int64_t column = left + i * stepX;
        if (column >= 0 && column < frame.width)
          std::memcpy(line + column * channels, x + (y * width + i) * channels, pixel);
      }
    }
  }
}

/** Whether x itself is the frame. */
static bool isFrame(const Geometry& g, Frame frame) {
  return g.top == 0 && g.left == 0 && frame.height <= g.height && frame.width <= g.width;
}

static Frame frameOf(const Geometry& g) {
  return {(g.outHeight - 1) * g.strideHeight + g.filterHeight, (g.outWidth - 1) * g.strideWidth + g.filterWidth};
}

static bool isPointwise(const Geometry& g) {
  return g.filterHeight == 1 && g.filterWidth == 1 && g.strideHeight == 1 && g.strideWidth == 1;
}

/** What a convolution adds to its products. */
struct Added {
  const float* start = nullptr;  // to every pixel: a row of whole vectors, or one a sample, `apart` from each other
  int64_t apart = 0;
  const float* plus = nullptr;  // number by number

  const float* startOf(int64_t sample) const { return start ? start + sample * apart : nullptr; }
};

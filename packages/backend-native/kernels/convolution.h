// 2-D convolution and its gradients, NHWC. A sample is copied once into a frame of zeros: each row of the filter is then
// one segment of a product (Dukhan 2019).

/** Whether the tiles for filters three wide take a convolution with so many channels on the side of the vectors. */
static bool slides(const Geometry& g, int64_t channels) {
  return g.filterWidth == 3 && g.strideWidth == 1 && roundUp(channels) == W;
}

/** y from x and a filter [filterHeight * filterWidth * channels][width of y in whole vectors]. */
static void convolveAll(Geometry g, const float* x, const float* filter, const float* start, float* y, Frame frame,
                        int64_t top, int64_t left, int64_t stepY, int64_t stepX) {
  const bool direct = isFrame(g, frame) && stepY == 1 && stepX == 1;
  if (direct && isPointwise(g)) {  // one long row a sample
    g.outWidth *= g.outHeight;
    g.outHeight = 1;
    g.width *= g.height;
    frame.width = g.width;
  }
  parallel(g.batch, [&](int64_t b) {
    static thread_local Scratch scratch;
    const float* sample = x + b * g.height * g.width * g.channels;
    if (direct && isPointwise(g)) sample = x + b * g.width * g.channels;
    int64_t rowOfFrame = g.width * g.channels;
    if (!direct) {
      float* to = scratch.take(frame.height * frame.width * g.channels);
      intoFrame(sample, g.height, g.width, g.channels, frame, top, left, stepY, stepX, to);
      sample = to;
      rowOfFrame = frame.width * g.channels;
    }
    for (int64_t row = 0; row < g.outHeight; row++) {
      if (slides(g, g.outChannels)) {
        slide(sample + row * g.strideHeight * rowOfFrame, g.channels, rowOfFrame, (int)g.filterHeight, filter, start,
              y + (b * g.outHeight + row) * g.outWidth * g.outChannels, g.outWidth, g.outChannels);
        continue;
      }
      product(sample + row * g.strideHeight * rowOfFrame, g.strideWidth * g.channels, rowOfFrame, (int)g.filterHeight,
              g.filterWidth * g.channels, filter, roundUp(g.outChannels), start,
              y + (b * g.outHeight + row) * g.outWidth * g.outChannels, g.outChannels, g.outWidth, g.outChannels);
    }
  });
}

/** In: x, filter [, bias]. ints: strides, top, left. */
static void convolution(const Call& call) {
  const Geometry g = geometryOf(call.in[0], call.in[1], call.out[0], call.ints);
  static thread_local Scratch weights, starts;
  const int64_t width = roundUp(g.outChannels);
  const int64_t rows = g.filterHeight * g.filterWidth * g.channels;
  const float* filter = call.in[1].data;
  if (width != g.outChannels) {
    float* padded = weights.take(rows * width);
    pad(filter, rows, g.outChannels, g.outChannels, padded, width);
    filter = padded;
  }
  const float* start = nullptr;
  if (call.inputs > 2) {
    float* padded = starts.take(width);
    pad(call.in[2].data, 1, g.outChannels, g.outChannels, padded, width);
    start = padded;
  }
  if (takesWinograd(g)) return convolveSquares(g, call.in[0].data, filter, start, call.out[0].data);
  convolveAll(g, call.in[0].data, filter, start, call.out[0].data, frameOf(g), g.top, g.left, 1, 1);
}

/** In: dy, filter. Out: dx. The same with the filter turned round, over dy with zeros between its pixels. */
static void convolutionInputGradient(const Call& call) {
  const Array &dy = call.in[0], &filter = call.in[1], &dx = call.out[0];
  const Geometry g = geometryOf(dx, filter, dy, call.ints);
  static thread_local Scratch scratch;
  const int64_t width = roundUp(g.channels);
  float* turned = scratch.take(g.filterHeight * g.filterWidth * g.outChannels * width);
  for (int64_t i = 0; i < g.filterHeight; i++) {
    for (int64_t j = 0; j < g.filterWidth; j++) {
      const int64_t at = (g.filterHeight - 1 - i) * g.filterWidth + g.filterWidth - 1 - j;
      padTurned(filter.data + at * g.channels * g.outChannels, g.channels, g.outChannels, g.outChannels,
                turned + (i * g.filterWidth + j) * g.outChannels * width, width);
    }
  }
  Geometry back{g.batch, g.outHeight, g.outWidth, g.outChannels, g.height, g.width, g.channels,
                g.filterHeight, g.filterWidth, 1, 1, g.filterHeight - 1 - g.top, g.filterWidth - 1 - g.left};
  if (g.strideHeight == 1 && g.strideWidth == 1 && takesWinograd(back)) {
    return convolveSquares(back, dy.data, turned, nullptr, dx.data);
  }
  convolveAll(back, dy.data, turned, nullptr, dx.data, frameOf(back), back.top, back.left, g.strideHeight,
              g.strideWidth);
}

/** In: x, dy. Out: gradient of the filter. */
static void convolutionFilterGradient(const Call& call) {
  const Array &x = call.in[0], &dy = call.in[1], &dw = call.out[0];
  const Geometry g = geometryOf(x, dw, dy, call.ints);
  const int64_t width = roundUp(g.outChannels);
  const int64_t depth = g.filterWidth * g.channels;
  const int64_t size = g.filterHeight * depth * width;
  const Frame frame = frameOf(g);
  const int64_t parts = g.batch < threadCount() ? g.batch : threadCount();
  static thread_local Scratch sums;
  float* const total = sums.zeros(parts * size);
  parallel(parts, [&](int64_t part) {
    static thread_local Scratch framed, padded;
    float* sum = total + part * size;
    for (int64_t b = part * g.batch / parts; b < (part + 1) * g.batch / parts; b++) {
      const float* sample = x.data + b * g.height * g.width * g.channels;
      int64_t rowOfFrame = g.width * g.channels;
      if (!isFrame(g, frame)) {
        float* to = framed.take(frame.height * frame.width * g.channels);
        intoFrame(sample, g.height, g.width, g.channels, frame, g.top, g.left, 1, 1, to);
        sample = to;
        rowOfFrame = frame.width * g.channels;
      }
      const float* slope = dy.data + b * g.outHeight * g.outWidth * g.outChannels;
      if (width != g.outChannels) {
        float* to = padded.take(g.outHeight * g.outWidth * width);
        pad(slope, g.outHeight * g.outWidth, g.outChannels, g.outChannels, to, width);
        slope = to;
      }
      // As many lines at a time as the first cache holds.
      const int64_t lineSize = rowOfFrame + g.outWidth * width;
      int64_t block = 6144 / lineSize;
      if (block < 1) block = 1;
      for (int64_t row = 0; row < g.outHeight; row += block) {
        const int64_t lines = g.outHeight - row < block ? g.outHeight - row : block;
        for (int64_t i = 0; i < g.filterHeight; i++) {
          if (slides(g, g.outChannels)) {
            slideTurned(sample + (row * g.strideHeight + i) * rowOfFrame, g.channels, g.strideHeight * rowOfFrame, lines,
                        g.outWidth, slope + row * g.outWidth * W, g.outWidth * W, sum + i * depth * W);
            continue;
          }
          turnedProduct(sample + (row * g.strideHeight + i) * rowOfFrame, g.strideWidth * g.channels,
                        g.strideHeight * rowOfFrame, lines, g.outWidth, slope + row * g.outWidth * width, width,
                        g.outWidth * width, sum + i * depth * width, depth);
        }
      }
    }
  });
  for (int64_t part = 1; part < parts; part++)
    for (int64_t i = 0; i < size; i += W) store(total + i, load(total + i) + load(total + part * size + i));
  for (int64_t i = 0; i < g.filterHeight * depth; i++)
    std::memcpy(dw.data + i * g.outChannels, total + i * width, g.outChannels * sizeof(float));
}

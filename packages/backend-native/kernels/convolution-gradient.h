// The gradients of convolution.h.

/** The same convolution with the filter turned round, over dy with zeros between its pixels. */
static void inputGradient(const Geometry& g, const float* dy, const float* filter, float* dx) {
  static thread_local Scratch scratch;
  const int64_t width = roundUp(g.channels);
  float* turned = scratch.take(g.filterHeight * g.filterWidth * g.outChannels * width);
  for (int64_t i = 0; i < g.filterHeight; i++) {
    for (int64_t j = 0; j < g.filterWidth; j++) {
      const int64_t at = (g.filterHeight - 1 - i) * g.filterWidth + g.filterWidth - 1 - j;
      padTurned(filter + at * g.channels * g.outChannels, g.channels, g.outChannels, g.outChannels,
                turned + (i * g.filterWidth + j) * g.outChannels * width, width);
    }
  }
  Geometry back{g.batch, g.outHeight, g.outWidth, g.outChannels, g.height, g.width, g.channels,
                g.filterHeight, g.filterWidth, 1, 1, g.filterHeight - 1 - g.top, g.filterWidth - 1 - g.left};
  if (g.strideHeight == 1 && g.strideWidth == 1 && takesWinograd(back)) {
    return convolveSquares(back, dy, turned, {}, dx);
  }
  convolveAll(back, dy, turned, {}, dx, frameOf(back), back.top, back.left, g.strideHeight, g.strideWidth);
}

/** Products of the rows of x under a row of the filter with those of dy, summed over rows and samples. */
static void filterGradient(const Geometry& g, const float* x, const float* dy, float* dw) {
  if (fitsWinograd(g)) return filterGradientOfSquares(g, x, dy, dw);
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
      const float* sample = x + b * g.height * g.width * g.channels;
      int64_t rowOfFrame = g.width * g.channels;
      if (!isFrame(g, frame)) {
        float* to = framed.take(frame.height * frame.width * g.channels);
        intoFrame(sample, g.height, g.width, g.channels, frame, g.top, g.left, 1, 1, to);
        sample = to;
        rowOfFrame = frame.width * g.channels;
      }
      const float* slope = dy + b * g.outHeight * g.outWidth * g.outChannels;
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
  parallel(g.filterHeight, [&](int64_t row) {
    for (int64_t i = row * depth; i < (row + 1) * depth; i++) {
      for (int64_t part = 1; part < parts; part++) addTo(total + i * width, total + part * size + i * width, width);
      std::memcpy(dw + i * g.outChannels, total + i * width, g.outChannels * sizeof(float));
    }
  });
}

/** In: dy, filter. ints: strides, top, left. Out: dx. */
static void convolutionInputGradient(const Call& call) {
  const Geometry g = geometryOf(call.out[0], call.in[1], call.in[0], call.ints);
  inputGradient(g, call.in[0].data, call.in[1].data, call.out[0].data);
}

/** In: x, dy. ints: strides, top, left. Out: the gradient of the filter. */
static void convolutionFilterGradient(const Call& call) {
  const Geometry g = geometryOf(call.in[0], call.out[0], call.in[1], call.ints);
  filterGradient(g, call.in[0].data, call.in[1].data, call.out[0].data);
}

/**
 * In: x, filter, dy. ints: strides, top, left, and whether the gradients of x, filter, bias and offset are wanted. Out:
 * those that are.
 */
static void convolutionGradient(const Call& call) {
  const float *x = call.in[0].data, *filter = call.in[1].data, *dy = call.in[2].data;
  const Geometry g = geometryOf(call.in[0], call.in[1], call.in[2], call.ints);
  const Array* next = call.out;
  if (call.ints[4]) inputGradient(g, dy, filter, (next++)->data);
  if (call.ints[5]) filterGradient(g, x, dy, (next++)->data);
  if (!call.ints[6] && !call.ints[7]) return;
  float* const biasSums = call.ints[6] ? (next++)->data : nullptr;
  static thread_local Scratch kept;
  float* const sums = call.ints[7] ? next->data : kept.take(g.batch * g.outChannels);  // of each sample
  const int64_t pixels = g.outHeight * g.outWidth;
  parallel(g.batch, [&](int64_t b) {
    static thread_local Scratch scratch;
    std::memset(sums + b * g.outChannels, 0, g.outChannels * sizeof(float));
    addRows(dy + b * pixels * g.outChannels, pixels, g.outChannels, sums + b * g.outChannels, scratch);
  });
  if (!biasSums) return;
  std::memset(biasSums, 0, g.outChannels * sizeof(float));
  for (int64_t b = 0; b < g.batch; b++) addTo(biasSums, sums + b * g.outChannels, g.outChannels);
}

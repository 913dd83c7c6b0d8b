// 2-D convolution, NHWC. A sample is copied once into a frame of zeros: each row of the filter is then one segment of a
// product (Dukhan 2019).

/** Whether the tiles for filters three wide take a convolution with so many channels on the side of the vectors. */
static bool slides(const Geometry& g, int64_t channels) {
  return g.filterWidth == 3 && g.strideWidth == 1 && roundUp(channels) == W;
}

/** y from x and a filter [filterHeight * filterWidth * channels][width of y in whole vectors]. */
static void convolveAll(Geometry g, const float* x, const float* filter, const Added& added, float* y, Frame frame,
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
    const int64_t rowOfY = g.outWidth * g.outChannels;
    for (int64_t row = 0; row < g.outHeight; row++) {
      const float* from = sample + row * g.strideHeight * rowOfFrame;
      const int64_t at = (b * g.outHeight + row) * rowOfY;
      if (slides(g, g.outChannels)) {
        slide(from, g.channels, rowOfFrame, (int)g.filterHeight, filter, added.startOf(b), y + at, g.outWidth,
              g.outChannels);
      } else {
        product(from, g.strideWidth * g.channels, rowOfFrame, (int)g.filterHeight, g.filterWidth * g.channels, filter,
                roundUp(g.outChannels), added.startOf(b), y + at, g.outChannels, g.outWidth, g.outChannels);
      }
      if (added.plus) addTo(y + at, added.plus + at, rowOfY);
    }
  });
}

/**
 * In: x, filter [, bias] [, offset [batch, outChannels]] [, plus, of the shape of y]. ints: strides, top, left, and whether
 * there are bias, offset and plus. Offset is added to every pixel of its sample, plus number by number.
 */
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
  const Array* next = call.in + 2;
  const float* const bias = call.ints[4] ? (next++)->data : nullptr;
  const float* const offset = call.ints[5] ? (next++)->data : nullptr;
  Added added{nullptr, 0, call.ints[6] ? next->data : nullptr};
  if (bias || offset) {
    const int64_t samples = offset ? g.batch : 1;
    float* const start = starts.zeros(samples * width);
    for (int64_t b = 0; b < samples; b++) {
      if (bias) addTo(start + b * width, bias, g.outChannels);
      if (offset) addTo(start + b * width, offset + b * g.outChannels, g.outChannels);
    }
    added.start = start;
    added.apart = offset ? width : 0;
  }
  if (takesWinograd(g)) return convolveSquares(g, call.in[0].data, filter, added, call.out[0].data);
  convolveAll(g, call.in[0].data, filter, added, call.out[0].data, frameOf(g), g.top, g.left, 1, 1);
}

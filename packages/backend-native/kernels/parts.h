// Tensors cut into parts along an axis, and put together: rows of a whole are those of its parts, one after another.

/**
 * Calls work(part, at, inWhole, count) for the rows of every part: where a row lies in its part and in the whole, and how
 * many numbers it has, `sizes` of its part. Blocks of rows go to all threads.
 */
template <class Work>
static void eachPart(int64_t rows, const int32_t* sizes, int parts, Work work) {
  int64_t whole = 0;
  for (int i = 0; i < parts; i++) whole += sizes[i];
  const int64_t step = whole < STRETCH ? STRETCH / (whole + 1) + 1 : 1;
  parallel((rows + step - 1) / step, [&](int64_t block) {
    const int64_t from = block * step, to = from + step < rows ? from + step : rows;
    int64_t at = 0;
    for (int part = 0; part < parts; at += sizes[part++])
      for (int64_t row = from; row < to; row++) work(part, row * sizes[part], row * whole + at, sizes[part]);
  });
}

/** A call of memcpy takes longer than what most rows have. */
static inline void copy(const float* from, float* to, int64_t count) {
  int64_t i = 0;
  for (; i + W <= count; i += W) store(to + i, load(from + i));
  if (i < count) std::memcpy(to + i, from + i, (count - i) * sizeof(float));
}

/** In: the parts. ints: rows, and the size of each part's rows. Out: the whole. */
static void concat(const Call& call) {
  eachPart(call.ints[0], call.ints + 1, call.inputs, [&](int part, int64_t at, int64_t inWhole, int64_t count) {
    copy(call.in[part].data + at, call.out[0].data + inWhole, count);
  });
}

/** In: the whole. ints: rows, and the size of each part's rows. Out: the parts. */
static void split(const Call& call) {
  eachPart(call.ints[0], call.ints + 1, call.outputs, [&](int part, int64_t at, int64_t inWhole, int64_t count) {
    copy(call.in[0].data + inWhole, call.out[part].data + at, count);
  });
}

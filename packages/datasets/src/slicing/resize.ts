import { requireList, requireObject } from '@medseg/arguments';
/** Sizes of interleaved samples: index `(y * width + x) * channels + channel`. */
export interface RasterSize {
  /** Rows. */
  height: number;
  /** Columns. */
  width: number;
  /** Values a pixel. Default 1. */
  channels?: number;
}

/** Which inputs an output sample is made of, along one axis. */
interface Taps {
  first: number;
  weights: number[];
}

/**
 * Resizes by the mean over the area that each output sample covers; for shrinking.
 *
 * `data`: [height, width, channels]. Returns [size[0], size[1], channels]. Throws RangeError when sizes do not fit.
 *
 * @example resizeArea(Float32Array.of(0, 2, 4, 6), { height: 2, width: 2 }, [1, 1]) // [3]
 */
export function resizeArea(data: ArrayLike<number>, from: RasterSize, size: readonly [number, number]): Float32Array {
  requireList('resizeArea: data', data);
  requireObject('resizeArea: from', from, ['height', 'width']);
  requireList('resizeArea: size', size);
  return resample(data, from, size, areaTaps);
}

/**
 * Resizes by linear interpolation between sample centres, edges repeated; for growing.
 *
 * `data`: [height, width, channels]. Returns [size[0], size[1], channels]. Throws RangeError when sizes do not fit.
 *
 * @example resizeBilinear(Float32Array.of(0, 4), { height: 1, width: 2 }, [1, 4]) // [0, 1, 3, 4]
 */
export function resizeBilinear(
  data: ArrayLike<number>,
  from: RasterSize,
  size: readonly [number, number],
): Float32Array {
  requireList('resizeBilinear: data', data);
  requireObject('resizeBilinear: from', from, ['height', 'width']);
  requireList('resizeBilinear: size', size);
  return resample(data, from, size, bilinearTaps);
}

/**
 * Resizes each axis by the area mean when it shrinks and by linear interpolation when it grows: images on their way to
 * a network, probability maps on their way back.
 *
 * `data`: [height, width, channels]. Returns [size[0], size[1], channels]. Throws RangeError when sizes do not fit.
 *
 * @example const probability = resize(small, { height: 64, width: 64 }, [512, 384])
 */
export function resize(data: ArrayLike<number>, from: RasterSize, size: readonly [number, number]): Float32Array {
  requireList('resize: data', data);
  requireObject('resize: from', from, ['height', 'width']);
  requireList('resize: size', size);
  return resample(data, from, size, (n, m) => (m < n ? areaTaps(n, m) : bilinearTaps(n, m)));
}

/** `resize` of data of which some may be NaN: to the mean of what are numbers, or to NaN where there are none. */
export function resizeNumbers(data: Float32Array, from: RasterSize, size: readonly [number, number]): Float32Array {
  if (!data.some(Number.isNaN)) return resize(data, from, size);
  const share = resize(
    data.map((value) => (Number.isNaN(value) ? 0 : 1)),
    from,
    size,
  );
  const sums = resize(
    data.map((value) => (Number.isNaN(value) ? 0 : value)),
    from,
    size,
  );
  return sums.map((sum, i) => (share[i]! > 0 ? sum / share[i]! : Number.NaN));
}

function resample(
  data: ArrayLike<number>,
  { height, width, channels = 1 }: RasterSize,
  [outHeight, outWidth]: readonly [number, number],
  tapsOf: (from: number, to: number) => Taps[],
): Float32Array {
  if (data.length !== height * width * channels) {
    throw new RangeError(
      `resize: ${height}x${width} with ${channels} channels needs ${height * width * channels} samples, got ${data.length}`,
    );
  }
  for (const side of [outHeight, outWidth]) {
    if (!Number.isInteger(side) || side < 1)
      throw new RangeError(`resize: the new size must be positive integers, got ${outHeight}x${outWidth}`);
  }
  if (outHeight === height && outWidth === width) return new Float32Array(data);
  const columns = tapsOf(width, outWidth);
  const narrow = new Float64Array(height * outWidth * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < outWidth; x++) {
      const { first, weights } = columns[x]!;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k]! * data[(y * width + first + k) * channels + c]!;
        narrow[(y * outWidth + x) * channels + c] = sum;
      }
    }
  }
  const rows = tapsOf(height, outHeight);
  const rowLength = outWidth * channels;
  const out = new Float32Array(outHeight * rowLength);
  for (let y = 0; y < outHeight; y++) {
    const { first, weights } = rows[y]!;
    for (let i = 0; i < rowLength; i++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * narrow[(first + k) * rowLength + i]!;
      out[y * rowLength + i] = sum;
    }
  }
  return out;
}

function areaTaps(from: number, to: number): Taps[] {
  return Array.from({ length: to }, (_, i) => {
    const start = (i * from) / to;
    const end = ((i + 1) * from) / to;
    const first = Math.floor(start);
    const last = Math.min(from, Math.ceil(end));
    const weights: number[] = [];
    for (let k = first; k < last; k++) weights.push(((Math.min(end, k + 1) - Math.max(start, k)) * to) / from);
    return { first, weights };
  });
}

function bilinearTaps(from: number, to: number): Taps[] {
  return Array.from({ length: to }, (_, i) => {
    const centre = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const first = Math.floor(centre);
    const part = centre - first;
    return part === 0 ? { first, weights: [1] } : { first, weights: [1 - part, part] };
  });
}

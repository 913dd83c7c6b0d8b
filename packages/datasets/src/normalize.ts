/** How intensities become numbers around 0: `mri` by percentiles and z-score, `photo` to [0, 1], `none` as they are. */
export type NormalizationMode = 'mri' | 'photo' | 'none';

export const normalizationModes: readonly NormalizationMode[] = ['mri', 'photo', 'none'];

export interface NormalizeOptions {
  mode?: NormalizationMode;
  /** The largest possible sample, for `photo`: 255 for 8 bits, 65535 for 16. */
  white?: number;
  /** Percentiles that `mri` clips to. */
  percentiles?: readonly [number, number];
}

/**
 * Normalises each channel of one image for a network; training and segmentation must use the same mode.
 *
 * `mri`: clips to the 0.5 and 99.5 percentile of the non-zero pixels and subtracts their mean and divides by their
 * standard deviation after clipping, so that an unknown scale and a black background do not matter (as in nnU-Net,
 * Isensee et al. 2021, with clipping). A channel without contrast becomes zeros. `photo`: divides by `white`.
 *
 * `pixels`: [n, channels] interleaved, any scale. Returns the same shape. Throws RangeError when `channels` does not
 * divide the length.
 *
 * @example const x = normalizeIntensity(image.data, image.channels, { mode: 'mri' })
 */
export function normalizeIntensity(
  pixels: ArrayLike<number>,
  channels: number,
  { mode = 'mri', white = 255, percentiles = [0.5, 99.5] }: NormalizeOptions = {},
): Float32Array {
  if (channels < 1 || pixels.length % channels !== 0) {
    throw new RangeError(`normalizeIntensity: ${pixels.length} samples must be a multiple of ${channels} channels`);
  }
  const out = new Float32Array(pixels);
  if (mode === 'none') return out;
  if (mode === 'photo') {
    for (let i = 0; i < out.length; i++) out[i]! /= white;
    return out;
  }
  for (let c = 0; c < channels; c++) normalizeChannel(out, channels, c, percentiles);
  return out;
}

function normalizeChannel(
  data: Float32Array,
  channels: number,
  channel: number,
  percentiles: readonly [number, number],
): void {
  const present = new Float32Array(data.length / channels);
  let count = 0;
  for (let i = channel; i < data.length; i += channels) if (data[i] !== 0) present[count++] = data[i]!;
  const values = present.subarray(0, count).sort();
  const low = percentile(values, percentiles[0]);
  const high = percentile(values, percentiles[1]);
  let mean = 0;
  for (let i = 0; i < count; i++) mean += Math.min(high, Math.max(low, values[i]!));
  mean /= Math.max(1, count);
  let variance = 0;
  for (let i = 0; i < count; i++) variance += (Math.min(high, Math.max(low, values[i]!)) - mean) ** 2;
  const deviation = Math.sqrt(variance / Math.max(1, count));
  const flat = !(deviation > 1e-6 * Math.max(Math.abs(low), Math.abs(high)));
  for (let i = channel; i < data.length; i += channels) {
    data[i] = flat ? 0 : (Math.min(high, Math.max(low, data[i]!)) - mean) / deviation;
  }
}

/** Percentile of sorted values with linear interpolation between ranks, 0 when there are none. */
function percentile(sorted: Float32Array, percent: number): number {
  if (sorted.length === 0) return 0;
  const rank = (percent / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(rank)]!;
  const above = sorted[Math.ceil(rank)]!;
  return below + (above - below) * (rank - Math.floor(rank));
}

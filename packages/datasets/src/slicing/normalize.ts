import { type OptionNames, requireList, requireOptions } from '@medseg/arguments';
import { countNotFinite, intensityProblem, isFloat } from '../not-finite.ts';
import { select } from './select.ts';

/**
 * How intensities become numbers around 0. Plain JSON: a run keeps it, so that segmentation does the same.
 *
 * `mri`: each channel is clipped to percentiles of its non-zero voxels and brought to mean 0 and deviation 1 over them.
 * `ct`: a window of Hounsfield units becomes -1 to 1. `photo`: 0 to 1, or -1 to 1. `none`: as they are. In each, NaN becomes 0.
 */
export type Normalization =
  | {
      mode: 'mri';
      /** Percentiles that are clipped to. Default [0.5, 99.5]. */
      percentiles?: readonly [number, number];
    }
  | {
      mode: 'ct';
      /** Middle of the window, Hounsfield units. Default 40. */
      center?: number;
      /** Width of the window, Hounsfield units. Default 400. */
      width?: number;
    }
  | {
      mode: 'photo';
      /** Whether they become -1 to 1 instead of 0 to 1. Default false. */
      signed?: boolean;
    }
  | { mode: 'none' };

/** The name of a normalisation. */
export type NormalizationMode = Normalization['mode'];

/** The names of all normalisations. */
export const normalizationModes: readonly NormalizationMode[] = ['mri', 'ct', 'photo', 'none'];

/** Options of {@link normalizeIntensity}. */
export interface NormalizeOptions {
  /** Which normalisation. Default 'mri'. */
  mode?: NormalizationMode;
  /** The largest possible sample, for `photo`: 255 for 8 bits, 65535 for 16. Default 255. */
  white?: number;
  /** Whether `photo` gives -1 to 1 instead of 0 to 1. Default false. */
  signed?: boolean;
  /** Percentiles that `mri` clips to. Default [0.5, 99.5]. */
  percentiles?: readonly [number, number];
  /** Middle of the window of `ct`, Hounsfield units; 40, of soft tissue, unless given. */
  center?: number;
  /** Width of the window of `ct`; 400 unless given. */
  width?: number;
}

const normalizeOptionNames: OptionNames<NormalizeOptions> = {
  mode: true,
  white: true,
  signed: true,
  percentiles: true,
  center: true,
  width: true,
};

/** What one channel goes through: clipped to low and high, then (x - mean) / deviation. */
export interface ChannelScale {
  low: number;
  high: number;
  mean: number;
  deviation: number;
}

/**
 * Measures how the channels of an image or a whole volume are to be scaled, for `applyScales`.
 *
 * `mri`: the 0.5 and 99.5 percentile of the non-zero pixels, their mean and their standard deviation after clipping, so
 * that an unknown scale and a black background do not matter (as in nnU-Net, Isensee et al. 2021, with clipping). A
 * channel without contrast becomes zeros.
 *
 * NaN means outside the field of view, and is not measured.
 *
 * `pixels`: [n, channels] interleaved. Throws RangeError when `channels` does not divide the length, for a window
 * without width, for infinite intensities and for a channel that is all NaN.
 */
export function intensityScales(
  pixels: ArrayLike<number>,
  channels: number,
  {
    mode = 'mri',
    white = 255,
    signed = false,
    percentiles = [0.5, 99.5],
    center = 40,
    width = 400,
  }: NormalizeOptions = {},
): ChannelScale[] {
  if (channels < 1 || pixels.length % channels !== 0) {
    throw new RangeError(`normalizeIntensity: ${pixels.length} samples must be a multiple of ${channels} channels`);
  }
  requireIntensities(pixels, channels);
  const everything = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, mean: 0 };
  const same = (scale: ChannelScale): ChannelScale[] => Array.from({ length: channels }, () => scale);
  if (mode === 'none') return same({ ...everything, deviation: 1 });
  if (mode === 'photo' && signed) return same({ ...everything, mean: white / 2, deviation: white / 2 });
  if (mode === 'photo') return same({ ...everything, deviation: white });
  if (mode === 'ct') {
    if (!(width > 0)) throw new RangeError(`normalizeIntensity: the window must have a width, got ${width}`);
    return same({ low: center - width / 2, high: center + width / 2, mean: center, deviation: width / 2 });
  }
  return Array.from({ length: channels }, (_, c) => channelScale(pixels, channels, c, percentiles));
}

/** Throws RangeError for intensities that cannot be normalised: infinite ones, and a channel that is all NaN. */
export function requireIntensities(pixels: ArrayLike<number>, channels: number): void {
  const rule = intensityProblem(countNotFinite(pixels, channels), pixels.length / channels, 'pixels');
  if (rule !== undefined) throw new RangeError(`normalizeIntensity: ${rule}`);
}

/** Scales samples as measured, in place, NaN to 0, and returns them. `data`: [n, scales.length] interleaved. */
export function applyScales(data: Float32Array, scales: readonly ChannelScale[]): Float32Array {
  const channels = scales.length;
  for (const [c, { low, high, mean, deviation }] of scales.entries()) {
    for (let i = c; i < data.length; i += channels) {
      const value = data[i]!;
      data[i] = Number.isNaN(value) ? 0 : (Math.min(high, Math.max(low, value)) - mean) / deviation;
    }
  }
  return data;
}

/**
 * Normalises each channel of one image for a network; training and segmentation must use the same mode.
 *
 * NaN means outside the field of view: it is not measured and becomes 0.
 *
 * `pixels`: [n, channels] interleaved, any scale. Returns the same shape. Throws RangeError when `channels` does not
 * divide the length, for infinite intensities and for a channel that is all NaN.
 *
 * @example const x = normalizeIntensity(image.data, image.channels, { mode: 'mri' })
 */
export function normalizeIntensity(
  pixels: ArrayLike<number>,
  channels: number,
  options: NormalizeOptions = {},
): Float32Array {
  requireList('normalizeIntensity: pixels', pixels);
  requireOptions('normalizeIntensity', options, normalizeOptionNames);
  return applyScales(new Float32Array(pixels), intensityScales(pixels, channels, options));
}

function channelScale(
  data: ArrayLike<number>,
  channels: number,
  channel: number,
  percentiles: readonly [number, number],
): ChannelScale {
  const isMeasured = isFloat(data)
    ? (value: number): boolean => value !== 0 && !Number.isNaN(value)
    : (value: number): boolean => value !== 0;
  let count = 0;
  for (let i = channel; i < data.length; i += channels) if (isMeasured(data[i]!)) count++;
  const values = new Float32Array(count);
  for (let i = channel, to = 0; i < data.length; i += channels) if (isMeasured(data[i]!)) values[to++] = data[i]!;
  const low = percentile(values, percentiles[0]);
  const high = percentile(values, percentiles[1]);
  let mean = 0;
  for (const value of values) mean += Math.min(high, Math.max(low, value));
  mean /= Math.max(1, count);
  let variance = 0;
  for (const value of values) variance += (Math.min(high, Math.max(low, value)) - mean) ** 2;
  const deviation = Math.sqrt(variance / Math.max(1, count));
  const isFlat = !(deviation > 1e-6 * Math.max(Math.abs(low), Math.abs(high)));
  return isFlat ? { low: 0, high: 0, mean: 0, deviation: 1 } : { low, high, mean, deviation };
}

/** Percentile with linear interpolation between ranks, 0 when there are no values; changes their order. */
export function percentile(values: Float32Array, percent: number): number {
  if (values.length === 0) return 0;
  const rank = (percent / 100) * (values.length - 1);
  const below = select(values, Math.floor(rank));
  const above = select(values, Math.ceil(rank));
  return below + (above - below) * (rank - Math.floor(rank));
}

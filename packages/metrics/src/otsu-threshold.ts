import { type OptionNames, requireList, requireOptions } from '@medseg/arguments';
import type { NumberArray } from './arrays.ts';
import { checkCount } from './arrays.ts';

/** Options of `otsuThreshold`. */
export interface OtsuOptions {
  /** Histogram bins between the smallest and the largest value; 256 unless told. */
  readonly bins?: number;
}

const otsuOptionNames: OptionNames<OtsuOptions> = { bins: true };

/**
 * The threshold that best splits intensities into two classes: it maximises the variance between them
 * (Otsu 1979, eq. 12-15). Take `value > threshold` as the bright class.
 *
 * values: [pixels], finite. The threshold is the largest value of the dark class, so `>` splits the pixels exactly as
 * the histogram does; for integer arrays whose range fits, a bin is one integer and the split exact. A constant image
 * gives its value, so that nothing lies above it. Throws RangeError when the array is empty, a value is not finite or
 * `bins` is not an integer above 1.
 *
 * @example otsuThreshold(Uint8Array.of(10, 11, 12, 200, 201)) // 12
 */
export function otsuThreshold(values: NumberArray, options: OtsuOptions = {}): number {
  requireList('otsuThreshold: values', values);
  requireOptions('otsuThreshold', options, otsuOptionNames);
  const bins = options.bins ?? 256;
  checkCount('otsuThreshold', 'bins', bins, 2);
  if (values.length === 0) throw new RangeError('otsuThreshold: needs at least one value, got none');
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) throw new RangeError(`otsuThreshold: values[${i}] is ${value}; values are finite`);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low === high) return low;
  const whole = !(values instanceof Float32Array || values instanceof Float64Array) && high - low < 65536;
  const count = whole ? high - low + 1 : bins;
  const width = whole ? 1 : (high - low) / bins;
  const binOf = (value: number): number => Math.min(count - 1, Math.floor((value - low) / width));
  const histogram = new Float64Array(count);
  for (let i = 0; i < values.length; i++) {
    const bin = binOf(values[i]!);
    histogram[bin] = histogram[bin]! + 1;
  }
  const end = darkClassEnd(histogram);
  let threshold = low;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value > threshold && binOf(value) <= end) threshold = value;
  }
  return threshold;
}

/** The last bin of the dark class, where the variance between the classes is largest. */
function darkClassEnd(histogram: Float64Array): number {
  let total = 0;
  let moment = 0;
  for (let k = 0; k < histogram.length; k++) {
    total += histogram[k]!;
    moment += k * histogram[k]!;
  }
  let best = -1;
  let end = 0;
  let below = 0;
  let belowMoment = 0;
  for (let k = 0; k < histogram.length - 1; k++) {
    below += histogram[k]!;
    belowMoment += k * histogram[k]!;
    const above = total - below;
    if (below === 0 || above === 0) continue;
    const gap = belowMoment / below - (moment - belowMoment) / above;
    const between = below * above * gap * gap;
    if (between > best) {
      best = between;
      end = k;
    }
  }
  return end;
}

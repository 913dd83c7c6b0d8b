import { type OptionNames, requireOptions } from '@medseg/arguments';
import {
  checkCount,
  checkProbabilities,
  checkSameLength,
  type Mask,
  maskError,
  type Probabilities,
} from '../arrays.ts';

/**
 * What a bin compares.
 *
 * - `foreground`: the foreground's probability with how often it is there (reliability diagrams of binary
 *   segmentation; MONAI's CalibrationErrorMetric and torchmetrics' BinaryCalibrationError).
 * - `confidence`: the winning class's probability, max(p, 1-p), with how often it wins rightly (Guo et al. 2017).
 */
export type CalibrationForm = 'foreground' | 'confidence';

/** Options of the calibration metrics. */
export interface ReliabilityOptions {
  /** Number of bins; 15 unless told (Guo et al. 2017). */
  readonly bins?: number;
  /** What a bin compares; `foreground` unless told. */
  readonly form?: CalibrationForm;
  /** Bins of equal `width` over [0, 1], or of equal `count` of pixels (adaptive); `width` unless told. */
  readonly binning?: 'width' | 'count';
}

export const reliabilityOptionNames: OptionNames<ReliabilityOptions> = { bins: true, form: true, binning: true };

/** One bar of a reliability diagram. */
export interface ReliabilityBin {
  /** The bin's edges for equal widths, the smallest and largest probability in it for equal counts. */
  readonly low: number;
  /** The upper edge; see `low`. */
  readonly high: number;
  /** Predictions in the bin. */
  readonly count: number;
  /** Mean of the predicted probability in the bin; NaN when the bin is empty. */
  readonly confidence: number;
  /** How often the prediction holds in the bin; NaN when the bin is empty. */
  readonly accuracy: number;
}

/**
 * The bars of a reliability diagram (DeGroot & Fienberg 1983; Guo et al. 2017, section 2).
 *
 * probabilities: [pixels] in [0, 1]; truth: [pixels] in {0, 1}. Bins of equal width are [low, high), the last one
 * closed. Throws RangeError when shapes differ, a value is out of range or `bins` is not a positive integer.
 *
 * @example reliabilityBins(Float32Array.of(0.1, 0.9), Uint8Array.of(0, 1), { bins: 2 })[1].accuracy // 1
 */
export function reliabilityBins(
  probabilities: Probabilities,
  truth: Mask,
  options: ReliabilityOptions = {},
): ReliabilityBin[] {
  requireOptions('reliabilityBins', options, reliabilityOptionNames);
  return binsOf('reliabilityBins', probabilities, truth, options);
}

/** As `reliabilityBins`, with the name of the metric that was asked for in its errors. */
export function binsOf(
  asked: string,
  probabilities: Probabilities,
  truth: Mask,
  options: ReliabilityOptions,
): ReliabilityBin[] {
  const { bins = 15, form = 'foreground', binning = 'width' } = options;
  checkCount(asked, 'bins', bins);
  checkSameLength(asked, ['probabilities', 'truth'], probabilities, truth);
  checkProbabilities(asked, 'probabilities', probabilities);
  const confidence = new Float64Array(probabilities.length);
  const holds = new Uint8Array(probabilities.length);
  for (let i = 0; i < confidence.length; i++) {
    const p = probabilities[i]!;
    const t = truth[i]!;
    if (t !== 0 && t !== 1) throw maskError(asked, 'truth', i, t);
    const inside = form === 'foreground' || p >= 0.5;
    confidence[i] = inside ? p : 1 - p;
    holds[i] = inside ? t : 1 - t;
  }
  return binning === 'width' ? equalWidth(confidence, holds, bins) : equalCount(confidence, holds, bins);
}

function equalWidth(confidence: Float64Array, holds: Uint8Array, bins: number): ReliabilityBin[] {
  const counts = new Float64Array(bins);
  const sums = new Float64Array(bins);
  const right = new Float64Array(bins);
  for (let i = 0; i < confidence.length; i++) {
    const bin = Math.min(bins - 1, Math.floor(confidence[i]! * bins));
    counts[bin] = counts[bin]! + 1;
    sums[bin] = sums[bin]! + confidence[i]!;
    right[bin] = right[bin]! + holds[i]!;
  }
  return Array.from(counts, (count, k) => ({
    low: k / bins,
    high: (k + 1) / bins,
    count,
    confidence: sums[k]! / count,
    accuracy: right[k]! / count,
  }));
}

function equalCount(confidence: Float64Array, holds: Uint8Array, bins: number): ReliabilityBin[] {
  const order = Uint32Array.from(confidence.keys()).sort((a, b) => confidence[a]! - confidence[b]!);
  const result: ReliabilityBin[] = [];
  for (let k = 0; k < bins; k++) {
    const start = Math.floor((k * order.length) / bins);
    const end = Math.floor(((k + 1) * order.length) / bins);
    if (start === end) continue; // more bins than pixels
    let sum = 0;
    let right = 0;
    for (let i = start; i < end; i++) {
      sum += confidence[order[i]!]!;
      right += holds[order[i]!]!;
    }
    const count = end - start;
    const low = confidence[order[start]!]!;
    result.push({ low, high: confidence[order[end - 1]!]!, count, confidence: sum / count, accuracy: right / count });
  }
  return result;
}

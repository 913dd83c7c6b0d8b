import { type OptionNames, requireList, requireOptions } from '@medseg/arguments';
import { checkProbabilities, checkSameLength, type Mask, maskError, type Probabilities } from '../arrays.ts';
import { binsOf, type ReliabilityBin, type ReliabilityOptions, reliabilityOptionNames } from './reliability.ts';

/**
 * Expected calibration error: the mean gap between predicted probability and observed frequency over bins of equal
 * width, weighted by their pixels (Naeini et al. 2015; Guo et al. 2017, eq. 3), in [0, 1].
 *
 * probabilities: [pixels] in [0, 1]; truth: [pixels] in {0, 1}. Throws RangeError as `reliabilityBins`. NaN when
 * there are no pixels.
 *
 * @example ece(Float32Array.of(0.2, 0.8), Uint8Array.of(0, 1)) // 0.2
 */
export function ece(probabilities: Probabilities, truth: Mask, options: ReliabilityOptions = {}): number {
  requireOptions('ece', options, reliabilityOptionNames);
  return calibrationError(binsOf('ece', probabilities, truth, options));
}

/**
 * The calibration error of a reliability diagram: the mean gap of its bins, weighted by their pixels (Guo et al. 2017,
 * eq. 3), in [0, 1]. `ece` is that of `reliabilityBins`. NaN when the bins hold no pixels.
 *
 * @example calibrationError(poolBins(images.map((image) => reliabilityBins(image.probabilities, image.truth))))
 */
export function calibrationError(bins: readonly ReliabilityBin[]): number {
  requireList('calibrationError: bins', bins);
  let sum = 0;
  let pixels = 0;
  for (const { count, confidence, accuracy } of bins) {
    if (count === 0) continue; // its means are NaN
    sum += count * Math.abs(confidence - accuracy);
    pixels += count;
  }
  return sum / pixels;
}

const adaptiveEceOptionNames: OptionNames<Omit<ReliabilityOptions, 'binning'>> = { bins: true, form: true };

/**
 * Adaptive calibration error: as `ece`, over bins that hold equally many pixels (Nixon et al. 2019, eq. 3 for the
 * foreground class), so that crowded probabilities are resolved finely.
 *
 * probabilities: [pixels] in [0, 1]; truth: [pixels] in {0, 1}. Throws RangeError as `reliabilityBins`.
 *
 * @example adaptiveEce(Float32Array.of(0.2, 0.8), Uint8Array.of(0, 1), { bins: 2 }) // 0.2
 */
export function adaptiveEce(
  probabilities: Probabilities,
  truth: Mask,
  options: Omit<ReliabilityOptions, 'binning'> = {},
): number {
  requireOptions('adaptiveEce', options, adaptiveEceOptionNames);
  return calibrationError(binsOf('adaptiveEce', probabilities, truth, { ...options, binning: 'count' }));
}

/**
 * Maximum calibration error: the largest gap of any bin that holds pixels (Naeini et al. 2015), in [0, 1].
 *
 * probabilities: [pixels] in [0, 1]; truth: [pixels] in {0, 1}. Throws RangeError as `reliabilityBins`.
 *
 * @example maximumCalibrationError(Float32Array.of(0.2, 0.9), Uint8Array.of(0, 1)) // 0.2
 */
export function maximumCalibrationError(
  probabilities: Probabilities,
  truth: Mask,
  options: ReliabilityOptions = {},
): number {
  requireOptions('maximumCalibrationError', options, reliabilityOptionNames);
  const bins = binsOf('maximumCalibrationError', probabilities, truth, options);
  let largest = Number.NaN;
  for (const { count, confidence, accuracy } of bins) {
    const gap = Math.abs(confidence - accuracy);
    if (count > 0 && !(gap <= largest)) largest = gap;
  }
  return largest;
}

/**
 * Brier score: the mean squared difference of probability and truth (Brier 1950, for one class), in [0, 1].
 *
 * probabilities: [pixels] in [0, 1]; truth: [pixels] in {0, 1}. Throws RangeError when shapes differ or a value is
 * out of range. NaN when there are no pixels.
 *
 * @example brierScore(Float32Array.of(0.5, 1), Uint8Array.of(1, 1)) // 0.125
 */
export function brierScore(probabilities: Probabilities, truth: Mask): number {
  checkSameLength('brierScore', ['probabilities', 'truth'], probabilities, truth);
  checkProbabilities('brierScore', 'probabilities', probabilities);
  let sum = 0;
  for (let i = 0; i < truth.length; i++) {
    const t = truth[i]!;
    if (t !== 0 && t !== 1) throw maskError('brierScore', 'truth', i, t);
    sum += (probabilities[i]! - t) ** 2;
  }
  return sum / truth.length;
}

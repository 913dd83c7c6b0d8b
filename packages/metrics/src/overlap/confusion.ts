import { checkSameLength, type Mask, maskError } from '../arrays.ts';

/** How often prediction and truth agree and disagree, in pixels. */
export interface Confusion {
  /** Foreground in both. */
  readonly truePositives: number;
  /** Foreground in the prediction alone. */
  readonly falsePositives: number;
  /** Background in both. */
  readonly trueNegatives: number;
  /** Foreground in the truth alone. */
  readonly falseNegatives: number;
}

/**
 * Counts true and false positives and negatives of a binary prediction.
 *
 * prediction, truth: [pixels] in {0, 1}, of one shape. Throws RangeError when the shapes differ or a value is
 * neither 0 nor 1.
 *
 * @example confusion(Uint8Array.of(1, 1, 0), Uint8Array.of(1, 0, 0)).falsePositives // 1
 */
export function confusion(prediction: Mask, truth: Mask): Confusion {
  return countConfusion('confusion', prediction, truth);
}

/** As `confusion`, with the name of the metric that was asked for in its errors. */
export function countConfusion(asked: string, prediction: Mask, truth: Mask): Confusion {
  checkSameLength(asked, ['prediction', 'truth'], prediction, truth);
  let both = 0;
  let predicted = 0;
  let actual = 0;
  const length = prediction.length;
  for (let i = 0; i < length; i++) {
    const p = prediction[i]!;
    const t = truth[i]!;
    if (p !== 0 && p !== 1) throw maskError(asked, 'prediction', i, p);
    if (t !== 0 && t !== 1) throw maskError(asked, 'truth', i, t);
    both += p * t;
    predicted += p;
    actual += t;
  }
  return {
    truePositives: both,
    falsePositives: predicted - both,
    trueNegatives: length - predicted - actual + both,
    falseNegatives: actual - both,
  };
}

import { type Mask, maskError } from '../arrays.ts';

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
  const [both, predicted, actual] = countForeground(asked, prediction, truth);
  return {
    truePositives: both,
    falsePositives: predicted - both,
    trueNegatives: prediction.length - predicted - actual + both,
    falseNegatives: actual - both,
  };
}

/**
 * Foreground pixels of both masks, of the prediction and of the truth. Throws RangeError unless both are arrays of one
 * length that hold 0 and 1: a promise or a tensor has no values, and would pass every other check.
 */
export function countForeground(
  asked: string,
  prediction: Mask,
  truth: Mask,
): [both: number, predicted: number, actual: number] {
  if (!(prediction?.length >= 0 && prediction.length === truth?.length)) {
    throw new RangeError(
      `${asked}: prediction and truth must be arrays of the same shape, got ${sizeOf(prediction)} and ${sizeOf(truth)} values; await promises and tensor.data()`,
    );
  }
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
  return [both, predicted, actual];
}

function sizeOf(mask: Mask | undefined): number | string | undefined {
  return mask?.length ?? mask?.constructor.name;
}

import { requireObject } from '@medseg/arguments';
import type { Confusion } from './confusion.ts';

// Every ratio below is NaN where its denominator is 0, as MONAI's `compute_confusion_matrix_metric`.

/**
 * True positive rate TP / (TP + FN), also recall: how much of the truth is found. NaN when the truth is empty.
 *
 * @example sensitivity(confusion(prediction, truth))
 */
export function sensitivity(confusion: Confusion): number {
  requireObject('sensitivity: confusion', confusion, [
    'truePositives',
    'falsePositives',
    'trueNegatives',
    'falseNegatives',
  ]);
  const { truePositives, falseNegatives } = confusion;
  return truePositives / (truePositives + falseNegatives);
}

/**
 * True negative rate TN / (TN + FP): how much of the background is left alone. NaN when there is no background.
 *
 * @example specificity(confusion(prediction, truth))
 */
export function specificity(confusion: Confusion): number {
  requireObject('specificity: confusion', confusion, [
    'truePositives',
    'falsePositives',
    'trueNegatives',
    'falseNegatives',
  ]);
  const { trueNegatives, falsePositives } = confusion;
  return trueNegatives / (trueNegatives + falsePositives);
}

/**
 * Positive predictive value TP / (TP + FP): how much of the prediction is right. NaN when nothing is predicted.
 *
 * @example precision(confusion(prediction, truth))
 */
export function precision(confusion: Confusion): number {
  requireObject('precision: confusion', confusion, [
    'truePositives',
    'falsePositives',
    'trueNegatives',
    'falseNegatives',
  ]);
  const { truePositives, falsePositives } = confusion;
  return truePositives / (truePositives + falsePositives);
}

/**
 * TN / (TN + FN): how much of what is predicted as background is background. NaN when all is predicted.
 *
 * @example negativePredictiveValue(confusion(prediction, truth))
 */
export function negativePredictiveValue(confusion: Confusion): number {
  requireObject('negativePredictiveValue: confusion', confusion, [
    'truePositives',
    'falsePositives',
    'trueNegatives',
    'falseNegatives',
  ]);
  const { trueNegatives, falseNegatives } = confusion;
  return trueNegatives / (trueNegatives + falseNegatives);
}

/**
 * False negative rate FN / (FN + TP) = 1 - sensitivity.
 *
 * @example missRate(confusion(prediction, truth))
 */
export function missRate(confusion: Confusion): number {
  requireObject('missRate: confusion', confusion, [
    'truePositives',
    'falsePositives',
    'trueNegatives',
    'falseNegatives',
  ]);
  const { truePositives, falseNegatives } = confusion;
  return falseNegatives / (truePositives + falseNegatives);
}

/**
 * False positive rate FP / (FP + TN) = 1 - specificity.
 *
 * @example fallOut(confusion(prediction, truth))
 */
export function fallOut(confusion: Confusion): number {
  requireObject('fallOut: confusion', confusion, [
    'truePositives',
    'falsePositives',
    'trueNegatives',
    'falseNegatives',
  ]);
  const { trueNegatives, falsePositives } = confusion;
  return falsePositives / (trueNegatives + falsePositives);
}

/**
 * False discovery rate FP / (FP + TP) = 1 - precision.
 *
 * @example falseDiscoveryRate(confusion(prediction, truth))
 */
export function falseDiscoveryRate(confusion: Confusion): number {
  requireObject('falseDiscoveryRate: confusion', confusion, [
    'truePositives',
    'falsePositives',
    'trueNegatives',
    'falseNegatives',
  ]);
  const { truePositives, falsePositives } = confusion;
  return falsePositives / (truePositives + falsePositives);
}

/**
 * False omission rate FN / (FN + TN) = 1 - negative predictive value.
 *
 * @example falseOmissionRate(confusion(prediction, truth))
 */
export function falseOmissionRate(confusion: Confusion): number {
  requireObject('falseOmissionRate: confusion', confusion, [
    'truePositives',
    'falsePositives',
    'trueNegatives',
    'falseNegatives',
  ]);
  const { trueNegatives, falseNegatives } = confusion;
  return falseNegatives / (trueNegatives + falseNegatives);
}

/**
 * (TP + TN) / all: high for any small object, so no measure of segmentation quality (Maier-Hein et al. 2024).
 *
 * @example accuracy(confusion(prediction, truth))
 */
export function accuracy(counts: Confusion): number {
  requireObject('accuracy: counts', counts, ['truePositives', 'falsePositives', 'trueNegatives', 'falseNegatives']);
  return (counts.truePositives + counts.trueNegatives) / pixels(counts);
}

/**
 * The mean of sensitivity and specificity. NaN when either is.
 *
 * @example balancedAccuracy(confusion(prediction, truth))
 */
export function balancedAccuracy(counts: Confusion): number {
  requireObject('balancedAccuracy: counts', counts, [
    'truePositives',
    'falsePositives',
    'trueNegatives',
    'falseNegatives',
  ]);
  return (sensitivity(counts) + specificity(counts)) / 2;
}

/**
 * The share of the truth in the image, (TP + FN) / all.
 *
 * @example prevalence(confusion(prediction, truth))
 */
export function prevalence(counts: Confusion): number {
  requireObject('prevalence: counts', counts, ['truePositives', 'falsePositives', 'trueNegatives', 'falseNegatives']);
  return (counts.truePositives + counts.falseNegatives) / pixels(counts);
}

/**
 * TP / (TP + FP + FN): the IoU, NaN when both masks are empty.
 *
 * @example threatScore(confusion(prediction, truth))
 */
export function threatScore(confusion: Confusion): number {
  requireObject('threatScore: confusion', confusion, [
    'truePositives',
    'falsePositives',
    'trueNegatives',
    'falseNegatives',
  ]);
  const { truePositives, falsePositives, falseNegatives } = confusion;
  return truePositives / (truePositives + falsePositives + falseNegatives);
}

/**
 * F-beta: the harmonic mean of precision and sensitivity, sensitivity counting beta times as much (van Rijsbergen
 * 1979). beta = 1 is Dice. NaN when both masks are empty. Throws RangeError when beta is not above 0.
 *
 * @example fBeta(confusion(prediction, truth), 2)
 */
export function fBeta(confusion: Confusion, beta = 1): number {
  requireObject('fBeta: confusion', confusion, ['truePositives', 'falsePositives', 'trueNegatives', 'falseNegatives']);
  const { truePositives, falsePositives, falseNegatives } = confusion;
  if (!(beta > 0)) throw new RangeError(`fBeta: beta must be above 0, got ${beta}`);
  const hits = (1 + beta ** 2) * truePositives;
  return hits / (hits + beta ** 2 * falseNegatives + falsePositives);
}

/**
 * Matthews correlation coefficient in [-1, 1] (Matthews 1975). NaN when a row or column of the counts is empty.
 *
 * @example matthewsCorrelation(confusion(prediction, truth))
 */
export function matthewsCorrelation(counts: Confusion): number {
  requireObject('matthewsCorrelation: counts', counts, [
    'truePositives',
    'falsePositives',
    'trueNegatives',
    'falseNegatives',
  ]);
  const { truePositives: tp, falsePositives: fp, trueNegatives: tn, falseNegatives: fn } = counts;
  // Roots one by one: the product of four volumes would lose digits.
  const scale = Math.sqrt(tp + fp) * Math.sqrt(tp + fn) * Math.sqrt(tn + fp) * Math.sqrt(tn + fn);
  return (tp * tn - fp * fn) / scale;
}

/**
 * Sensitivity + specificity - 1 (Youden's J), in [-1, 1]. NaN when either is.
 *
 * @example informedness(confusion(prediction, truth))
 */
export function informedness(counts: Confusion): number {
  requireObject('informedness: counts', counts, ['truePositives', 'falsePositives', 'trueNegatives', 'falseNegatives']);
  return sensitivity(counts) + specificity(counts) - 1;
}

/**
 * Precision + negative predictive value - 1, in [-1, 1]. NaN when either is.
 *
 * @example markedness(confusion(prediction, truth))
 */
export function markedness(counts: Confusion): number {
  requireObject('markedness: counts', counts, ['truePositives', 'falsePositives', 'trueNegatives', 'falseNegatives']);
  return precision(counts) + negativePredictiveValue(counts) - 1;
}

/**
 * The geometric mean of precision and sensitivity (Fowlkes & Mallows 1983). NaN when either is.
 *
 * @example fowlkesMallows(confusion(prediction, truth))
 */
export function fowlkesMallows(counts: Confusion): number {
  requireObject('fowlkesMallows: counts', counts, [
    'truePositives',
    'falsePositives',
    'trueNegatives',
    'falseNegatives',
  ]);
  return Math.sqrt(precision(counts) * sensitivity(counts));
}

/**
 * The prevalence at which precision falls to a half sharply (Balayla 2020). NaN when informedness is 0.
 *
 * @example prevalenceThreshold(confusion(prediction, truth))
 */
export function prevalenceThreshold(counts: Confusion): number {
  requireObject('prevalenceThreshold: counts', counts, [
    'truePositives',
    'falsePositives',
    'trueNegatives',
    'falseNegatives',
  ]);
  const hit = sensitivity(counts);
  const rejected = specificity(counts);
  const j = hit + rejected - 1;
  return j === 0 ? Number.NaN : (Math.sqrt(hit * (1 - rejected)) + rejected - 1) / j;
}

/**
 * Cohen's kappa (1960): agreement beyond chance, in [-1, 1]. NaN when chance alone agrees on everything.
 *
 * @example cohenKappa(confusion(prediction, truth))
 */
export function cohenKappa(counts: Confusion): number {
  requireObject('cohenKappa: counts', counts, ['truePositives', 'falsePositives', 'trueNegatives', 'falseNegatives']);
  const { truePositives: tp, falsePositives: fp, trueNegatives: tn, falseNegatives: fn } = counts;
  const all = pixels(counts);
  const chance = ((tp + fp) * (tp + fn) + (tn + fp) * (tn + fn)) / all ** 2;
  return ((tp + tn) / all - chance) / (1 - chance);
}

/**
 * Volume similarity 1 - |FN - FP| / (2 TP + FP + FN) (Taha & Hanbury 2015), in [0, 1]: equal volumes, wherever they
 * lie, give 1. NaN when both masks are empty.
 *
 * @example volumeSimilarity(confusion(prediction, truth))
 */
export function volumeSimilarity(confusion: Confusion): number {
  requireObject('volumeSimilarity: confusion', confusion, [
    'truePositives',
    'falsePositives',
    'trueNegatives',
    'falseNegatives',
  ]);
  const { truePositives, falsePositives, falseNegatives } = confusion;
  const sum = 2 * truePositives + falsePositives + falseNegatives;
  return 1 - Math.abs(falseNegatives - falsePositives) / sum;
}

/**
 * Relative volume difference (|P| - |T|) / |T|: above 0 where the prediction is too large (Heimann et al. 2009;
 * MedPy's `ravd`, which has no absolute value either). NaN when the truth is empty, where MedPy refuses.
 *
 * @example relativeVolumeDifference(confusion(prediction, truth))
 */
export function relativeVolumeDifference(confusion: Confusion): number {
  requireObject('relativeVolumeDifference: confusion', confusion, [
    'truePositives',
    'falsePositives',
    'trueNegatives',
    'falseNegatives',
  ]);
  const { truePositives, falsePositives, falseNegatives } = confusion;
  const truth = truePositives + falseNegatives;
  return truth === 0 ? Number.NaN : (falsePositives - falseNegatives) / truth;
}

function pixels(counts: Confusion): number {
  return counts.truePositives + counts.falsePositives + counts.trueNegatives + counts.falseNegatives;
}

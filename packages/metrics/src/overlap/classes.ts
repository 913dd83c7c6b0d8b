import { type OptionNames, requireOptions } from '@medseg/arguments';
import { checkCount, checkLabels, checkSameLength, type Labels } from '../arrays.ts';

/** Options of what is computed class by class. */
export interface ClassOptions {
  /** Number of classes, the background included; labels are 0..classes-1. */
  readonly classes: number;
  /** Whether class 0 takes part; true unless told. */
  readonly background?: boolean;
}

const classOptionNames: OptionNames<ClassOptions> = { classes: true, background: true };

/**
 * A metric of masks, for each class of two label maps: each class against all others.
 *
 * metric: takes the class's two masks. prediction, truth: [pixels] integers in 0..classes-1. The result has one value
 * for each class, class 0 first unless `background` is false. Throws RangeError when shapes differ, a value is no
 * such integer or `classes` is below 2.
 *
 * @example perClass(dice, prediction, truth, { classes: 4, background: false })
 */
export function perClass(
  metric: (prediction: Uint8Array, truth: Uint8Array) => number,
  prediction: Labels,
  truth: Labels,
  options: ClassOptions,
): number[] {
  requireOptions('perClass', options, classOptionNames);
  const { classes, background = true } = options;
  checkClasses('perClass', prediction, truth, classes);
  const values: number[] = [];
  for (let label = background ? 0 : 1; label < classes; label++) {
    values.push(metric(maskOf(prediction, label), maskOf(truth, label)));
  }
  return values;
}

/** The mask of one label. */
function maskOf(labels: Labels, label: number): Uint8Array {
  const mask = new Uint8Array(labels.length);
  for (let i = 0; i < mask.length; i++) if (labels[i] === label) mask[i] = 1;
  return mask;
}

/** How each class's weight follows from its volume in the truth. */
export type ClassWeight = 'square' | 'simple' | 'uniform';

/** Options of `generalizedDice`. */
export interface GeneralizedDiceOptions extends ClassOptions {
  /** 1/volume² (Sudre et al. 2017), 1/volume or 1; `square` unless told. */
  readonly weight?: ClassWeight;
}

const generalizedDiceOptionNames: OptionNames<GeneralizedDiceOptions> = {
  weight: true,
  classes: true,
  background: true,
};

/**
 * Generalised Dice score over all classes, each weighed by the inverse of its volume so that small ones count
 * (Crum et al. 2006; Sudre et al. 2017), in [0, 1]; MONAI's with `sum_over_classes=True`.
 *
 * prediction, truth: [pixels] integers in 0..classes-1. A class that the truth lacks has the largest weight of the
 * others. 1 when no class appears in either. Throws RangeError as `perClass`.
 *
 * @example generalizedDice(prediction, truth, { classes: 4 })
 */
export function generalizedDice(prediction: Labels, truth: Labels, options: GeneralizedDiceOptions): number {
  requireOptions('generalizedDice', options, generalizedDiceOptionNames);
  const { classes, background = true, weight = 'square' } = options;
  checkClasses('generalizedDice', prediction, truth, classes);
  const both = new Float64Array(classes);
  const predicted = new Float64Array(classes);
  const actual = new Float64Array(classes);
  for (let i = 0; i < truth.length; i++) {
    const p = prediction[i]!;
    const t = truth[i]!;
    predicted[p] = predicted[p]! + 1;
    actual[t] = actual[t]! + 1;
    if (p === t) both[p] = both[p]! + 1;
  }
  const first = background ? 0 : 1;
  const power = weight === 'square' ? 2 : weight === 'simple' ? 1 : 0;
  let largest = 0;
  for (let c = first; c < classes; c++) if (actual[c]! > 0) largest = Math.max(largest, actual[c]! ** -power);
  let hits = 0;
  let sizes = 0;
  for (let c = first; c < classes; c++) {
    const w = actual[c]! > 0 ? actual[c]! ** -power : largest || 1;
    hits += w * both[c]!;
    sizes += w * (predicted[c]! + actual[c]!);
  }
  return sizes === 0 ? 1 : (2 * hits) / sizes;
}

function checkClasses(asked: string, prediction: Labels, truth: Labels, classes: number): void {
  checkCount(asked, 'classes', classes, 2);
  checkSameLength(asked, ['prediction', 'truth'], prediction, truth);
  checkLabels(asked, 'prediction', prediction, classes);
  checkLabels(asked, 'truth', truth, classes);
}

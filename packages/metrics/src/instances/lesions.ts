import { type OptionNames, requireOptions } from '@medseg/arguments';
import { checkCount, checkMask, checkSameLength, type Mask } from '../arrays.ts';
import { checkFills, type Grid, grid3 } from '../grid.ts';
import { type Connectivity, labelParts, reach } from './connected-components.ts';
import { dilate } from './dilation.ts';

/** Options of `lesionWise`. */
export interface LesionOptions extends Grid {
  /** Which pixels hang together; 8 in 2-D and 26 in 3-D unless told. */
  readonly connectivity?: Connectivity;
  /** True lesions that meet after this many dilations count as one, and a prediction within them counts as a hit; 0 unless told. */
  readonly dilation?: number;
  /** True lesions of this many mm³ (mm² in 2-D) or fewer are neither hit nor missed; 0 unless told. */
  readonly minimumVolume?: number;
}

const lesionOptionNames: OptionNames<LesionOptions> = {
  connectivity: true,
  dilation: true,
  minimumVolume: true,
  shape: true,
  spacing: true,
};

/** The settings of the BraTS 2023 lesion-wise evaluation, to spread into the options. */
export const BRATS_2023: { readonly dilation: 3; readonly minimumVolume: 50 } = { dilation: 3, minimumVolume: 50 };

/** One lesion of the truth. */
export interface Lesion {
  /** mm³ (mm² in 2-D). */
  readonly volume: number;
  /** Whether any predicted part touches it. */
  readonly detected: boolean;
  /** Dice of the lesion and all predicted parts that touch it; 0 when none does. */
  readonly dice: number;
}

/** What `lesionWise` reports. */
export interface LesionWise {
  /** One for each lesion of the truth. */
  readonly lesions: Lesion[];
  /** Lesions of the truth that are detected. */
  readonly truePositives: number;
  /** Lesions of the truth that are not. */
  readonly falseNegatives: number;
  /** Predicted parts that touch no lesion of the truth. */
  readonly falsePositives: number;
  /** Share of true lesions detected; NaN when there is none. */
  readonly sensitivity: number;
  /** Detected lesions over detected lesions and false positives; NaN when there is neither. */
  readonly precision: number;
  /** Harmonic mean of both; NaN when there is nothing to find and nothing found. */
  readonly f1: number;
  /** Sum of the lesions' Dice over lesions and false positives; 1 when there is nothing to find and nothing found. */
  readonly dice: number;
}

/**
 * Lesion-wise detection and Dice, as the BraTS 2023 challenge reports them: each true lesion is compared with the
 * predicted parts that touch it, missed lesions and false parts count as 0 (Saluja et al. 2023).
 *
 * prediction, truth: [pixels] in {0, 1}, filling `shape`. Spread `BRATS_2023` into the options for the challenge's
 * settings (dilation along up to two axes at once, three times; lesions of 50 mm³ or fewer left out). Throws
 * RangeError when shapes differ, a value is neither 0 nor 1 or an option is out of range.
 *
 * @example lesionWise(prediction, truth, { shape: [16, 16, 16], ...BRATS_2023 }).dice
 */
export function lesionWise(prediction: Mask, truth: Mask, options: LesionOptions): LesionWise {
  requireOptions('lesionWise', options, lesionOptionNames);
  const { dilation = 0, minimumVolume = 0 } = options;
  const grid = grid3('lesionWise', options);
  const axes = reach('lesionWise', grid, options.connectivity);
  checkSameLength('lesionWise', ['prediction', 'truth'], prediction, truth);
  checkFills('lesionWise', 'prediction', prediction, grid);
  checkMask('lesionWise', 'prediction', prediction);
  checkMask('lesionWise', 'truth', truth);
  checkCount('lesionWise', 'dilation', dilation, 0);
  if (!(minimumVolume >= 0)) throw new RangeError(`lesionWise: minimumVolume must be 0 or more, got ${minimumVolume}`);
  const predicted = labelParts(prediction, grid, axes);
  const zones = labelParts(dilation > 0 ? dilate(truth, grid, 2, dilation) : truth, grid, axes);
  const partSizes = new Float64Array(predicted.count + 1);
  const lesionSizes = new Float64Array(zones.count + 1);
  const common = new Float64Array(zones.count + 1);
  const touching = Array.from({ length: zones.count + 1 }, () => new Set<number>());
  const touched = new Uint8Array(predicted.count + 1);
  for (let i = 0; i < truth.length; i++) {
    const part = predicted.labels[i]!;
    const zone = zones.labels[i]!;
    partSizes[part] = partSizes[part]! + 1;
    if (truth[i] === 1) lesionSizes[zone] = lesionSizes[zone]! + 1;
    if (part === 0 || zone === 0) continue;
    touching[zone]!.add(part);
    touched[part] = 1;
    if (truth[i] === 1) common[zone] = common[zone]! + 1;
  }
  const voxel = grid.spacing[0] * grid.spacing[1] * grid.spacing[2];
  const lesions: Lesion[] = [];
  for (let zone = 1; zone <= zones.count; zone++) {
    const volume = lesionSizes[zone]! * voxel;
    if (minimumVolume > 0 && volume <= minimumVolume) continue;
    let size = 0;
    for (const part of touching[zone]!) size += partSizes[part]!;
    const dice = (2 * common[zone]!) / (lesionSizes[zone]! + size);
    lesions.push({ volume, detected: touching[zone]!.size > 0, dice });
  }
  let falsePositives = 0;
  for (let part = 1; part <= predicted.count; part++) falsePositives += 1 - touched[part]!;
  return report(lesions, falsePositives);
}

function report(lesions: Lesion[], falsePositives: number): LesionWise {
  const truePositives = lesions.filter(({ detected }) => detected).length;
  const falseNegatives = lesions.length - truePositives;
  const all = lesions.length + falsePositives;
  return {
    lesions,
    truePositives,
    falseNegatives,
    falsePositives,
    sensitivity: truePositives / lesions.length,
    precision: truePositives / (truePositives + falsePositives),
    f1: (2 * truePositives) / (2 * truePositives + falseNegatives + falsePositives),
    dice: all === 0 ? 1 : lesions.reduce((sum, { dice }) => sum + dice, 0) / all,
  };
}

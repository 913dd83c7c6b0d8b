import { type OptionNames, requireOptions } from '@medseg/arguments';
import { checkSameLength, type Labels } from '../arrays.ts';

/** What `panopticQuality` reports. */
export interface PanopticQuality {
  /** Segmentation quality times recognition quality; NaN when there is no instance on either side. */
  readonly quality: number;
  /** Mean IoU of matched instances; NaN when none matches. */
  readonly segmentation: number;
  /** F1 of the matching. */
  readonly recognition: number;
  /** Pairs of instances that match. */
  readonly truePositives: number;
  /** Predicted instances that match none. */
  readonly falsePositives: number;
  /** True instances that match none. */
  readonly falseNegatives: number;
}

const panopticQualityOptionNames: OptionNames<NonNullable<Parameters<typeof panopticQuality>[2]>> = { threshold: true };

/**
 * Panoptic quality of two instance maps of one class: instances match where their IoU is above 0.5, which no two can
 * share (Kirillov et al. 2019, eq. 1-2).
 *
 * prediction, truth: [pixels] instance numbers, 0 for none, such as `connectedComponents` gives. Throws RangeError when
 * shapes differ, a value is no non-negative integer or the threshold lies outside 0.5..1.
 *
 * @example panopticQuality(connectedComponents(a, grid).labels, connectedComponents(b, grid).labels).quality
 */
export function panopticQuality(
  prediction: Labels,
  truth: Labels,
  options: {
    /** IoU above which instances match, 0.5 to 1. Default 0.5. */
    readonly threshold?: number;
  } = {},
): PanopticQuality {
  requireOptions('panopticQuality', options, panopticQualityOptionNames);
  const { threshold = 0.5 } = options;
  if (!(threshold >= 0.5 && threshold < 1)) {
    throw new RangeError(`panopticQuality: threshold must lie in 0.5..1 so that matches are unique, got ${threshold}`);
  }
  checkSameLength('panopticQuality', ['prediction', 'truth'], prediction, truth);
  const predicted = sizesOf('prediction', prediction);
  const actual = sizesOf('truth', truth);
  const common = new Map<number, Map<number, number>>();
  for (let i = 0; i < truth.length; i++) {
    const p = prediction[i]!;
    const t = truth[i]!;
    if (p === 0 || t === 0) continue;
    let row = common.get(t);
    if (!row) {
      row = new Map();
      common.set(t, row);
    }
    row.set(p, (row.get(p) ?? 0) + 1);
  }
  let matches = 0;
  let sum = 0;
  for (const [t, row] of common) {
    for (const [p, both] of row) {
      const iou = both / (predicted.get(p)! + actual.get(t)! - both);
      if (iou <= threshold) continue;
      matches++;
      sum += iou;
    }
  }
  const falsePositives = predicted.size - matches;
  const falseNegatives = actual.size - matches;
  const weight = matches + falsePositives / 2 + falseNegatives / 2;
  return {
    quality: sum / weight,
    segmentation: sum / matches,
    recognition: matches / weight,
    truePositives: matches,
    falsePositives,
    falseNegatives,
  };
}

function sizesOf(name: string, instances: Labels): Map<number, number> {
  const sizes = new Map<number, number>();
  for (let i = 0; i < instances.length; i++) {
    const instance = instances[i]!;
    if (!(instance >= 0) || !Number.isInteger(instance)) {
      throw new RangeError(`panopticQuality: ${name}[${i}] is ${instance}; instances are integers of at least 0`);
    }
    if (instance > 0) sizes.set(instance, (sizes.get(instance) ?? 0) + 1);
  }
  return sizes;
}

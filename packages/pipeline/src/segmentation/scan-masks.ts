import { labelsOf, regionMasks } from '@medseg/datasets';
import type { Classes } from '../run/classes.ts';
import { labelMapOf } from './describe-labels.ts';
import type { ScanSegmentation } from './segment-scans.ts';

/** What masks are made of. */
export type MaskSource = Pick<ScanSegmentation, 'classes' | 'probability' | 'masks'>;

/** The mask of each class, 0 or 1 for each pixel: as members were fused, else where the probability is one half or more. */
export function scanMasks({ classes, probability, masks }: MaskSource): readonly Uint8Array[] {
  return masks ?? regionMasks(probability, classes);
}

/**
 * One mask with the label values of the data set, of one class 0 and 1. Of fused masks whose classes overlap as no label
 * does, a pixel has the label that differs in the fewest of them.
 */
export function scanLabels(source: MaskSource, classes: Classes): Uint8Array | Int32Array {
  const { classes: count, probability, masks } = source;
  if (count === 1) return scanMasks(source)[0]!;
  return labelsOf(masks ? votesOf(masks) : probability, labelMapOf(classes, count));
}

/** Masks as probabilities, the classes of a pixel side by side. Neither 0 nor 1: each class weighs alike where they conflict. */
function votesOf(masks: readonly Uint8Array[]): Float32Array {
  const count = masks.length;
  const votes = new Float32Array(masks[0]!.length * count);
  for (const [k, mask] of masks.entries())
    for (let i = 0; i < mask.length; i++) votes[i * count + k] = mask[i] ? 0.75 : 0.25;
  return votes;
}

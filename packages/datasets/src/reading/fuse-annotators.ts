import { type OptionNames, requireOptions } from '@medseg/arguments';
import { DataError } from '../data-error.ts';
import type { MaskLayer } from '../slicing/cut-mask.ts';
import type { AnnotatedBits } from './annotated.ts';
import { channelOf, emptyBits, ignoredBits, ignoredPixels, type MaskBits, withoutIgnored } from './mask-bits.ts';

/** Fuses several masks into one: takes the 0 and 1 of each annotator, returns the probability of each pixel. */
export type Fuser = (masks: Uint8Array[]) => ArrayLike<number>;

/**
 * How the masks of several annotators become one reference. `draw`: one of them, at random each epoch. `majority`: what
 * at least half of them marked. `mean`: the share of them. Or one annotator by name, or the result of a function, such
 * as STAPLE of `@medseg/metrics`.
 */
export type Annotators =
  | 'draw'
  | 'majority'
  | 'mean'
  | {
      /** The annotator's name, as the files give it. */
      name: string;
    }
  | {
      /** Makes one mask of all. */
      fuse: Fuser;
    };

const fuseAnnotatorsOptionNames: OptionNames<NonNullable<Parameters<typeof fuseAnnotators>[1]>> = {
  count: true,
  exclusive: true,
};

/**
 * The reference mask of a case: one layer, or for `draw` one per annotator. An annotator has no vote on a pixel that he
 * says to ignore; where none has a vote, or a function fuses and any of them has none, the pixel is ignored.
 *
 * Throws DataError when the case lacks the annotator named.
 *
 * @example fuseAnnotators(masks, { count: 1, exclusive: true }, { fuse: (all) => staple(all).probability }, 'case 1')
 */
export function fuseAnnotators(
  masks: readonly AnnotatedBits[],
  options: { count: number; exclusive: boolean },
  how: Annotators,
  id: string,
): MaskLayer[] {
  requireOptions('fuseAnnotators', options, fuseAnnotatorsOptionNames);
  const { count: classes, exclusive } = options;
  if (typeof how === 'object' && 'name' in how) {
    const found = masks.find(({ annotator }) => annotator === how.name);
    if (!found) {
      const names = masks.map(({ annotator }) => annotator ?? 'one without a name').join(', ');
      throw new DataError([
        { file: id, rule: `a case must have the annotator asked for, got ${names} and not ${how.name}` },
      ]);
    }
    return [layerOf(found.bits, classes)];
  }
  if (masks.length === 1 || how === 'draw') return masks.map(({ bits }) => layerOf(bits, classes));
  const abstentions = masks.map(({ bits }) => ignoredPixels(bits, classes));
  const wanted = typeof how === 'object' ? 1 : masks.length;
  const ignored = whereAtLeast(wanted, abstentions);
  const rest = ignored && { ignored };
  if (how === 'majority') return [{ bits: majority(masks, classes, exclusive), ...rest }];
  return [{ shares: how === 'mean' ? meanOf(masks, classes) : fusedBy(masks, classes, how.fuse, id), ...rest }];
}

/** One annotator's mask as it is. */
function layerOf(bits: MaskBits, classes: number): MaskLayer {
  const ignored = ignoredPixels(bits, classes);
  return ignored ? { bits: withoutIgnored(bits, classes), ignored } : { bits };
}

/** Where at least so many of the masks have a 1; undefined where that is nowhere. */
function whereAtLeast(count: number, masks: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
  const given = masks.filter((mask) => mask !== undefined);
  if (given.length < count) return undefined;
  const out = given[0]!.map((_, i) => (given.reduce((sum, mask) => sum + mask[i]!, 0) >= count ? 1 : 0));
  return out.includes(1) ? out : undefined;
}

function majority(masks: readonly AnnotatedBits[], classes: number, exclusive: boolean): MaskBits {
  const out = emptyBits(masks[0]!.bits.length, classes);
  const ignored = ignoredBits(classes);
  for (let i = 0; i < out.length; i++) {
    let pattern = 0;
    let most = 0;
    let voters = 0;
    for (const { bits } of masks) if (bits[i] !== ignored) voters++;
    for (let k = 0; k < classes && voters > 0; k++) {
      let votes = 0;
      for (const { bits } of masks) votes += (bits[i]! >>> k) & 1;
      if (2 * votes < voters) continue;
      // Two halves may each say another class: the first of the map has it.
      if (!exclusive) pattern |= 1 << k;
      else if (votes > most) pattern = 1 << k;
      most = Math.max(most, votes);
    }
    out[i] = pattern;
  }
  return out;
}

function meanOf(masks: readonly AnnotatedBits[], classes: number): Float32Array {
  const out = new Float32Array(masks[0]!.bits.length * classes);
  const ignored = ignoredBits(classes);
  for (let i = 0; i < out.length / classes; i++) {
    let voters = 0;
    for (const { bits } of masks) if (bits[i] !== ignored) voters++;
    for (const { bits } of masks)
      for (let k = 0; k < classes && voters > 0; k++) out[i * classes + k]! += ((bits[i]! >>> k) & 1) / voters;
  }
  return out;
}

function fusedBy(masks: readonly AnnotatedBits[], classes: number, fuse: Fuser, id: string): Float32Array {
  const length = masks[0]!.bits.length;
  const out = new Float32Array(length * classes);
  for (let k = 0; k < classes; k++) {
    const fused = fuse(masks.map(({ bits }) => channelOf(bits, k)));
    if (fused.length !== length)
      throw new RangeError(`fuse: must give a probability for each of ${length} pixels of ${id}, got ${fused.length}`);
    for (let i = 0; i < length; i++) out[i * classes + k] = fused[i]!;
  }
  return out;
}

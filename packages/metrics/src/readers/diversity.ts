import { checkMask, checkMembers, type Mask } from '../arrays.ts';
import { confusion } from '../overlap/confusion.ts';
import { minimumAssignment } from './assignment.ts';
import { type PackedMask, packedDice, packedIou, packMask } from './packed-masks.ts';

/**
 * Squared generalised energy distance between the model's hypotheses and the experts' masks, with distance 1 - IoU
 * (Székely & Rizzo 2013; Kohl et al. 2018, eq. 5): 0 where the two distributions are one, at most 2.
 *
 * samples: N masks, truths: M masks, all [pixels] in {0, 1}. Pairs of a mask with itself are counted, as in the paper;
 * two empty masks are at distance 0. Throws RangeError when either list is empty, shapes differ or a value is neither 0
 * nor 1.
 *
 * @example generalizedEnergyDistance(samples, [reader1, reader2, reader3, reader4])
 */
export function generalizedEnergyDistance(samples: readonly Mask[], truths: readonly Mask[]): number {
  checkHypotheses('generalizedEnergyDistance', samples, truths);
  return packedEnergyDistance(packed(samples), packed(truths));
}

/** {@link generalizedEnergyDistance} of masks that were checked and packed. */
export function packedEnergyDistance(samples: readonly PackedMask[], truths: readonly PackedMask[]): number {
  const spread = (a: readonly PackedMask[], b: readonly PackedMask[]): number =>
    mean(
      pairs(a, b, packedIou)
        .flat()
        .map((v) => 1 - v),
    );
  return 2 * spread(samples, truths) - spread(samples, samples) - spread(truths, truths);
}

/**
 * Maximum Dice matching: the mean over experts of the best Dice that any hypothesis reaches (Rahman et al. 2023), in
 * [0, 1].
 *
 * samples: N masks, truths: M masks, all [pixels] in {0, 1}. Two empty masks have Dice 1. Throws RangeError as
 * `generalizedEnergyDistance`.
 *
 * @example maximumDiceMatching(samples, [reader1, reader2])
 */
export function maximumDiceMatching(samples: readonly Mask[], truths: readonly Mask[]): number {
  checkHypotheses('maximumDiceMatching', samples, truths);
  return mean(pairs(packed(truths), packed(samples), packedDice).map((row) => Math.max(...row)));
}

/**
 * Hungarian-matched IoU: the mean IoU of the best one-to-one matching of hypotheses and experts (Kohl et al. 2019).
 *
 * samples: N masks, truths: M masks, all [pixels] in {0, 1}. Where N and M differ both are repeated to their least
 * common multiple, as the paper repeats its four experts to sixteen samples. Two empty masks have IoU 1. Throws
 * RangeError as `generalizedEnergyDistance`, and when the common multiple is above 2048.
 *
 * @example hungarianIou(samples, [reader1, reader2, reader3, reader4])
 */
export function hungarianIou(samples: readonly Mask[], truths: readonly Mask[]): number {
  checkHypotheses('hungarianIou', samples, truths);
  const size = leastCommonMultiple(samples.length, truths.length);
  if (size > MOST_MATCHED) {
    throw new RangeError(`hungarianIou: lists must repeat to at most ${MOST_MATCHED} masks, got ${size}`);
  }
  return packedHungarianIou(packed(samples), packed(truths));
}

/** Masks that are matched, at most: the time grows with their third power. */
const MOST_MATCHED = 2048;

/** {@link hungarianIou} of masks that were checked and packed; NaN where it would throw for their number. */
export function packedHungarianIou(samples: readonly PackedMask[], truths: readonly PackedMask[]): number {
  const size = leastCommonMultiple(samples.length, truths.length);
  if (size > MOST_MATCHED) return Number.NaN;
  const overlaps = pairs(samples, truths, packedIou);
  const overlap = (i: number, j: number): number => overlaps[i % samples.length]![j % truths.length]!;
  const cost = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => 1 - overlap(i, j)));
  return mean(minimumAssignment(cost).map((j, i) => overlap(i, j)));
}

/** The collective insight score and its three parts. */
export interface CollectiveInsight {
  /** The score made of the three. */
  readonly score: number;
  /** Sensitivity of the union of hypotheses for the union of the experts. */
  readonly combinedSensitivity: number;
  /** How well the best hypothesis meets each expert, on average. */
  readonly maximumDice: number;
  /** How alike hypotheses and experts spread, in [0, 1]. */
  readonly diversityAgreement: number;
}

/**
 * Collective insight: 3 S D A / (S + D + A) of combined sensitivity, maximum Dice matching and diversity agreement
 * (Rahman et al. 2023, section 4.2), in [0, 1].
 *
 * samples: N masks, truths: M masks, all [pixels] in {0, 1}. The agreement is 1 - (|ΔVmin| + |ΔVmax|) / 2, V being the
 * variance of the difference of each pair of one list (0 for a single mask). The combined sensitivity is 1 when both
 * unions are empty and 0 when only the experts' is. Throws RangeError as `generalizedEnergyDistance`.
 *
 * @example collectiveInsight(samples, [reader1, reader2]).score
 */
export function collectiveInsight(samples: readonly Mask[], truths: readonly Mask[]): CollectiveInsight {
  checkHypotheses('collectiveInsight', samples, truths);
  const { truePositives, falseNegatives, falsePositives } = confusion(union(samples), union(truths));
  const found = truePositives + falseNegatives;
  const combinedSensitivity = found > 0 ? truePositives / found : falsePositives === 0 ? 1 : 0;
  const maximumDice = maximumDiceMatching(samples, truths);
  const [low, high] = varianceRange(samples);
  const [trueLow, trueHigh] = varianceRange(truths);
  const diversityAgreement = 1 - (Math.abs(low - trueLow) + Math.abs(high - trueHigh)) / 2;
  const sum = combinedSensitivity + maximumDice + diversityAgreement;
  const score = sum === 0 ? 0 : (3 * combinedSensitivity * maximumDice * diversityAgreement) / sum;
  return { score, combinedSensitivity, maximumDice, diversityAgreement };
}

function checkHypotheses(asked: string, samples: readonly Mask[], truths: readonly Mask[]): void {
  const n = checkMembers(`${asked}: samples`, samples);
  const m = checkMembers(`${asked}: truths`, truths);
  if (n !== m) throw new RangeError(`${asked}: samples and truths must have the same shape, got ${n} and ${m} values`);
  for (const [j, mask] of samples.entries()) checkMask(asked, `samples[${j}]`, mask);
  for (const [j, mask] of truths.entries()) checkMask(asked, `truths[${j}]`, mask);
}

function packed(masks: readonly Mask[]): PackedMask[] {
  return masks.map((mask) => packMask(mask));
}

function pairs(
  a: readonly PackedMask[],
  b: readonly PackedMask[],
  overlap: (p: PackedMask, t: PackedMask) => number,
): number[][] {
  return a.map((p) => b.map((t) => overlap(p, t)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function union(masks: readonly Mask[]): Uint8Array {
  const all = new Uint8Array(masks[0]!.length);
  for (const mask of masks) for (let i = 0; i < all.length; i++) if (mask[i] === 1) all[i] = 1;
  return all;
}

/** The smallest and largest variance of the difference of two of the masks. */
function varianceRange(masks: readonly Mask[]): [number, number] {
  const variances: number[] = [];
  for (const [i, a] of masks.entries()) {
    for (const b of masks.slice(i + 1)) {
      const { falsePositives, falseNegatives } = confusion(a, b);
      const shift = (falsePositives - falseNegatives) / a.length;
      variances.push((falsePositives + falseNegatives) / a.length - shift ** 2);
    }
  }
  return variances.length === 0 ? [0, 0] : [Math.min(...variances), Math.max(...variances)];
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

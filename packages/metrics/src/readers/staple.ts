import { type OptionNames, requireOptions } from '@medseg/arguments';
import { checkCount, type Mask } from '../arrays.ts';
import { type VotePatterns, votePatterns } from './vote-patterns.ts';

/** Options of `staple`. */
export interface StapleOptions {
  /** Weight of the prior, which is the mean of all votes times this; 1 unless told (ITK's ConfidenceWeight). */
  readonly confidenceWeight?: number;
  /** EM stops once no sensitivity or specificity moves by more than this; 1e-7 unless told, as ITK. */
  readonly tolerance?: number;
  /** The most EM iterations; 1000 unless told. */
  readonly maxIterations?: number;
}

const stapleOptionNames: OptionNames<StapleOptions> = { confidenceWeight: true, tolerance: true, maxIterations: true };

/** What STAPLE estimates. */
export interface StapleResult {
  /** [pixels] probability that the pixel belongs to the hidden truth; `>= 0.5` is the fused mask. */
  readonly probability: Float64Array;
  /** Each member's estimated sensitivity; NaN where no pixel can be foreground. */
  readonly sensitivity: number[];
  /** Each member's estimated specificity; NaN where no pixel can be background. */
  readonly specificity: number[];
  /** Iterations done. */
  readonly iterations: number;
  /** Whether the tolerance was met before `maxIterations`. */
  readonly converged: boolean;
}

/**
 * Simultaneous truth and performance level estimation: EM over the hidden truth and each member's sensitivity and
 * specificity (Warfield et al. 2004, eq. 14-19), initialised, weighted and stopped as ITK's STAPLEImageFilter.
 *
 * members: N masks [pixels] in {0, 1}. Where every member agrees on every pixel the result is that member; a
 * pixel that the estimates call impossible keeps its last probability. Throws RangeError when there is no member,
 * shapes differ, a value is neither 0 nor 1 or an option is out of range.
 *
 * @example staple([Uint8Array.of(1, 1, 0), Uint8Array.of(1, 1, 0), Uint8Array.of(1, 0, 0)]).probability
 */
export function staple(members: readonly Mask[], options: StapleOptions = {}): StapleResult {
  requireOptions('staple', options, stapleOptionNames);
  const { confidenceWeight = 1, tolerance = 1e-7, maxIterations = 1000 } = options;
  if (!(confidenceWeight > 0))
    throw new RangeError(`staple: confidenceWeight must be above 0, got ${confidenceWeight}`);
  if (!(tolerance >= 0)) throw new RangeError(`staple: tolerance must be 0 or more, got ${tolerance}`);
  checkCount('staple', 'maxIterations', maxIterations);
  const patterns = votePatterns('staple', members, 2);
  const weights = voteShares(patterns, members.length);
  const prior = Math.min(1, confidenceWeight * weightedMean(weights, patterns.sizes));
  const sensitivity = new Float64Array(members.length).fill(Number.NEGATIVE_INFINITY);
  const specificity = new Float64Array(members.length).fill(Number.NEGATIVE_INFINITY);
  let iterations = 0;
  let converged = false;
  while (!converged && iterations < maxIterations) {
    const moved = estimatePerformance(patterns, weights, sensitivity, specificity);
    estimateTruth(patterns, prior, sensitivity, specificity, weights);
    iterations++;
    converged = moved <= tolerance;
  }
  const probability = new Float64Array(patterns.of.length);
  for (let i = 0; i < probability.length; i++) probability[i] = weights[patterns.of[i]!]!;
  return { probability, sensitivity: [...sensitivity], specificity: [...specificity], iterations, converged };
}

/** The share of members that say foreground, for each pattern. */
function voteShares(patterns: VotePatterns, members: number): Float64Array {
  const shares = new Float64Array(patterns.count);
  for (let k = 0; k < patterns.count; k++) {
    let votes = 0;
    for (let j = 0; j < members; j++) votes += patterns.labels[k * members + j]!;
    shares[k] = votes / members;
  }
  return shares;
}

function weightedMean(values: Float64Array, sizes: Float64Array): number {
  let sum = 0;
  let total = 0;
  for (let k = 0; k < values.length; k++) {
    sum += values[k]! * sizes[k]!;
    total += sizes[k]!;
  }
  return total === 0 ? 0 : sum / total;
}

/** The M step (eq. 18, 19), in place; returns the largest change of a parameter. */
function estimatePerformance(
  patterns: VotePatterns,
  weights: Float64Array,
  sensitivity: Float64Array,
  specificity: Float64Array,
): number {
  const members = sensitivity.length;
  const hits = new Float64Array(members);
  const rejections = new Float64Array(members);
  let foreground = 0;
  let background = 0;
  for (let k = 0; k < patterns.count; k++) {
    const inside = weights[k]! * patterns.sizes[k]!;
    const outside = (1 - weights[k]!) * patterns.sizes[k]!;
    foreground += inside;
    background += outside;
    for (let j = 0; j < members; j++) {
      if (patterns.labels[k * members + j] === 1) hits[j] = hits[j]! + inside;
      else rejections[j] = rejections[j]! + outside;
    }
  }
  let moved = 0;
  for (let j = 0; j < members; j++) {
    // NaN where there is nothing to be sensitive to; Math.max would carry it, so compare.
    const p = hits[j]! / foreground;
    const q = rejections[j]! / background;
    if (Math.abs(p - sensitivity[j]!) > moved) moved = Math.abs(p - sensitivity[j]!);
    if (Math.abs(q - specificity[j]!) > moved) moved = Math.abs(q - specificity[j]!);
    sensitivity[j] = p;
    specificity[j] = q;
  }
  return moved;
}

/** The E step (eq. 14-16), in place on the patterns' weights. */
function estimateTruth(
  patterns: VotePatterns,
  prior: number,
  sensitivity: Float64Array,
  specificity: Float64Array,
  weights: Float64Array,
): void {
  const members = sensitivity.length;
  for (let k = 0; k < patterns.count; k++) {
    let inside = prior;
    let outside = 1 - prior;
    for (let j = 0; j < members; j++) {
      const p = sensitivity[j]!;
      const q = specificity[j]!;
      const says = patterns.labels[k * members + j] === 1;
      inside *= says ? p : 1 - p;
      outside *= says ? 1 - q : q;
    }
    const either = inside + outside;
    if (either > 0) weights[k] = inside / either;
  }
}

import { type OptionNames, requireOptions } from '@medseg/arguments';
import { checkCount, type Labels } from '../arrays.ts';
import { type VotePatterns, votePatterns } from './vote-patterns.ts';

/** Options of `stapleLabels`. */
export interface StapleLabelsOptions {
  /** Number of classes, the background included; labels are 0..classes-1, at most 255 classes. */
  readonly classes: number;
  /** Prior probability of each class; how often all members chose it unless told. */
  readonly prior?: readonly number[];
  /** EM stops once no entry of a confusion matrix moves by as much; 1e-5 unless told, as ITK. */
  readonly tolerance?: number;
  /** The most EM iterations; 1000 unless told. */
  readonly maxIterations?: number;
  /** The label written where no class is likeliest; `classes` unless told, as ITK. */
  readonly undecided?: number;
}

const stapleLabelsOptionNames: OptionNames<StapleLabelsOptions> = {
  classes: true,
  prior: true,
  tolerance: true,
  maxIterations: true,
  undecided: true,
};

/** What multi-label STAPLE estimates. */
export interface StapleLabelsResult {
  /** [pixels] the likeliest class, or `undecided`. */
  readonly labels: Uint8Array;
  /** [pixels * classes] probability of each class, pixel by pixel; all 0 where the estimates allow none. */
  readonly probability: Float64Array;
  /** For each member, [said][true]: how likely it says the one where the truth is the other. */
  readonly confusion: number[][][];
  /** Iterations done. */
  readonly iterations: number;
  /** Whether the tolerance was met before `maxIterations`. */
  readonly converged: boolean;
}

/**
 * STAPLE for several labels: EM over the hidden truth and each member's confusion matrix (Warfield et al. 2004,
 * section IV; Rohlfing et al. 2004), initialised by majority voting and stopped as ITK's MultiLabelSTAPLEImageFilter.
 * Pixels without a majority are left out of the start; ITK 5.4 (SimpleITK 2.5) counts them in a neighbouring entry by
 * mistake, and may end elsewhere where they are many.
 *
 * members: N label maps [pixels] of integers in 0..classes-1. Throws RangeError when there is no member, shapes differ,
 * a label is outside the classes or an option is out of range.
 *
 * @example stapleLabels([reader1, reader2, reader3], { classes: 4 }).labels
 */
export function stapleLabels(members: readonly Labels[], options: StapleLabelsOptions): StapleLabelsResult {
  requireOptions('stapleLabels', options, stapleLabelsOptionNames);
  const { classes, tolerance = 1e-5, maxIterations = 1000, undecided = classes } = options;
  checkCount('stapleLabels', 'classes', classes, 2);
  checkCount('stapleLabels', 'maxIterations', maxIterations);
  checkCount('stapleLabels', 'undecided', undecided, 0);
  if (classes > 255 || undecided > 255) throw new RangeError('stapleLabels: classes and undecided are at most 255');
  if (!(tolerance >= 0)) throw new RangeError(`stapleLabels: tolerance must be 0 or more, got ${tolerance}`);
  const patterns = votePatterns('stapleLabels', members, classes);
  const prior = options.prior ?? voteShares(patterns, members.length, classes);
  if (prior.length !== classes || !prior.every((p) => p >= 0 && p <= 1)) {
    throw new RangeError(`stapleLabels: prior must hold ${classes} probabilities, got [${prior.join(', ')}]`);
  }
  let matrices = fromVoting(patterns, members.length, classes);
  let iterations = 0;
  let converged = false;
  while (!converged && iterations < maxIterations) {
    const weights = posterior(patterns, prior, matrices, classes);
    const next = normalised(tally(patterns, members.length, classes, weights), classes, 'truth');
    let moved = 0;
    for (const [j, matrix] of next.entries()) {
      for (let k = 0; k < matrix.length; k++) moved = Math.max(moved, Math.abs(matrix[k]! - matrices[j]![k]!));
    }
    matrices = next;
    iterations++;
    converged = moved < tolerance;
  }
  const weights = posterior(patterns, prior, matrices, classes);
  const winners = Array.from(patterns.sizes, (_, k) => winner(weights, k * classes, classes, undecided));
  const probability = new Float64Array(patterns.of.length * classes);
  const labels = new Uint8Array(patterns.of.length);
  for (let i = 0; i < labels.length; i++) {
    const k = patterns.of[i]!;
    labels[i] = winners[k]!;
    for (let c = 0; c < classes; c++) probability[i * classes + c] = weights[k * classes + c]!;
  }
  const confusion = matrices.map((matrix) =>
    Array.from({ length: classes }, (_, said) => [...matrix.subarray(said * classes, (said + 1) * classes)]),
  );
  return { labels, probability, confusion, iterations, converged };
}

function voteShares(patterns: VotePatterns, members: number, classes: number): number[] {
  const shares = new Array<number>(classes).fill(0);
  let total = 0;
  for (let k = 0; k < patterns.count; k++) {
    for (let j = 0; j < members; j++) {
      const label = patterns.labels[k * members + j]!;
      shares[label] = shares[label]! + patterns.sizes[k]!;
      total += patterns.sizes[k]!;
    }
  }
  return shares.map((share) => share / total);
}

/** Each member's confusion with the majority; pixels without one are left out. */
function fromVoting(patterns: VotePatterns, members: number, classes: number): Float64Array[] {
  const weights = new Float64Array(patterns.count * classes);
  for (let k = 0; k < patterns.count; k++) {
    const votes = new Float64Array(classes);
    for (let j = 0; j < members; j++) {
      const label = patterns.labels[k * members + j]!;
      votes[label] = votes[label]! + 1;
    }
    const label = winner(votes, 0, classes, -1);
    if (label >= 0) weights[k * classes + label] = 1;
  }
  // ITK starts from the rows: what the truth is where the member says so.
  return normalised(tally(patterns, members, classes, weights), classes, 'said');
}

/** For each member, [said * classes + true]: the pixels where it says one and the truth is the other. */
function tally(patterns: VotePatterns, members: number, classes: number, weights: Float64Array): Float64Array[] {
  const matrices = Array.from({ length: members }, () => new Float64Array(classes * classes));
  for (let k = 0; k < patterns.count; k++) {
    for (const [j, matrix] of matrices.entries()) {
      const row = patterns.labels[k * members + j]! * classes;
      for (let c = 0; c < classes; c++) {
        matrix[row + c] = matrix[row + c]! + weights[k * classes + c]! * patterns.sizes[k]!;
      }
    }
  }
  return matrices;
}

/** The matrices with each column (for each truth) or row (for each label said) summing to 1, or left at 0. */
function normalised(matrices: Float64Array[], classes: number, given: 'truth' | 'said'): Float64Array[] {
  const at = (a: number, b: number): number => (given === 'truth' ? b * classes + a : a * classes + b);
  for (const matrix of matrices) {
    for (let a = 0; a < classes; a++) {
      let sum = 0;
      for (let b = 0; b < classes; b++) sum += matrix[at(a, b)]!;
      if (sum > 0) for (let b = 0; b < classes; b++) matrix[at(a, b)] = matrix[at(a, b)]! / sum;
    }
  }
  return matrices;
}

/** The E step: [pattern * classes + class] probability of each class, all 0 where none is possible. */
function posterior(
  patterns: VotePatterns,
  prior: readonly number[],
  matrices: readonly Float64Array[],
  classes: number,
): Float64Array {
  const weights = new Float64Array(patterns.count * classes);
  for (let k = 0; k < patterns.count; k++) {
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      let weight = prior[c]!;
      for (const [j, matrix] of matrices.entries()) {
        weight *= matrix[patterns.labels[k * matrices.length + j]! * classes + c]!;
      }
      weights[k * classes + c] = weight;
      sum += weight;
    }
    if (sum > 0) for (let c = 0; c < classes; c++) weights[k * classes + c] = weights[k * classes + c]! / sum;
  }
  return weights;
}

/** The class of the single largest weight, or `none`. */
function winner(weights: Float64Array, start: number, classes: number, none: number): number {
  let best = none;
  let largest = 0;
  for (let c = 0; c < classes; c++) {
    const weight = weights[start + c]!;
    if (weight > largest) {
      largest = weight;
      best = c;
    } else if (weight === largest) best = none;
  }
  return best;
}

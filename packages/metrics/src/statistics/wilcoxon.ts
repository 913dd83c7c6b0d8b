import { requireList } from '@medseg/arguments';
/** What `wilcoxonSignedRank` reports. */
export interface WilcoxonResult {
  /** Sum of the ranks of differences above 0. */
  readonly positive: number;
  /** Sum of the ranks of differences below 0. */
  readonly negative: number;
  /** The smaller of both, as SciPy and the tables give it. */
  readonly statistic: number;
  /** Two-sided p-value. */
  readonly pValue: number;
  /** Pairs with a difference: those without are left out (Wilcoxon's own rule). */
  readonly pairs: number;
  /** `exact` up to 50 pairs, ties included, else the `normal` approximation. */
  readonly method: 'exact' | 'normal';
  /** Hodges-Lehmann estimate of the shift: the median of the means of every two differences; NaN without pairs. */
  readonly shift: number;
}

/**
 * Paired Wilcoxon signed-rank test of two runs on the same cases, two-sided (Wilcoxon 1945).
 *
 * a, b: one number for each case, in the same order; pairs with NaN on either side are left out. Equal differences share
 * their mean rank. Up to 50 pairs the p-value counts every assignment of signs, given the ties; above, the normal
 * approximation corrects for ties and not for continuity, as SciPy's `wilcoxon`. Without a difference anywhere p is 1.
 * Throws RangeError when lengths differ or a difference is not finite.
 *
 * @example wilcoxonSignedRank(dicesOfOneRun, dicesOfAnother).pValue
 */
export function wilcoxonSignedRank(a: ArrayLike<number>, b: ArrayLike<number>): WilcoxonResult {
  requireList('wilcoxonSignedRank: a', a);
  requireList('wilcoxonSignedRank: b', b);
  if (a.length !== b.length) {
    throw new RangeError(`wilcoxonSignedRank: both must have one value for each case, got ${a.length} and ${b.length}`);
  }
  const differences: number[] = [];
  const all: number[] = [];
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    if (Number.isNaN(a[i]!) || Number.isNaN(b[i]!)) continue;
    if (!Number.isFinite(difference)) {
      throw new RangeError(`wilcoxonSignedRank: differences must be finite, case ${i} has ${a[i]} and ${b[i]}`);
    }
    all.push(difference);
    if (difference !== 0) differences.push(difference);
  }
  differences.sort((x, y) => Math.abs(x) - Math.abs(y));
  const { ranks, tieTerm } = meanRanks(differences.map(Math.abs));
  let positive = 0;
  let negative = 0;
  for (const [i, difference] of differences.entries()) {
    if (difference > 0) positive += ranks[i]!;
    else negative += ranks[i]!;
  }
  const pairs = differences.length;
  const statistic = Math.min(positive, negative);
  const method = pairs <= 50 ? 'exact' : 'normal';
  const pValue = method === 'exact' ? exactP(ranks, statistic) : normalP(pairs, tieTerm, statistic);
  return { positive, negative, statistic, pValue, pairs, method, shift: hodgesLehmann(all) };
}

/** Ranks 1..n of ascending values, equal ones sharing their mean; and the sum of t³ - t over ties. */
function meanRanks(ascending: readonly number[]): { ranks: number[]; tieTerm: number } {
  const ranks: number[] = [];
  let tieTerm = 0;
  for (let start = 0; start < ascending.length; ) {
    let end = start;
    while (end < ascending.length && ascending[end] === ascending[start]) end++;
    const tied = end - start;
    for (let i = start; i < end; i++) ranks.push((start + 1 + end) / 2);
    tieTerm += tied ** 3 - tied;
    start = end;
  }
  return { ranks, tieTerm };
}

/** Share of all sign assignments whose smaller rank sum is as small, both tails. */
function exactP(ranks: readonly number[], statistic: number): number {
  // Mean ranks are halves, so twice a rank is an integer: ways[s] counts subsets whose doubled sum is s.
  const doubled = ranks.map((rank) => Math.round(2 * rank));
  const total = doubled.reduce((sum, rank) => sum + rank, 0);
  const ways = new Float64Array(total + 1);
  ways[0] = 1;
  let reached = 0;
  for (const rank of doubled) {
    reached += rank;
    for (let s = reached; s >= rank; s--) ways[s] = ways[s]! + ways[s - rank]!;
  }
  let below = 0;
  for (let s = 0; s <= Math.round(2 * statistic); s++) below += ways[s]!;
  return Math.min(1, (2 * below) / 2 ** ranks.length);
}

function normalP(pairs: number, tieTerm: number, statistic: number): number {
  const mean = (pairs * (pairs + 1)) / 4;
  const variance = (pairs * (pairs + 1) * (2 * pairs + 1)) / 24 - tieTerm / 48;
  return Math.min(1, complementaryError(Math.abs(statistic - mean) / Math.sqrt(2 * variance)));
}

/** erfc(x) for x >= 0: the series of erf below 3, the continued fraction above. */
function complementaryError(x: number): number {
  if (x < 3) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * sum && n < 200; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = x;
  for (let n = 60; n >= 1; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

function hodgesLehmann(differences: readonly number[]): number {
  const means: number[] = [];
  for (let i = 0; i < differences.length; i++) {
    for (let j = i; j < differences.length; j++) means.push((differences[i]! + differences[j]!) / 2);
  }
  means.sort((x, y) => x - y);
  const middle = means.length / 2;
  return means.length === 0 ? Number.NaN : (means[Math.ceil(middle) - 1]! + means[Math.floor(middle)]!) / 2;
}

import { type WilcoxonResult, wilcoxonSignedRank } from '../statistics/wilcoxon.ts';
import { METRICS, type Metric } from './metrics.ts';
import type { CaseScores } from './scores.ts';
import { type MeanInterval, meanInterval } from './summary.ts';

/** One metric of two runs on the same images; images where either has no value are left out of all of it. */
export interface PairedMetric {
  readonly metric: Metric;
  /** Means of the first run and of the other. */
  readonly first: number;
  readonly other: number;
  /** Mean of other - first over the images, with its bootstrap interval by patient. */
  readonly difference: MeanInterval;
  readonly patients: number;
  /** On the patients' mean differences: images of one patient depend on each other, and the test wants pairs that do not. */
  readonly byPatient: WilcoxonResult;
  /** On the images, for comparison with other programs. */
  readonly byImage: WilcoxonResult;
}

/**
 * Compares two runs on the same images, pair by pair, in every metric of `METRICS`; the seed decides the bootstrap.
 *
 * first, other: the scores of the same images in the same order (see `alignCases`). Throws RangeError when they are not.
 *
 * @example comparePaired(mine, others, { seed: 0 })[0].byPatient.pValue
 */
export function comparePaired(
  first: readonly CaseScores[],
  other: readonly CaseScores[],
  { seed }: { readonly seed: number },
): PairedMetric[] {
  if (other.length !== first.length) {
    throw new RangeError(`comparePaired: both must have as many images, got ${first.length} and ${other.length}`);
  }
  const odd = first.findIndex(({ id }, i) => id !== other[i]!.id);
  if (odd >= 0) {
    throw new RangeError(
      `comparePaired: image ${odd} must be the same in both, got ${first[odd]!.id} and ${other[odd]!.id}`,
    );
  }
  return METRICS.map((metric) => {
    const pairs = first
      .map((scores, i) => ({ patient: scores.patient, a: scores[metric.key], b: other[i]![metric.key] }))
      .filter(({ a, b }) => !Number.isNaN(a) && !Number.isNaN(b));
    const a = pairs.map((pair) => pair.a);
    const b = pairs.map((pair) => pair.b);
    const patients = pairs.map(({ patient }) => patient);
    const differences = pairs.map((pair) => pair.b - pair.a);
    const means = meansByPatient(differences, patients);
    return {
      metric,
      first: mean(a),
      other: mean(b),
      difference: meanInterval(differences, patients, seed),
      patients: means.length,
      byPatient: wilcoxonSignedRank(
        means,
        means.map(() => 0),
      ),
      byImage: wilcoxonSignedRank(b, a),
    };
  });
}

function meansByPatient(values: readonly number[], patients: readonly string[]): number[] {
  const groups = new Map<string, number[]>();
  for (const [i, patient] of patients.entries()) {
    const group = groups.get(patient);
    if (group) group.push(values[i]!);
    else groups.set(patient, [values[i]!]);
  }
  return [...groups.values()].map(mean);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

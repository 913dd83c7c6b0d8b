import { type OptionNames, requireOptions } from '@medseg/arguments';
import { type WilcoxonResult, wilcoxonSignedRank } from '../statistics/wilcoxon.ts';
import { ANNOTATOR_METRICS, type AnnotatorMetric, type AnnotatorResult } from './annotators.ts';
import { METRICS, type Metric } from './metrics.ts';
import { classNamesOf } from './same-cases.ts';
import type { CaseScores, ClassScores } from './scores.ts';
import { type MeanInterval, meanInterval } from './summary.ts';

/** Pairs without a difference, because a value is undefined; of several classes each is a pair of its own. */
export interface LeftOut {
  /** Pairs where only the first has no value. */
  readonly first: number;
  /** Pairs where only the other has none. */
  readonly other: number;
  /** Pairs where neither has one. */
  readonly both: number;
  /** Pairs of `both` whose truth is empty. */
  readonly absentInTruth: number;
  /** Pairs in all. */
  readonly of: number;
}

/**
 * One metric of two runs on the same images. Images where either has no value are left out of all of it; of several
 * classes an image's value is the mean over those that both have.
 */
export interface PairedMetric {
  /** The metric. */
  readonly metric: Metric | AnnotatorMetric;
  /** Means of the first run and of the other. */
  readonly first: number;
  /** Mean of the other run. */
  readonly other: number;
  /** Mean of other - first over the images, with its bootstrap interval by patient. */
  readonly difference: MeanInterval;
  /** Patients whose images have a value in both. */
  readonly patients: number;
  /** Pairs that are left out, and on whose side the value is undefined. */
  readonly leftOut: LeftOut;
  /** On the patients' mean differences: images of one patient depend on each other, and the test wants pairs that do not. */
  readonly byPatient: WilcoxonResult;
  /** On the images, for comparison with other programs. */
  readonly byImage: WilcoxonResult;
}

const comparePairedOptionNames: OptionNames<NonNullable<Parameters<typeof comparePaired>[2]>> = { seed: true };

/**
 * Compares two runs on the same images, pair by pair, in every metric of `METRICS`, and where images have several
 * annotators in those of `ANNOTATOR_METRICS`, on these images; the seed decides the bootstrap.
 *
 * first, other: the scores of the same images in the same order (see `alignCases`). Throws RangeError when they are not.
 *
 * @example comparePaired(mine, others, { seed: 0 })[0].byPatient.pValue
 */
export function comparePaired(
  first: readonly CaseScores[],
  other: readonly CaseScores[],
  options: { readonly seed: number },
): PairedMetric[] {
  requireOptions('comparePaired', options, comparePairedOptionNames);
  const { seed } = options;
  if (other.length !== first.length) {
    throw new RangeError(`comparePaired: both must have as many images, got ${first.length} and ${other.length}`);
  }
  const odd = first.findIndex(({ id }, i) => id !== other[i]!.id);
  if (odd >= 0) {
    throw new RangeError(
      `comparePaired: image ${odd} must be the same in both, got ${first[odd]!.id} and ${other[odd]!.id}`,
    );
  }
  const annotated = first.some(({ annotators }, i) => annotators && other[i]!.annotators);
  return [...METRICS, ...(annotated ? ANNOTATOR_METRICS : [])].map((metric) => {
    const leftOut = { first: 0, other: 0, both: 0, absentInTruth: 0, of: 0 };
    const pairs = first.flatMap((scores, i) => {
      const known = pairsOf(scores, other[i]!, metric, leftOut);
      if (known.length === 0) return [];
      return { patient: scores.patient, a: mean(known.map(({ a }) => a)), b: mean(known.map(({ b }) => b)) };
    });
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
      leftOut,
      byPatient: wilcoxonSignedRank(
        means,
        means.map(() => 0),
      ),
      byImage: wilcoxonSignedRank(b, a),
    };
  });
}

const compareWithAnchorOptionNames: OptionNames<NonNullable<Parameters<typeof compareWithAnchor>[1]>> = { seed: true };

/**
 * Compares the ensemble with its own anchor on the same cases, as {@link comparePaired} does, the anchor first; undefined
 * where a case has no scores of both.
 *
 * @example compareWithAnchor(results, { seed: 0 })?.[0]?.byPatient.pValue
 */
export function compareWithAnchor(
  results: readonly CaseScores[],
  options: { readonly seed: number },
): PairedMetric[] | undefined {
  requireOptions('compareWithAnchor', options, compareWithAnchorOptionNames);
  const { seed } = options;
  const anchors = results.flatMap((result): CaseScores[] => {
    const { id, patient, trueArea, anchor, classes, method, annotators } = result;
    if (method === 'anchor' || anchor === undefined || classes?.some((own) => own.anchor === undefined)) return [];
    const alone = classes?.map((own) => ({
      ...{ ...own.anchor!, name: own.name, trueArea: own.trueArea },
      annotators: anchorAlone(own.annotators),
    }));
    return [{ ...anchor, id, patient, trueArea, classes: alone, annotators: anchorAlone(annotators) }];
  });
  if (results.length === 0 || anchors.length < results.length) return undefined;
  return comparePaired(anchors, results, { seed });
}

/** What the anchor scores against several annotators, as the scores of a run of its own. */
function anchorAlone(annotators: AnnotatorResult | undefined): AnnotatorResult | undefined {
  return annotators?.anchor && { count: annotators.count, anchor: annotators.anchor };
}

/** The values of one image that both runs have, class by class; the others are counted. */
function pairsOf(
  first: CaseScores,
  other: CaseScores,
  metric: Metric | AnnotatorMetric,
  leftOut: { -readonly [Count in keyof LeftOut]: number },
): { a: number; b: number }[] {
  const own = first.classes ?? [first];
  const others = other.classes ?? [other];
  if (classNamesOf(first) !== classNamesOf(other)) {
    throw new RangeError(
      `comparePaired: image ${first.id} must have the same classes in both, got ${classNamesOf(first)} and ${classNamesOf(other)}`,
    );
  }
  return own.flatMap((scores, k) => {
    const [a, b] = [metricValue(scores, metric), metricValue(others[k]!, metric)];
    if (a === undefined || b === undefined) return []; // one annotator, whom these metrics are not for
    leftOut.of++;
    if (!Number.isNaN(a) && !Number.isNaN(b)) return { a, b };
    const side = !Number.isNaN(b) ? 'first' : !Number.isNaN(a) ? 'other' : 'both';
    leftOut[side]++;
    if (side === 'both' && scores.trueArea === 0) leftOut.absentInTruth++;
    return [];
  });
}

/** The value of a metric; undefined where it is for several annotators and the case has one. */
function metricValue(scores: CaseScores | ClassScores, metric: Metric | AnnotatorMetric): number | undefined {
  if ('of' in metric) return scores[metric.key];
  return (scores.annotators?.ensemble ?? scores.annotators?.anchor)?.[metric.key];
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

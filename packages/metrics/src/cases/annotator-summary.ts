import { type OptionNames, requireList, requireObject, requireOptions } from '@medseg/arguments';
import { plural } from '../plural.ts';
import { ANNOTATOR_METRICS, type AnnotatorMetric, type AnnotatorResult, type AnnotatorScores } from './annotators.ts';
import { formatValue, type TextTable } from './format.ts';
import type { CaseScores } from './scores.ts';
import { type MeanInterval, meanInterval } from './summary.ts';

/** Methods that are scored against annotators, in the order of tables. */
const METHODS = [
  { key: 'ensemble', name: 'diffusion ensemble' },
  { key: 'anchor', name: 'anchor head alone' },
] as const;

/** The mean of every metric of cases with several annotators. */
export type AnnotatorMeans = Readonly<Record<AnnotatorMetric['key'], MeanInterval>> & {
  /** Masks that the method offers the annotators, the fewest and the most of a case. */
  readonly samples: readonly [least: number, most: number];
};

/** Means over the cases with several annotators. */
export interface AnnotatorSummary {
  /** Cases with several annotators. */
  readonly images: number;
  /** Annotators of a case, the fewest and the most. */
  readonly annotators: readonly [least: number, most: number];
  /** Of the ensemble; undefined where it was not scored. */
  readonly ensemble?: AnnotatorMeans | undefined;
  /** Of the anchor head; undefined where it was not scored. */
  readonly anchor?: AnnotatorMeans | undefined;
}

const summariseAnnotatorsOptionNames: OptionNames<NonNullable<Parameters<typeof summariseAnnotators>[1]>> = {
  seed: true,
};

/**
 * Means over the cases with several annotators with 95 % bootstrap intervals by patient, as `summariseResults`; undefined
 * where no case has several.
 *
 * @example summariseAnnotators(results, { seed: 0 })?.ensemble?.ged // { estimate, low, high, images }
 */
export function summariseAnnotators(
  results: readonly CaseScores[],
  options: { readonly seed: number },
): AnnotatorSummary | undefined {
  requireOptions('summariseAnnotators', options, summariseAnnotatorsOptionNames);
  requireList('summariseAnnotators: results', results);
  const scored = annotatedIn(results);
  if (scored.length === 0) return undefined;
  const patients = scored.map(({ patient }) => patient);
  const entries = METHODS.filter(({ key }) => scored.every(({ annotators }) => annotators[key])).map(({ key }) => {
    const scores = scored.map(({ annotators }) => annotators[key]!);
    const means = ANNOTATOR_METRICS.map(({ key: metric }): [AnnotatorMetric['key'], MeanInterval] => [
      metric,
      meanInterval(
        scores.map((each) => each[metric]),
        patients,
        options.seed,
      ),
    ]);
    return [key, { samples: range(scores.map(({ samples }) => samples)), ...Object.fromEntries(means) }];
  });
  return {
    images: scored.length,
    annotators: range(scored.map(({ annotators }) => annotators.count)),
    ...Object.fromEntries(entries),
  };
}

/**
 * What stands below a table of means against several annotators: what was compared, and how the metrics are defined;
 * none where no case has several.
 *
 * @example annotatorNotes(results) // ['6 images with 7 annotators, 16 members; …', …]
 */
export function annotatorNotes(results: readonly CaseScores[]): string[] {
  requireList('annotatorNotes: results', results);
  const scored = annotatedIn(results);
  if (scored.length === 0) return [];
  const counts = range(scored.map(({ annotators }) => annotators.count));
  const of = scored.length === results.length ? String(scored.length) : `${scored.length} of ${results.length}`;
  const samplesOf = (key: 'ensemble' | 'anchor'): readonly AnnotatorScores[] =>
    scored.flatMap(({ annotators }) => annotators[key] ?? []);
  const [drawn, alone] = [samplesOf('ensemble'), samplesOf('anchor')];
  const [fewest, most] = range(drawn.map(({ samples }) => samples));
  const members = drawn.length > 0 ? `, ${fewest < most ? 'up to ' : ''}${plural(most, 'members')}` : '';
  const single = alone.length > 0 || drawn.some(({ samples }) => samples === 1);
  const unmatched = [...drawn, ...alone].filter(
    ({ ged, hungarianIou }) => !Number.isNaN(ged) && Number.isNaN(hungarianIou),
  ).length;
  const unknown = [...drawn, ...alone].filter(({ ged }) => Number.isNaN(ged)).length;
  return [
    `${of} images with ${counts[0] === counts[1] ? counts[0] : counts.join(' to ')} annotators${members}; the other metrics are against the majority of the annotators`,
    'GED: squared generalised energy distance with 1 - IoU, pairs of a mask with itself counted; lower with more members, so compare only equal numbers',
    ...(single ? ['a method with one mask has no spread: its GED is that of a single sample'] : []),
    ...(unmatched > 0
      ? [`Hungarian IoU has no value where members and annotators have no common multiple up to 2048: ${unmatched}`]
      : []),
    ...(unknown > 0 ? [`no value where no pixel counts for every annotator: ${unknown}`] : []),
  ];
}

/**
 * The table of means against several annotators, one row for each metric and a column for each method, with their
 * intervals; without rows where no case has several.
 *
 * @example annotatorTable(summariseAnnotators(results, { seed: 0 })).head // ['against each annotator', 'diffusion ensemble', …]
 */
export function annotatorTable(summary: AnnotatorSummary | undefined): TextTable {
  if (summary !== undefined) requireObject('annotatorTable: summary', summary, ['images', 'annotators']);
  const methods = METHODS.filter(({ key }) => summary?.[key] !== undefined);
  return {
    head: ['against each annotator', ...methods.map(({ name }) => name)],
    rows:
      methods.length === 0
        ? []
        : ANNOTATOR_METRICS.map((metric) => [
            metric.name,
            ...methods.map(({ key }) => {
              const { estimate, low, high } = summary![key]![metric.key];
              const mean = formatValue(metric, estimate);
              return Number.isNaN(low) ? mean : `${mean} [${formatValue(metric, low)}, ${formatValue(metric, high)}]`;
            }),
          ]),
  };
}

/**
 * The means of each class against several annotators, of the ensemble or, where it was not scored, the anchor; without
 * rows where there is one class or no case has several annotators.
 *
 * @example annotatorClassTable(results).head // ['class', 'Dice, each annotator', 'GED', 'Hungarian IoU']
 */
export function annotatorClassTable(results: readonly CaseScores[]): TextTable {
  requireList('annotatorClassTable: results', results);
  const names = results[0]?.classes?.map(({ name }) => name) ?? [];
  const scored = annotatedIn(results);
  return {
    head: ['class', ...ANNOTATOR_METRICS.map(({ name }) => name)],
    rows:
      scored.length === 0
        ? []
        : names.map((name, k) => [
            name,
            ...ANNOTATOR_METRICS.map((metric) => {
              const values = scored.flatMap(({ classes }) => {
                const own = classes?.[k]?.annotators;
                const value = (own?.ensemble ?? own?.anchor)?.[metric.key] ?? Number.NaN;
                return Number.isNaN(value) ? [] : [value];
              });
              return formatValue(metric, values.reduce((sum, value) => sum + value, 0) / values.length);
            }),
          ]),
  };
}

/** The results of cases with several annotators. */
function annotatedIn(results: readonly CaseScores[]): (CaseScores & { readonly annotators: AnnotatorResult })[] {
  return results.flatMap((result) => (result.annotators ? [{ ...result, annotators: result.annotators }] : []));
}

function range(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

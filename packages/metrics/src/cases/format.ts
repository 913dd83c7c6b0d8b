import { requireList, requireNumber, requireObject } from '@medseg/arguments';
import { classMeans } from './class-means.ts';
import { methodsIn } from './methods.ts';
import { METRICS, type Metric } from './metrics.ts';
import { missingText, sumMissing } from './missing.ts';
import type { CaseScores } from './scores.ts';
import type { ResultsSummary } from './summary.ts';

/** Unit of lengths: millimetres where the spacing is known. */
export type LengthUnit = 'px' | 'mm';

/**
 * The metric's name, with its unit where it is a distance.
 *
 * @example metricTitle(METRICS[2], 'mm') // Hausdorff 95 (mm)
 */
export function metricTitle(metric: Pick<Metric, 'name' | 'distance'>, unit: LengthUnit): string {
  requireObject('metricTitle: metric', metric, ['name']);
  const { name, distance } = metric;
  return distance ? `${name} (${unit})` : name;
}

/**
 * A value as tables print it, in the metric's digits; a dash where there is none.
 *
 * @example formatValue({ digits: 3 }, 0.91234) // '0.912'
 */
export function formatValue(metric: Pick<Metric, 'digits'>, value: number | undefined): string {
  requireObject('formatValue: metric', metric, ['digits']);
  const { digits } = metric;
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);
}

/**
 * A difference in the metric's digits, with its sign; none where it rounds to 0.
 *
 * @example formatSigned({ digits: 3 }, 0.0123) // '+0.012'
 */
export function formatSigned(metric: Pick<Metric, 'digits'>, value: number): string {
  requireObject('formatSigned: metric', metric, ['digits']);
  const text = formatValue(metric, value).replace(/^-(0(?:\.0+)?)$/, '$1');
  return Number(text) > 0 ? `+${text}` : text;
}

/**
 * A p-value in three digits, or that it is below 0.001; a dash where there was nothing to test.
 *
 * @example formatP(0.0312) // '0.031'
 */
export function formatP(p: number): string {
  requireNumber('formatP: p', p);
  if (Number.isNaN(p)) return '–';
  return p < 0.001 ? '<0.001' : p.toFixed(3);
}

/**
 * The notes below a table of means: how many values each leaves out, and why, one line per metric; none where every case
 * has every value. Of several classes each has a value of its own.
 *
 * @example missingNotes(summariseResults(results, { seed: 0 }), results.length)
 */
export function missingNotes(summary: ResultsSummary, images: number): string[] {
  requireObject('missingNotes: summary', summary, []);
  return METRICS.flatMap((metric) => {
    const left = methodsIn(summary)
      .filter(({ probabilities }) => probabilities || metric.of === 'mask')
      .map(({ key, name }) => ({ name, missing: summary[key]![metric.key].missing }))
      .filter(({ missing }) => sumMissing(missing) > 0);
    if (left.length === 0) return [];
    const counts = left.map(({ name, missing }) => {
      const unit = missing.of === images ? 'images' : 'values, one per image and class';
      return `${name} ${sumMissing(missing)} of ${missing.of} ${unit} (${missingText(missing)})`;
    });
    return [`${metric.name} has no value for some masks, which its mean leaves out: ${counts.join('; ')}`];
  });
}

/** Cells of text under a head. */
export interface TextTable {
  /** Titles of the columns. */
  readonly head: readonly string[];
  /** One list of cells for each row. */
  readonly rows: readonly (readonly string[])[];
}

/**
 * The table of classes: one row of means per class, where there are several classes; without rows where there is one.
 * `missed` counts the cases whose prediction lacks the class, of those whose truth has it; `spurious` the cases whose
 * prediction has it, of those whose truth does not.
 *
 * @example classTable(results, 'mm').rows[0] // ['left', '0.912', '0.841', '2.50', '0 of 3', '0 of 0']
 */
export function classTable(results: readonly CaseScores[], unit: LengthUnit): TextTable {
  requireList('classTable: results', results);
  const classes = classMeans(results);
  const shown = METRICS.filter(({ byClass }) => byClass);
  const dice = METRICS.find(({ key }) => key === 'dice')!;
  const anchored = classes[0]?.anchorDice !== undefined;
  return {
    head: [
      'class',
      ...shown.map((metric) => metricTitle(metric, unit)),
      ...['missed', 'spurious'],
      ...(anchored ? ['anchor Dice'] : []),
    ],
    rows: classes.map(({ name, means, missed, spurious, anchorDice }) => [
      name,
      ...shown.map((metric) => formatValue(metric, means[metric.key])),
      ...[missed, spurious].map(({ count, of }) => `${count} of ${of}`),
      ...(anchorDice === undefined ? [] : [formatValue(dice, anchorDice)]),
    ]),
  };
}

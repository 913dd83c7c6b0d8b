import { classMeans } from './class-means.ts';
import { methodsIn } from './methods.ts';
import { METRICS, type Metric } from './metrics.ts';
import type { CaseScores } from './scores.ts';
import type { ResultsSummary } from './summary.ts';

/** Unit of lengths: millimetres where the spacing is known. */
export type LengthUnit = 'px' | 'mm';

/**
 * The metric's name, with its unit where it is a distance.
 *
 * @example metricTitle(METRICS[2], 'mm') // Hausdorff 95 (mm)
 */
export function metricTitle({ name, distance }: Pick<Metric, 'name' | 'distance'>, unit: LengthUnit): string {
  return distance ? `${name} (${unit})` : name;
}

/**
 * A value as tables print it, in the metric's digits; a dash where there is none.
 *
 * @example formatValue({ digits: 3 }, 0.91234) // '0.912'
 */
export function formatValue({ digits }: Pick<Metric, 'digits'>, value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(digits);
}

/**
 * The notes below a table of means: which of them leave out cases, one line per metric; none where every case has every
 * value.
 *
 * @example missingNotes(summariseResults(results, { seed: 0 }), results.length)
 */
export function missingNotes(summary: ResultsSummary, images: number): string[] {
  return METRICS.flatMap((metric) => {
    const missing = methodsIn(summary)
      .filter(({ probabilities }) => probabilities || metric.of === 'mask')
      .map(({ key, name }) => ({ name, count: images - summary[key]![metric.key].images }))
      .filter(({ count }) => count > 0);
    if (missing.length === 0) return [];
    const counts = missing.map(({ name, count }) => `${name} ${count}`).join(', ');
    return [`${metric.name} has no value where a mask is empty; images left out: ${counts}`];
  });
}

/** Cells of text under a head. */
export interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * The table of classes: one row of means per class, where there are several classes; without rows where there is one.
 *
 * @example classTable(results, 'mm').rows[0] // ['left', '0.912', '0.841', '2.50']
 */
export function classTable(results: readonly CaseScores[], unit: LengthUnit): TextTable {
  const classes = classMeans(results);
  const shown = METRICS.filter(({ byClass }) => byClass);
  const dice = METRICS.find(({ key }) => key === 'dice')!;
  const anchored = classes[0]?.anchorDice !== undefined;
  return {
    head: ['class', ...shown.map((metric) => metricTitle(metric, unit)), ...(anchored ? ['anchor Dice'] : [])],
    rows: classes.map(({ name, means, anchorDice }) => [
      name,
      ...shown.map((metric) => formatValue(metric, means[metric.key])),
      ...(anchorDice === undefined ? [] : [formatValue(dice, anchorDice)]),
    ]),
  };
}

import {
  annotatorClassTable,
  annotatorTable,
  type CaseScores,
  classTable,
  formatValue,
  type LengthUnit,
  METRICS,
  type MeanInterval,
  type Metric,
  methodsIn,
  methodsOf,
  metricTitle,
  missingNotes,
  type ResultsSummary,
  summariseAnnotators,
} from '@medseg/metrics';
import { output } from '../terminal/output.ts';
import { alignColumns } from './align-columns.ts';

/** A mean and its interval: 0.912 [0.880, 0.931]. */
function intervalText(metric: Pick<Metric, 'digits'>, { estimate, low, high }: MeanInterval): string {
  const mean = formatValue(metric, estimate);
  return Number.isNaN(low) ? mean : `${mean} [${formatValue(metric, low)}, ${formatValue(metric, high)}]`;
}

/** The summary as aligned lines: one row per metric, one column per method. */
export function summaryLines(summary: ResultsSummary, unit: LengthUnit, width?: number): string[] {
  const methods = methodsIn(summary);
  const rows = METRICS.map((metric) => [
    metricTitle(metric, unit),
    ...methods.map(({ key }) => intervalText(metric, summary[key]![metric.key])),
  ]);
  return alignColumns([['mean [95 % interval]', ...methods.map(({ name }) => name)], ...rows], width);
}

/** Prints the summary and what its means leave out. */
export function printSummary(summary: ResultsSummary, results: readonly CaseScores[], unit: LengthUnit): void {
  output.result(summaryLines(summary, unit, output.width()));
  for (const note of missingNotes(summary, results.length)) output.result(`  ${note}`);
}

/** The means of each class as aligned lines, where there are several; none where there is one. */
export function classLines(results: readonly CaseScores[], unit: LengthUnit, width?: number): string[] {
  const { head, rows } = classTable(results, unit);
  return rows.length === 0 ? [] : alignColumns([head, ...rows], width);
}

/** The means against each of several annotators as aligned lines, and those of each class; none where no case has several. */
export function annotatorLines(results: readonly CaseScores[], seed: number, width?: number): string[] {
  const { head, rows } = annotatorTable(summariseAnnotators(results, { seed }));
  if (rows.length === 0) return [];
  const byClass = annotatorClassTable(results);
  return [
    ...alignColumns([head, ...rows], width),
    ...(byClass.rows.length === 0 ? [] : ['', ...alignColumns([byClass.head, ...byClass.rows], width)]),
  ];
}

/** One line per image, aligned: Dice and IoU, and the Dice of the baselines. */
export function perImageLines(results: readonly CaseScores[], width?: number): string[] {
  const baselines = methodsOf(results).filter(({ key }) => key !== 'ensemble');
  const rows = results.map((result) => [
    result.id,
    result.dice.toFixed(3),
    result.iou.toFixed(3),
    ...baselines.map(({ scoresOf }) => scoresOf(result)!.dice.toFixed(3)),
  ]);
  return alignColumns([['image', 'Dice', 'IoU', ...baselines.map(({ shortName }) => shortName)], ...rows], width);
}

import {
  formatValue,
  type LengthUnit,
  METRICS,
  type MethodKey,
  type Metric,
  methodName,
  methodsOf,
  titleOf,
} from './evaluation/metrics.ts';
import type { CaseScores } from './evaluation/scores.ts';
import type { MeanInterval, Summary } from './evaluation/summary.ts';
import { output } from './output.ts';

/** A mean and its interval: 0.912 [0.880, 0.931]. */
function intervalText(metric: Pick<Metric, 'digits'>, { estimate, low, high }: MeanInterval): string {
  const mean = formatValue(metric, estimate);
  return Number.isNaN(low) ? mean : `${mean} [${formatValue(metric, low)}, ${formatValue(metric, high)}]`;
}

/** The summary as aligned text: a row a metric, a column a method. */
export function summaryText(summary: Summary, unit: LengthUnit): string {
  const methods = methodsIn(summary);
  const rows = METRICS.map((metric) => [
    titleOf(metric, unit),
    ...methods.map((key) => intervalText(metric, summary[key]![metric.key])),
  ]);
  return alignColumns([['mean [95 % interval]', ...methods.map(methodName)], ...rows]);
}

/** The methods of a summary, in their order. */
export function methodsIn(summary: Summary): MethodKey[] {
  return Object.keys(summary) as MethodKey[];
}

/** Which means leave images out, one line each; none where every image has every value. */
export function missingNotes(summary: Summary, images: number): string[] {
  return METRICS.flatMap((metric) => {
    const missing = methodsIn(summary)
      .filter((key) => !(metric.key === 'ece' && key === 'otsu'))
      .map((key) => ({ name: methodName(key), count: images - summary[key]![metric.key].images }))
      .filter(({ count }) => count > 0);
    if (missing.length === 0) return [];
    const counts = missing.map(({ name, count }) => `${name} ${count}`).join(', ');
    return [`${metric.name} has no value where a mask is empty; images left out: ${counts}`];
  });
}

/** Prints the summary and what its means leave out. */
export function printSummary(summary: Summary, results: readonly CaseScores[], unit: LengthUnit): void {
  output.result(summaryText(summary, unit));
  for (const note of missingNotes(summary, results.length)) output.result(`  ${note}`);
}

/** The means of each class as text, where there are several; nothing where there is one. */
export function classesText(results: readonly CaseScores[], unit: LengthUnit): string {
  const { head, rows } = classMeans(results, unit);
  return rows.length === 0 ? '' : `\n${alignColumns([head, ...rows])}`;
}

/** A row a class with its means, where there are several classes. */
export function classMeans(
  results: readonly CaseScores[],
  unit: LengthUnit,
): { head: readonly string[]; rows: readonly (readonly string[])[] } {
  const names = results[0]?.classes?.map(({ name }) => name) ?? [];
  const shown = METRICS.filter(({ key }) => key === 'dice' || key === 'iou' || key === 'hausdorff95');
  const rows = names.map((name, k) => {
    const mean = (values: readonly number[]): number => {
      const known = values.filter((value) => !Number.isNaN(value));
      return known.reduce((sum, value) => sum + value, 0) / known.length;
    };
    const own = results.map(({ classes }) => classes![k]!);
    const anchors = own.flatMap(({ anchor }) => (anchor ? [anchor.dice] : []));
    return [
      name,
      ...shown.map((metric) => formatValue(metric, mean(own.map((scores) => scores[metric.key])))),
      ...(anchors.length > 0 ? [formatValue(shown[0]!, mean(anchors))] : []),
    ];
  });
  const head = ['class', ...shown.map((metric) => titleOf(metric, unit))];
  return { head: rows[0] && rows[0].length > head.length ? [...head, 'anchor Dice'] : head, rows };
}

/** Rows of cells under each other, two spaces between columns. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((row) => row[c]!.length)));
  return rows.map((row) => `  ${row.map((cell, c) => cell.padEnd(widths[c]!)).join('  ')}`.trimEnd()).join('\n');
}

/** One line an image, aligned: Dice and IoU, and the Dice of the baselines. */
export function perImageText(results: readonly CaseScores[]): string {
  const baselines = methodsOf(results).filter(({ key }) => key !== 'ensemble');
  const titles: Record<string, string> = { anchor: 'anchor', otsu: 'Otsu' };
  const rows = results.map((result) => [
    result.id,
    result.dice.toFixed(3),
    result.iou.toFixed(3),
    ...baselines.map(({ scoresOf }) => scoresOf(result)!.dice.toFixed(3)),
  ]);
  return alignColumns([['image', 'Dice', 'IoU', ...baselines.map(({ key }) => titles[key]!)], ...rows]);
}

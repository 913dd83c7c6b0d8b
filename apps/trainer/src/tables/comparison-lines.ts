import {
  formatP,
  formatSigned,
  formatValue,
  type LengthUnit,
  metricTitle,
  type PairedMetric,
  plural,
} from '@medseg/metrics';
import { alignColumns } from './align-columns.ts';

/** A paired comparison as aligned lines. */
export function comparisonLines(
  rows: readonly PairedMetric[],
  { first, other, unit, width }: { first: string; other: string; unit: LengthUnit; width?: number },
): string[] {
  const head = ['', 'A', 'B', 'B - A [95 % interval]', 'p', 'images', 'better'];
  const cells = rows.map(({ metric, first: a, other: b, difference, byPatient }) => {
    const { estimate, low, high, images } = difference;
    const interval = Number.isNaN(low) ? '' : ` [${formatSigned(metric, low)}, ${formatSigned(metric, high)}]`;
    return [
      metricTitle(metric, unit),
      formatValue(metric, a),
      formatValue(metric, b),
      `${formatSigned(metric, estimate)}${interval}`,
      images === 0 ? '–' : formatP(byPatient.pValue),
      String(images),
      metric.better,
    ];
  });
  const notes = rows.flatMap(leftOutNote).map((note) => `  ${note}`);
  return [`A: ${first}`, `B: ${other}`, ...alignColumns([head, ...cells], width), ...notes];
}

/** Which pairs a metric leaves out, where it leaves out any: how many, and on whose side its value is undefined. */
function leftOutNote({ metric, leftOut }: PairedMetric): string[] {
  const { first, other, both, absentInTruth, of } = leftOut;
  const sum = first + other + both;
  if (sum === 0) return [];
  const absent = absentInTruth > 0 ? ` (truth empty in ${absentInTruth})` : '';
  return [
    `${metric.name}: ${sum} of ${plural(of, 'pairs')} left out; undefined in A alone ${first}, in B alone ${other}, in both ${both}${absent}`,
  ];
}

/** The comparisons with a first run as JSON; NaN becomes null. */
export function comparisonJson(
  comparisons: readonly { readonly name: string; readonly metrics: readonly PairedMetric[] }[],
  about: { first: string; unit: LengthUnit; images: number; patients: number },
): string {
  const written = comparisons.map(({ name, metrics }) => ({
    other: name,
    metrics: Object.fromEntries(metrics.map(({ metric, ...rest }) => [metric.key, rest])),
  }));
  return `${JSON.stringify({ ...about, comparisons: written }, null, 2)}\n`;
}

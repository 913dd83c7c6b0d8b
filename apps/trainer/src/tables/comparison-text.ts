import { formatValue, type LengthUnit, metricTitle, type PairedMetric } from '@medseg/metrics';
import { alignColumns } from './results-table.ts';

/** A paired comparison as aligned text. */
export function comparisonText(
  rows: readonly PairedMetric[],
  { first, other, unit }: { first: string; other: string; unit: LengthUnit },
): string {
  const head = ['', 'A', 'B', 'B - A [95 % interval]', 'p', 'images', 'better'];
  const cells = rows.map(({ metric, first: a, other: b, difference, byPatient }) => {
    const { estimate, low, high, images } = difference;
    const interval = Number.isNaN(low) ? '' : ` [${signed(metric, low)}, ${signed(metric, high)}]`;
    return [
      metricTitle(metric, unit),
      formatValue(metric, a),
      formatValue(metric, b),
      `${signed(metric, estimate)}${interval}`,
      images === 0 ? '–' : formatP(byPatient.pValue),
      String(images),
      metric.better,
    ];
  });
  return [`A: ${first}`, `B: ${other}`, alignColumns([head, ...cells])].join('\n');
}

function signed(metric: PairedMetric['metric'], value: number): string {
  const text = formatValue(metric, value);
  return value > 0 ? `+${text}` : text.replace(/^-(0\.0+)$/, '$1');
}

function formatP(p: number): string {
  return p < 0.001 ? '<0.001' : p.toFixed(3);
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

import {
  formatP,
  formatSigned,
  formatValue,
  type LengthUnit,
  METRICS,
  type Metric,
  type MetricKey,
} from '@medseg/metrics';
import { alignColumns } from '../tables/align-columns.ts';
import type { SettingSummary } from './summary.ts';

/** Cells of text under a head. */
interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Metrics of the tables; the files of a study have all. */
const SHOWN: readonly MetricKey[] = ['dice', 'iou', 'hausdorff95', 'ece'];
const shown = (): Metric[] => METRICS.filter(({ key }) => SHOWN.includes(key));
/** Metrics of the table of differences. */
const COMPARED: readonly MetricKey[] = ['dice', 'ece'];

/** Columns that the tables of a study have at most. */
const WIDTH = 80;

/** Means of every setting, with the deviation over its trainings where it has several. */
export function meansTable(
  summaries: readonly SettingSummary[],
  { unit, time, name = (k) => String(k + 1) }: { unit: LengthUnit; time: TimeColumn; name?: (k: number) => string },
): TextTable {
  return {
    head: ['', ...shown().map((metric) => (metric.distance ? `HD95 (${unit})` : metric.name)), time.title],
    rows: summaries.map(({ means, deviations, seconds }, k) => [
      name(k),
      ...shown().map((metric) => {
        const deviation = deviations[metric.key];
        const mean = formatValue(metric, means?.[metric.key].estimate);
        return Number.isNaN(deviation) ? mean : `${mean} ± ${formatValue(metric, deviation)}`;
      }),
      Number.isNaN(seconds) ? '–' : time.text(seconds),
    ]),
  };
}

/** How a study shows its times. */
interface TimeColumn {
  readonly title: string;
  text(seconds: number): string;
}

/** What each setting differs by from the first one. */
export function differencesTable(
  summaries: readonly SettingSummary[],
  name: (k: number) => string = (k) => String(k + 1),
): TextTable {
  const metrics = METRICS.filter(({ key }) => COMPARED.includes(key));
  return {
    head: ['', ...metrics.flatMap((metric) => [`${metric.name} [95 % interval]`, 'p'])],
    rows: summaries.slice(1).map(({ comparison }, k) => [
      `${name(k + 1)} - ${name(0)}`,
      ...metrics.flatMap((metric) => {
        const row = comparison?.find((each) => each.metric.key === metric.key);
        if (row === undefined || row.difference.images === 0) return ['–', '–'];
        const { estimate, low, high } = row.difference;
        const interval = Number.isNaN(low) ? '' : ` [${formatSigned(metric, low)}, ${formatSigned(metric, high)}]`;
        return [`${formatSigned(metric, estimate)}${interval}`, formatP(row.byPatient.pValue)];
      }),
    ]),
  };
}

/** A table as lines of at most 80 columns. */
export function tableLines({ head, rows }: TextTable, width: number): string[] {
  return rows.length === 0 ? [] : alignColumns([head, ...rows], Math.min(WIDTH, width));
}

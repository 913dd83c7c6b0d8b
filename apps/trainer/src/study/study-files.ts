import { METRICS, type PairedMetric, toCsv } from '@medseg/metrics';
import { meansOf, type ScoredCell, type SettingSummary } from './summary.ts';

/** Columns that a study has beside its scores, of one cell. */
type Labels = Readonly<Record<string, string | number>>;

/** One row for each part of a study: its labels, how many it was scored on, the mean of each metric, and its time. */
export function studyCsv(
  cells: readonly { readonly labels: Labels; readonly scored: ScoredCell }[],
  seed: number,
): string {
  const labels = [...new Set(cells.flatMap(({ labels: own }) => Object.keys(own)))];
  return toCsv({
    columns: [...labels, 'images', 'patients', ...METRICS.map(({ key }) => key), 'seconds'],
    rows: cells.map(({ labels: own, scored: { evaluation, seconds } }) => {
      const means = meansOf(evaluation.images, seed);
      return [
        ...labels.map((label) => own[label] ?? ''),
        evaluation.images.length,
        new Set(evaluation.images.map(({ patient }) => patient)).size,
        ...METRICS.map(({ key }) => means[key].estimate),
        seconds,
      ];
    }),
  });
}

/** What a study found, as JSON; NaN becomes null. */
export function studyJson(about: object, summaries: readonly SettingSummary[]): string {
  const settings = summaries.map(({ name, cells, means, deviations, seconds, comparison }) => ({
    name,
    cells: cells.length,
    seconds,
    mean: means && Object.fromEntries(METRICS.map(({ key }) => [key, { ...means[key], deviation: deviations[key] }])),
    ...(comparison && { lessFirst: withoutMetric(comparison) }),
  }));
  return `${JSON.stringify({ ...about, settings }, null, 2)}\n`;
}

function withoutMetric(comparison: readonly PairedMetric[]): object {
  return Object.fromEntries(comparison.map(({ metric, ...rest }) => [metric.key, rest]));
}

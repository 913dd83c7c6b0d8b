import { toCsv } from '../statistics/table.ts';
import { methodsOf } from './methods.ts';
import { MAP_METRIC_LIST, METRICS } from './metrics.ts';
import type { CaseScores } from './scores.ts';

/**
 * The scores as CSV, one line per case: the ensemble's under their own names, the baselines' after `anchor_` and `otsu_`.
 *
 * @example await writeFile('scores.csv', casesCsv(results))
 */
export function casesCsv(results: readonly CaseScores[]): string {
  const keys = [...METRICS.map(({ key }) => key), 'area', 'confidence'] as const;
  const ofMaps = new Set<string>([...MAP_METRIC_LIST.map(({ key }) => key), 'confidence']);
  const columns = methodsOf(results).flatMap(({ key: method, probabilities, scoresOf }) =>
    keys
      .filter((key) => probabilities || !ofMaps.has(key))
      .map((key) => ({
        name: method === 'ensemble' ? key : `${method}_${key}`,
        value: (result: CaseScores): number => scoresOf(result)?.[key] ?? Number.NaN,
      })),
  );
  return toCsv({
    columns: ['image', 'patient', 'true_area', ...columns.map(({ name }) => name)],
    rows: results.map((result) => [
      result.id,
      result.patient,
      result.trueArea,
      ...columns.map(({ value }) => value(result)),
    ]),
  });
}

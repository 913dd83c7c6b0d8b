import { toCsv } from '@medseg/metrics';
import { METRICS, methodsOf } from './metrics.ts';
import type { CaseScores } from './scores.ts';

/** One line an image: the ensemble's scores under their own names, the baselines' after `anchor_` and `otsu_`. */
export function casesCsv(results: readonly CaseScores[]): string {
  const keys = [...METRICS.map(({ key }) => key), 'area', 'confidence'] as const;
  const columns = methodsOf(results).flatMap(({ key: method, scoresOf }) =>
    keys
      .filter((key) => method !== 'otsu' || (key !== 'ece' && key !== 'confidence')) // Otsu has no probabilities
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

import { requireList } from '@medseg/arguments';
import { toCsv } from '../statistics/table.ts';
import { methodsOf } from './methods.ts';
import { MAP_METRIC_LIST, METRICS } from './metrics.ts';
import type { CaseScores } from './scores.ts';

/**
 * The scores as CSV, one line per case: the ensemble's under their own names, the others' after `anchor_` and `otsu_`.
 * Where there are several classes, a column `class` follows `patient`, and the line of a case, whose class is empty and
 * whose scores are means over classes, is followed by one line per class.
 *
 * @example await writeFile('scores.csv', casesCsv(results))
 */
export function casesCsv(results: readonly CaseScores[]): string {
  requireList('casesCsv: results', results);
  const keys = [...METRICS.map(({ key }) => key), 'area', 'confidence'] as const;
  const ofMaps = new Set<string>([...MAP_METRIC_LIST.map(({ key }) => key), 'confidence']);
  const methods = methodsOf(results);
  const columns = methods.flatMap((method) =>
    keys
      .filter((key) => method.probabilities || !ofMaps.has(key))
      .map((key) => ({
        name: method.key === 'ensemble' ? key : `${method.key}_${key}`,
        value: (result: CaseScores): number => method.scoresOf(result)?.[key] ?? Number.NaN,
      })),
  );
  const classed = results.some(({ classes }) => classes !== undefined);
  const row = (result: CaseScores, name: string): (string | number)[] => [
    result.id,
    result.patient,
    ...(classed ? [name] : []),
    result.trueArea,
    ...columns.map(({ value }) => value(result)),
  ];
  return toCsv({
    columns: ['image', 'patient', ...(classed ? ['class'] : []), 'true_area', ...columns.map(({ name }) => name)],
    rows: results.flatMap((result) => [row(result, ''), ...perClass(result).map((own) => row(own, own.name))]),
  });
}

/** Each class of a case as a case of its own. */
function perClass({ id, patient, method, classes = [] }: CaseScores): (CaseScores & { name: string })[] {
  return classes.map((own) => ({ ...own, id, patient, method }));
}

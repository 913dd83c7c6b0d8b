import { requireList } from '@medseg/arguments';
import { toCsv } from '../statistics/table.ts';
import { ANNOTATOR_METRICS } from './annotators.ts';
import { methodsOf } from './methods.ts';
import { MAP_METRIC_LIST, METRICS } from './metrics.ts';
import type { CaseScores } from './scores.ts';

/**
 * The scores as CSV, one line per case: the ensemble's under their own names, the others' after `anchor_` and `otsu_`.
 * Where there are several classes, a column `class` follows `patient`, and the line of a case, whose class is empty and
 * whose scores are means over classes, is followed by one line per class. Where there are several annotators, their
 * number and what is scored against each of them come last: `annotators`, `annotator_dice`, `ged`, `hungarian_iou`, and
 * the anchor's.
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
  const readers = annotatorColumns(results);
  const row = (result: CaseScores, name: string): (string | number)[] => [
    result.id,
    result.patient,
    ...(classed ? [name] : []),
    result.trueArea,
    ...columns.map(({ value }) => value(result)),
    ...readers.map(({ value }) => value(result)),
  ];
  return toCsv({
    columns: [
      ...['image', 'patient', ...(classed ? ['class'] : []), 'true_area'],
      ...[...columns, ...readers].map(({ name }) => name),
    ],
    rows: results.flatMap((result) => [row(result, ''), ...perClass(result).map((own) => row(own, own.name))]),
  });
}

/** Names that CSV files have for the metrics of several annotators. */
const ANNOTATOR_COLUMNS = { annotatorDice: 'annotator_dice', ged: 'ged', hungarianIou: 'hungarian_iou' } as const;

/** What is scored against several annotators; nothing where no case has several. A case with one has NaN. */
function annotatorColumns(
  results: readonly CaseScores[],
): { readonly name: string; readonly value: (result: CaseScores) => number }[] {
  if (results.every(({ annotators }) => annotators === undefined)) return [];
  const methods = (['ensemble', 'anchor'] as const).filter((method) =>
    results.some(({ annotators }) => annotators?.[method] !== undefined),
  );
  return [
    { name: 'annotators', value: ({ annotators }) => annotators?.count ?? 1 },
    ...methods.flatMap((method) =>
      ANNOTATOR_METRICS.map(({ key }) => ({
        name: method === 'ensemble' ? ANNOTATOR_COLUMNS[key] : `${method}_${ANNOTATOR_COLUMNS[key]}`,
        value: ({ annotators }: CaseScores): number => annotators?.[method]?.[key] ?? Number.NaN,
      })),
    ),
  ];
}

/** Each class of a case as a case of its own. */
function perClass({ id, patient, method, classes = [] }: CaseScores): (CaseScores & { name: string })[] {
  return classes.map((own) => ({ ...own, id, patient, method }));
}

import { type Case, caseAnnotators, caseIgnored, caseTruth } from '@medseg/datasets';
import { readCase } from '@medseg/datasets/node';
import type { TruthCase } from '@medseg/pipeline';

/** Reads a case with its reference masks; of several annotators the majority is the truth, with each beside it. */
export async function loadTruth(c: Case): Promise<TruthCase> {
  const { scan, masks } = await readCase(c);
  const annotators = caseAnnotators({ masks }, c);
  return {
    ...{ id: c.id, patient: c.patient, scan, truth: caseTruth({ masks }, c), ignored: caseIgnored({ masks }, c) },
    ...(annotators && { annotators }),
  };
}

/** {@link loadTruth} of each case, when its turn comes. */
export async function* loadTruths(cases: readonly Case[]): AsyncGenerator<TruthCase> {
  for (const c of cases) yield await loadTruth(c);
}

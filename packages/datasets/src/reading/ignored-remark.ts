import { requireList } from '@medseg/arguments';
import type { Case } from '../case.ts';
import { summarizeCases } from './summarize-cases.ts';

/**
 * How many pixels of some cases are to be ignored, as a sentence; undefined where there are none, or no cases.
 *
 * Throws RangeError when a case has not been read by `checkCases`.
 *
 * @example ignoredRemark([]) // undefined
 */
export function ignoredRemark(cases: readonly Case[]): string | undefined {
  requireList('ignoredRemark: cases', cases);
  const ignored = cases.length > 0 ? summarizeCases(cases).ignored : undefined;
  if (!ignored) return undefined;
  const share = `${Number((ignored.share * 100).toPrecision(2))} %`;
  return `${ignored.pixels} pixels (${share}) of ${ignored.cases} of ${cases.length} masks have the label to ignore: they count in no loss and no score`;
}

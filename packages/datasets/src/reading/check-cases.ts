import type { Case, CaseFacts, DataProblem, DataRemark, Listing } from '../case.ts';
import type { Normalization } from '../slicing/normalize.ts';
import type { ReadScanOptions } from './decode-scan.ts';
import { measureCase } from './measure-case.ts';
import { problemsOf, readCase } from './read-case.ts';

export interface CheckOptions extends Omit<ReadScanOptions, 'onRemark'> {
  signal?: AbortSignal;
  /** Called after each case. */
  onCase?: (done: number, of: number) => void;
}

/**
 * Opens every file of a listing, records its `facts`, and moves cases that cannot be used to the problems:
 * broken or renamed files, a mask whose grid differs from its image's, a mask whose values are of no class, numbers
 * that are not finite, and images whose channel count differs from most others'. A mask without foreground is legal.
 *
 * What the files say of themselves is added to the listing's `remarks`.
 *
 * File system errors are rethrown, except for files that no longer exist.
 *
 * @example const cases = acceptCases(await checkCases(await listFolder(dir)), { skipInvalid: true })
 */
export async function checkCases(
  listing: Listing,
  { signal, onCase, ...options }: CheckOptions = {},
): Promise<Listing> {
  const { cases, problems, remarks = [], ...rest } = listing;
  const found: DataProblem[] = [...problems];
  const said: DataRemark[] = [...remarks];
  const readable: (Case & { facts: CaseFacts })[] = [];
  for (const [i, c] of cases.entries()) {
    signal?.throwIfAborted();
    try {
      const facts = measureCase(await readCase(c, { ...options, onRemark: (remark) => said.push(remark) }), c.classes);
      if (facts) readable.push({ ...c, facts });
      else
        found.push({
          file: c.images[0]!,
          rule: 'an image must have finite numbers, got NaN or infinity',
          patient: c.patient,
        });
    } catch (error) {
      found.push(...problemsOf(error).map((problem) => ({ ...problem, patient: c.patient })));
    }
    onCase?.(i + 1, cases.length);
  }
  const usual = mostFrequent(readable.map(({ facts }) => facts.channels));
  for (const { images, patient, facts } of readable) {
    if (facts.channels !== usual) {
      const rule = `all images must have the same channels, got ${facts.channels} where most have ${usual}`;
      found.push({ file: images[0]!, rule, patient });
    }
  }
  const kept = readable.filter(({ facts }) => facts.channels === usual);
  return {
    ...rest,
    normalization: rest.normalization ?? usualNormalization(kept),
    cases: kept,
    problems: found,
    ...(said.length > 0 && { remarks: said }),
  };
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [0, 0])[0];
}

/**
 * Volumes that reach far below 0 are CT in Hounsfield units. Images of 8-bit colours are photographs, except TIFF, which
 * colour cameras do not write. The rest is treated as MRI, whose intensities have no absolute scale.
 */
function usualNormalization(cases: readonly (Case & { facts: CaseFacts })[]): Normalization {
  const most = (test: (c: Case & { facts: CaseFacts }) => boolean): boolean =>
    cases.filter(test).length * 2 > cases.length;
  if (most(({ facts }) => facts.spacing !== undefined && facts.minimum <= -500)) return { mode: 'ct' };
  const isPhoto = ({ facts, images }: Case & { facts: CaseFacts }): boolean =>
    !facts.spacing && facts.channels === 3 && facts.dtype === 'uint8' && !/\.tiff?$/i.test(images[0]!);
  return { mode: most(isPhoto) ? 'photo' : 'mri' };
}

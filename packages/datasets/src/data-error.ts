import { type OptionNames, requireList, requireObject, requireOptions } from '@medseg/arguments';
import type { Case, DataProblem, Listing } from './case.ts';

/** A data set that cannot be used as it is. The message is one line that names the first file and the rule. */
export class DataError extends Error {
  override readonly name = 'DataError';
  /** All problems; the message names the first. */
  readonly problems: DataProblem[];

  /** `hint` says how to proceed and is appended to the message. */
  constructor(problems: DataProblem[], hint?: string) {
    requireList('DataError: problems', problems);
    const [first, ...others] = problems;
    const more = others.length > 0 ? ` (and ${others.length} more problem${others.length > 1 ? 's' : ''})` : '';
    super(`${first ? `${first.file}: ${first.rule}` : 'the data set is not usable'}${more}${hint ? `; ${hint}` : ''}`);
    this.problems = problems;
  }
}

const acceptCasesOptionNames: OptionNames<NonNullable<Parameters<typeof acceptCases>[1]>> = {
  skipInvalid: true,
  hint: true,
};

/**
 * Returns the cases of a listing if it has no problems, or if the caller accepts that bad files are left out.
 *
 * Throws DataError when there are problems and `skipInvalid` is false, and when no case is left. `hint` is for the
 * message, such as "use --skip-invalid to leave them out".
 *
 * @example const cases = acceptCases(await checkCases(await listLgg(dir)), { skipInvalid: true })
 */
export function acceptCases(
  listing: Listing,
  options: {
    /** Whether bad files are left out instead of refused. Default false. */
    skipInvalid?: boolean;
    /** How to proceed, at the end of the message. Default none. */
    hint?: string;
  } = {},
): Case[] {
  requireObject('acceptCases: listing', listing, ['cases', 'problems']);
  const { cases, problems } = listing;
  requireOptions('acceptCases', options, acceptCasesOptionNames);
  const { skipInvalid = false, hint } = options;
  if (cases.length === 0) {
    throw new DataError(problems.length > 0 ? problems : [{ file: '.', rule: 'the data set has no cases' }]);
  }
  if (problems.length > 0 && !skipInvalid) throw new DataError(problems, hint);
  return cases;
}

import { FormatError } from '@medseg/image-io';
import type { Case, DataProblem, Listing } from './case.ts';
import { DataError } from './data-error.ts';
import { loadOriginal } from './load-sample.ts';
import { measuredPixels } from './prepare.ts';

/**
 * Opens every file of a listing and moves cases that cannot be used to the problems: broken or renamed files, a mask
 * whose size differs from its image's, a mask with more than two values, numbers that are not finite, and images whose
 * channel count differs from most others'. A mask without foreground is legal.
 *
 * Errors of the file system other than a file that has vanished go through.
 *
 * @example const cases = acceptCases(await checkCases(await listFolder(dir)), { skipInvalid: true })
 */
export async function checkCases(
  { cases, problems }: Listing,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Listing> {
  const found: DataProblem[] = [...problems];
  const readable: { c: Case; channels: number }[] = [];
  for (const c of cases) {
    signal?.throwIfAborted();
    try {
      const { data, channels } = measuredPixels((await loadOriginal(c)).image);
      if (data.every(Number.isFinite)) readable.push({ c, channels });
      else found.push({ file: c.imagePath, rule: 'an image must have finite numbers, got NaN or infinity' });
    } catch (error) {
      found.push(...problemsOf(error));
    }
  }
  const counts = new Map<number, number>();
  for (const { channels } of readable) counts.set(channels, (counts.get(channels) ?? 0) + 1);
  const usual = [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [0, 0])[0];
  for (const { c, channels } of readable) {
    if (channels !== usual)
      found.push({
        file: c.imagePath,
        rule: `all images must have the same channels, got ${channels} where most have ${usual}`,
      });
  }
  return { cases: readable.filter(({ channels }) => channels === usual).map(({ c }) => c), problems: found };
}

/** What an error says about the data; throws it again when it is about something else. */
function problemsOf(error: unknown): DataProblem[] {
  if (error instanceof DataError) return error.problems;
  if (error instanceof FormatError) {
    const where = error.offset === undefined ? '' : ` (byte ${error.offset})`;
    return [{ file: error.file ?? '', rule: `${error.rule}${where}` }];
  }
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && path) return [{ file: path, rule: 'the file must exist' }];
  throw error;
}

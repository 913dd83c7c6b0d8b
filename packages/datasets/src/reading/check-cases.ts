import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import type { Case, CaseFacts, DataProblem, DataRemark, Listing } from '../case.ts';
import { groupNearDuplicates } from '../duplicates/group-cases.ts';
import { thumbnailOf } from '../duplicates/thumbnail.ts';
import type { Normalization } from '../slicing/normalize.ts';
import { compareMaskValues, comparePalettes, type FoundPalette, type FoundValues } from './compare-mask-values.ts';
import type { ReadScanOptions } from './decode-scan.ts';
import { invertedMasks } from './inverted-masks.ts';
import { measureCase } from './measure-case.ts';
import { patientsAlike } from './patients-alike.ts';
import { problemsOf, readCase } from './read-case.ts';

/** Options of {@link checkCases}. */
export interface CheckOptions extends Omit<ReadScanOptions, 'onRemark'> {
  /** Ends the check before the next case. Default none. */
  signal?: AbortSignal;
  /** Whether to look for images of different patients that are nearly the same; true unless given. */
  duplicates?: boolean;
  /** Called after each case. Default none. */
  onCase?: (done: number, of: number) => void;
}

const checkOptionNames: OptionNames<CheckOptions> = {
  signal: true,
  duplicates: true,
  onCase: true,
  series: true,
  maxFileBytes: true,
  kind: true,
};

/**
 * Opens every file of a listing, records its `facts`, and moves cases that cannot be used to the problems:
 * broken or renamed files, a mask whose grid differs from its image's, a mask whose values are of no class, infinite
 * intensities, masks without classes whose two values differ from those of the others or have their colours swapped,
 * palettes that give the colours of classes another order than others do, and images whose channel count
 * differs from most others'. A mask without foreground is legal, and so is NaN in an image, which means outside the
 * field of view and is remarked on.
 *
 * Images of different patients that are nearly the same (copies, also re-encoded, brighter, flipped, turned by right
 * angles, or moved by up to a tenth of their side) put their patients into one `group`, which no split separates.
 *
 * What the files say of themselves, and such images, are added to the listing's `remarks`.
 *
 * File system errors are rethrown, except for files that no longer exist.
 *
 * @example const cases = acceptCases(await checkCases(await listFolder(dir)), { skipInvalid: true })
 */
export async function checkCases(listing: Listing, given: CheckOptions = {}): Promise<Listing> {
  requireObject('checkCases: listing', listing, ['cases', 'problems']);
  requireOptions('checkCases', given, checkOptionNames);
  const { signal, onCase, duplicates = true, ...options } = given;
  const { cases, problems, remarks = [], ...rest } = listing;
  const found: DataProblem[] = [...problems];
  const said: DataRemark[] = [...remarks];
  const readable: (Case & { facts: CaseFacts })[] = [];
  const values: FoundValues[] = [];
  const palettes: FoundPalette[] = [];
  const thumbnails = new Map<string, Float32Array | undefined>();
  for (const [i, c] of cases.entries()) {
    signal?.throwIfAborted();
    try {
      const read = await readCase(c, {
        ...options,
        onRemark: (remark) => said.push(remark),
        onMaskValues: (file, found) => values.push({ file, ...found }),
        onPalette: (file, colours) => palettes.push({ file, colours }),
      });
      readable.push({ ...c, facts: measureCase(read, c.classes) });
      if (duplicates) thumbnails.set(c.id, thumbnailOf(read.scan));
    } catch (error) {
      found.push(...problemsOf(error).map((problem) => ({ ...problem, patient: c.patient })));
    }
    onCase?.(i + 1, cases.length);
  }
  const compared = compareMaskValues(values);
  const ofPalettes = comparePalettes(palettes);
  found.push(...compared.problems, ...ofPalettes);
  said.push(...compared.remarks);
  const disputed = new Set([...compared.problems, ...ofPalettes].map(({ file }) => file));
  const usual = mostFrequent(readable.map(({ facts }) => facts.channels));
  for (const { images, patient, facts } of readable) {
    if (facts.channels !== usual) {
      const rule = `all images must have the same channels, got ${facts.channels} where most have ${usual}`;
      found.push({ file: images[0]!, rule, patient });
    }
  }
  const kept = readable.filter(
    ({ facts, masks }) => facts.channels === usual && !masks.some(({ path }) => disputed.has(path)),
  );
  const grouped = groupNearDuplicates(
    kept,
    kept.map(({ id }) => thumbnails.get(id)),
  );
  said.push(...grouped.remarks, ...invertedMasks(kept), ...patientsAlike(kept));
  return {
    ...rest,
    normalization: rest.normalization ?? usualNormalization(kept),
    cases: grouped.cases,
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

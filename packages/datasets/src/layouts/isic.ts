import { join } from 'node:path';
import { requireOptions, requireText } from '@medseg/arguments';
import type { Case, DataProblem, DataRemark, Listing } from '../case.ts';
import { namesIn } from './file-names.ts';
import { filesByBaseName, type ListOptions, listOptionNames, pairByName } from './folder.ts';
import { listingOfParts, type Part, partOf } from './parts.ts';
import { patientFinder } from './patients.ts';
import { noFolder } from './walk.ts';

const isDermoscopy = (name: string): boolean => /^ISIC_\d+\.jpe?g$/i.test(name);
const isTruth = (name: string): boolean => /^ISIC_\d+_segmentation\.png$/i.test(name);

/**
 * Lists the lesion boundary tasks of the ISIC challenges of 2016, 2017 and 2018: `ISIC_0000000.jpg` with
 * `ISIC_0000000_segmentation.png`, in `images/` and `masks/` or in the challenge's own folders, `…_Data` or `…_Input`
 * and `…_GroundTruth`. The challenge's validation and test folders, where they have masks, become those parts.
 * Superpixels and attributes are left out. The archive does not name patients in its files: give `patients.csv`.
 *
 * Problems: as for paired folders. Images are not opened.
 *
 * @example const { cases, split } = await listIsic('ISIC2018')
 */
export async function listIsic(dir: string, options: ListOptions = {}): Promise<Listing> {
  requireText('listIsic: dir', dir);
  requireOptions('listIsic', options, listOptionNames);
  const problems: DataProblem[] = [];
  const folders = await namesIn(dir, 'folders', problems);
  if (!folders) return noFolder(dir);
  const remarks: DataRemark[] = [];
  const listed: { c: Case; part: Part | undefined }[] = [];
  const patients = await patientFinder(dir, options, problems);
  const shared = { patients, remarks, ...(options.classes && { classes: options.classes }) };
  for (const { images, masks, part } of pairsOf(folders)) {
    const [imageFiles, maskFiles] = [
      await filesByBaseName(join(dir, images), problems, isDermoscopy),
      await filesByBaseName(join(dir, masks), problems, isTruth),
    ];
    const named = { place: `${masks}/`, files: maskFiles ?? new Map<string, string>() };
    for (const c of pairByName(imageFiles ?? new Map(), named, shared, problems)) listed.push({ c, part });
  }
  patients.finish();
  if (listed.length === 0 && problems.length === 0) {
    const rule =
      'the ISIC layout needs ISIC_<number>.jpg and ISIC_<number>_segmentation.png in images/ and masks/ or in the folders of the challenge, found none';
    problems.push({ file: dir, rule });
  }
  return listingOfParts(listed, problems, {
    remarks,
    ...(options.classes && { classes: options.classes }),
    normalization: { mode: 'photo' },
  });
}

/** The folders of images, each with that of its masks. */
function pairsOf(folders: readonly string[]): { images: string; masks: string; part: Part | undefined }[] {
  const pairs =
    folders.includes('images') && folders.includes('masks')
      ? [{ images: 'images', masks: 'masks', part: undefined }]
      : [];
  const truths = folders.filter(
    (name) => /GroundTruth$/i.test(name) && !/Task2|Part2|Part3/i.test(name.replace('Task1-2', '')),
  );
  const own = folders
    .filter((name) => /(Data|Input)$/i.test(name))
    .flatMap((images) => {
      const masks = truths.find((name) => year(name) === year(images) && partOf(name) === partOf(images));
      return masks === undefined ? [] : [{ images, masks, part: partOf(images) }];
    });
  return [...pairs, ...own];
}

function year(name: string): string | undefined {
  return /20\d\d/.exec(name)?.[0];
}

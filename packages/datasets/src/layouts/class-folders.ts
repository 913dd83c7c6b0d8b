import { join } from 'node:path';
import { requireOptions, requireText } from '@medseg/arguments';
import type { Case, DataProblem, DataRemark, Listing } from '../case.ts';
import { compareNames } from './file-names.ts';
import { filesByBaseName, type ListOptions, listOptionNames, pairByName } from './folder.ts';
import { byLowerCase, isMaskName, ownerBySuffix } from './mask-names.ts';
import { type Part, partOf, splitOfParts } from './parts.ts';
import { patientFinder } from './patients.ts';
import { readClasses } from './read-classes.ts';
import { noFolder, walk } from './walk.ts';

/** Folders that are parts of a split, not classes such as `testicular`. */
const isPartFolder = /^(train(ing)?|val(id(ation)?)?|test(ing)?)$/i;

/** An image of a class folder. */
interface Found {
  stratum: string | undefined;
  part: Part | undefined;
}

/**
 * Lists images with their masks beside them, in folders by diagnosis as BUSI has them: `benign/benign (1).png` with
 * `benign/benign (1)_mask.png` and, where there are several lesions, `_mask_1`, `_mask_2`; also in `dir` itself and up to
 * three folders below it. Masks are named as in {@link listFolder}. The folder is the stratum, by which a split can be
 * spread evenly (`stratify: 'stratum'`); folders called train, validation and test become these parts. An image is
 * called after its file, or after its folder and its file where two folders have a file of one name. `patients.csv`,
 * `patientPattern` and `classes.json` are those of {@link listFolder}.
 *
 * Problems: an image without its mask, a mask without its image, two files of one base name. Images are not opened.
 *
 * @example const { cases } = await listClassFolders('Dataset_BUSI_with_GT')
 */
export async function listClassFolders(dir: string, options: ListOptions = {}): Promise<Listing> {
  requireText('listClassFolders: dir', dir);
  requireOptions('listClassFolders', options, listOptionNames);
  const problems: DataProblem[] = [];
  const folders = await walk(dir, 3, problems);
  if (!folders) return noFolder(dir);
  const remarks: DataRemark[] = [];
  const read: { files: Map<string, string>; names: string[] }[] = [];
  for (const { path, names } of folders) {
    const files = await filesByBaseName(path, problems);
    if (files && files.size > 0) read.push({ files, names });
  }
  const all = read.flatMap(({ files }) => [...files.keys()]);
  const isUnique = new Set(all).size === all.length;
  const images = new Map<string, string>();
  const masks = new Map<string, string>();
  const found = new Map<string, Found>();
  for (const { files, names } of read) {
    const prefix = isUnique ? '' : names.map((name) => `${name}_`).join('');
    const lowered = byLowerCase(files.keys());
    for (const [name, path] of files) {
      if (ownerBySuffix(name, files) ?? ownerBySuffix(name.toLowerCase(), lowered)) masks.set(`${prefix}${name}`, path);
      else if (isMaskName(name))
        problems.push({ file: path, rule: 'a mask must have its image beside it, found none of its name' });
      else {
        images.set(`${prefix}${name}`, path);
        const partName = names.find((each) => isPartFolder.test(each));
        const stratum = names.filter((each) => !isPartFolder.test(each)).at(-1);
        found.set(`${prefix}${name}`, { stratum, part: partName === undefined ? undefined : partOf(partName) });
      }
    }
  }
  if (images.size === 0 && problems.length === 0) {
    const rule = 'class folders need images with their masks beside them, x.png and x_mask.png, found none';
    problems.push({ file: dir, rule });
  }
  const classes = options.classes ?? (await readClasses(join(dir, 'classes.json')));
  const patients = await patientFinder(dir, options, problems);
  const shared = { patients, remarks, ...(classes && { classes }) };
  const paired = pairByName(images, { place: 'its own folder', files: masks }, shared, problems);
  patients.finish();
  const listed = paired.map((c) => {
    const { stratum, part } = found.get(c.id)!;
    return { c: { ...c, ...(stratum !== undefined && { stratum }) } satisfies Case, part };
  });
  listed.sort((a, b) => compareNames(a.c.id, b.c.id));
  const { split, remarks: ofParts } = splitOfParts(listed);
  remarks.push(...ofParts);
  return {
    cases: listed.map(({ c }) => c),
    problems,
    ...(remarks.length > 0 && { remarks }),
    ...(classes && { classes }),
    ...(split && { split }),
  };
}

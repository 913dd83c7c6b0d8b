import { type OptionNames, requireOptions, requireText } from '@medseg/arguments';
import type { Case, DataProblem, Listing } from '../case.ts';
import { type ClassMap, classMap } from '../class-map.ts';
import { baseName, compareNames, isVolumeName } from './file-names.ts';
import { filesByBaseName, type ListOptions } from './folder.ts';
import { noFolder, walk } from './walk.ts';

/** Labels 1 to 13 of BTCV (Landman et al. 2015). */
const organs: ClassMap = classMap({
  spleen: 1,
  'right kidney': 2,
  'left kidney': 3,
  gallbladder: 4,
  esophagus: 5,
  liver: 6,
  stomach: 7,
  aorta: 8,
  'inferior vena cava': 9,
  'portal and splenic veins': 10,
  pancreas: 11,
  'right adrenal gland': 12,
  'left adrenal gland': 13,
});

const pairs = [
  ['imagesTr', 'labelsTr'],
  ['img', 'label'],
  ['averaged-training-images', 'averaged-training-labels'],
  ['images', 'labels'],
] as const;

const listAbdomenOptionNames: OptionNames<Pick<ListOptions, 'classes'>> = { classes: true };

/**
 * Lists abdominal CT with organ labels as BTCV has them: volumes in `imagesTr/` and `labelsTr/`, `img/` and `label/`
 * (perhaps below `RawData/Training`), paired by their numbers, `img0001.nii.gz` with `label0001.nii.gz`. Thirteen organs
 * unless `classes` is given. Every volume is a patient.
 *
 * Problems: an image without its label and the other way round, two files of one number. Volumes are not opened.
 *
 * @example const { cases, classes } = await listAbdomen('BTCV')
 */
export async function listAbdomen(dir: string, options: Pick<ListOptions, 'classes'> = {}): Promise<Listing> {
  requireText('listAbdomen: dir', dir);
  requireOptions('listAbdomen', options, listAbdomenOptionNames);
  const { classes = organs } = options;
  const problems: DataProblem[] = [];
  const folders = await walk(dir, 3, problems);
  if (!folders) return noFolder(dir);
  const cases: Case[] = [];
  const byName = new Map(folders.map(({ path, names }) => [names.join('/'), path]));
  for (const { path, names } of folders) {
    const partner = pairs.find(([images]) => images === names.at(-1));
    const labels = partner && byName.get([...names.slice(0, -1), partner[1]].join('/'));
    if (!labels) continue;
    const imageFiles = await byNumber(path, problems);
    const labelFiles = await byNumber(labels, problems);
    for (const [number, image] of imageFiles) {
      const label = labelFiles.get(number);
      const id = baseName(image.slice(path.length + 1));
      if (label) cases.push({ id, patient: id, images: [image], masks: [{ path: label }], classes });
      else
        problems.push({
          file: image,
          rule: `a volume must have its labels in ${partner[1]}/, found none of number ${number}`,
          patient: id,
        });
    }
    for (const [number, file] of labelFiles)
      if (!imageFiles.has(number))
        problems.push({
          file,
          rule: `labels must have their volume in ${partner[0]}/, found none of number ${number}`,
        });
  }
  if (cases.length === 0 && problems.length === 0)
    problems.push({
      file: dir,
      rule: 'the abdomen layout needs volumes in imagesTr/ and labelsTr/, or img/ and label/, found none',
    });
  cases.sort((a, b) => compareNames(a.id, b.id));
  return { cases, problems, classes, normalization: { mode: 'ct' } };
}

/** Volumes of a folder by the last number in their names, or by the name where it has none. */
async function byNumber(folder: string, problems: DataProblem[]): Promise<Map<string, string>> {
  const files = (await filesByBaseName(folder, problems, isVolumeName)) ?? new Map<string, string>();
  const numbered = new Map<string, string>();
  for (const [name, path] of files) {
    const number = /(\d+)\D*$/.exec(name)?.[1] ?? name;
    const other = numbered.get(number);
    if (other) problems.push({ file: path, rule: `a folder must have one volume of a number, found ${other} too` });
    else numbered.set(number, path);
  }
  return numbered;
}

import { dirname, join } from 'node:path';
import { type OptionNames, requireOptions, requireText } from '@medseg/arguments';
import type { Case, DataProblem, Listing } from '../case.ts';
import { type ClassMap, checkClassMap, mostClasses } from '../class-map.ts';
import { DataError } from '../data-error.ts';
import { baseName, compareNames, isVolumeName } from './file-names.ts';
import type { ListOptions } from './folder.ts';
import { type Part, partOf, splitOfParts } from './parts.ts';
import { readClasses } from './read-classes.ts';
import { readText } from './read-json.ts';
import { readTable } from './read-table.ts';
import { type Folder, noFolder, walk } from './walk.ts';

/** A patient's folder: its scan and one file per class. */
interface Subject {
  id: string;
  folder: string;
  image: string;
  modality: string;
  /** Files by class. */
  masks: Map<string, string>;
}

const maskFolder = 'segmentations';

const listTotalSegmentatorOptionNames: OptionNames<Pick<ListOptions, 'classes'>> = { classes: true };

/**
 * Lists a tree with one file per class, as TotalSegmentator has it (Wasserthal et al. 2023): `s0001/ct.nii.gz` (or
 * `mri.nii.gz`) with `s0001/segmentations/liver.nii.gz` and so on, each of two values; up to two folders below `dir`.
 * Every folder is a patient. `meta.csv`, where it is there, says who is of the train, val and test part.
 *
 * Classes are the files, numbered in the order of their names from 1. Of more than 31, `classes` or `classes.json` must
 * choose: its names are those of the files, its values what results are written with. Where files of exclusive classes
 * overlap, the later class has the voxel.
 *
 * Problems: a subject without a file of a class, or without any; two of one name. Volumes are not opened.
 *
 * Throws DataError when `classes` has a name of no file, or several values for a class.
 *
 * @example const { cases, classes } = await listTotalSegmentator('Totalsegmentator_dataset_v201', { classes: classMap({ liver: 1, spleen: 2 }) })
 */
export async function listTotalSegmentator(dir: string, options: Pick<ListOptions, 'classes'> = {}): Promise<Listing> {
  requireText('listTotalSegmentator: dir', dir);
  requireOptions('listTotalSegmentator', options, listTotalSegmentatorOptionNames);
  const { classes: own } = options;
  const problems: DataProblem[] = [];
  const folders = await walk(dir, 4, problems);
  if (!folders) return noFolder(dir);
  const subjects = subjectsOf(folders, problems);
  const names = [...new Set(subjects.flatMap(({ masks }) => [...masks.keys()]))].sort(compareNames);
  if (subjects.length === 0) {
    const rule = `the TotalSegmentator layout needs folders with ct.nii.gz and ${maskFolder}/, found none`;
    return { cases: [], problems: [...problems, { file: dir, rule }] };
  }
  const classes = classesOf(own ?? (await readClasses(join(dir, 'classes.json'))), names, dir);
  if (!classes) {
    const rule = `a data set may have ${mostClasses} classes, found ${names.length}; name those to use as classes, such as ${names[0]}=1,${names[1]}=2`;
    return { cases: [], problems: [...problems, { file: dir, rule }] };
  }
  const parts = await readParts(subjects, dir);
  const listed: { c: Case; part: Part | undefined }[] = [];
  for (const { id, folder, image, masks } of subjects) {
    const missing = classes.names.filter((name) => !masks.has(name));
    if (missing.length > 0) {
      const rule = `a subject must have a file of each class, found no ${missing.join(', ')}`;
      problems.push({ file: join(folder, maskFolder), rule });
      continue;
    }
    const files = classes.names.map((ofClass) => ({ path: masks.get(ofClass)!, ofClass }));
    listed.push({ c: { id, patient: id, images: [image], masks: files, classes }, part: parts.get(id) });
  }
  const { split, remarks } = splitOfParts(listed);
  const isCt = subjects.filter(({ modality }) => modality === 'ct').length * 2 > subjects.length;
  return {
    cases: listed.map(({ c }) => c),
    problems,
    classes,
    normalization: { mode: isCt ? 'ct' : 'mri' },
    ...(split && { split }),
    ...(remarks.length > 0 && { remarks }),
  };
}

/** The folders that have a scan and segmentations, in the order of their names. */
function subjectsOf(folders: readonly Folder[], problems: DataProblem[]): Subject[] {
  const byPath = new Map(folders.map((folder) => [folder.path, folder]));
  const subjects = new Map<string, Subject>();
  for (const { path, names, files } of folders) {
    const image = files.find((file) => isVolumeName(file) && /^(ct|mri?)$/i.test(baseName(file)));
    const segmentations = byPath.get(join(path, maskFolder));
    const id = names.at(-1);
    if (image === undefined || !segmentations || id === undefined) continue;
    const masks = new Map<string, string>();
    for (const file of segmentations.files)
      if (isVolumeName(file)) masks.set(baseName(file), join(segmentations.path, file));
    const other = subjects.get(id);
    if (other) problems.push({ file: path, rule: `a subject must be there once, got ${id} also as ${other.folder}` });
    else if (masks.size === 0)
      problems.push({ file: segmentations.path, rule: 'a subject must have a file of each class, found none' });
    else {
      const modality = baseName(image).toLowerCase();
      subjects.set(id, { id, folder: path, image: join(path, image), modality, masks });
    }
  }
  return [...subjects.values()].sort((a, b) => compareNames(a.id, b.id));
}

/** The classes to use; undefined when there are too many and nobody has chosen. */
function classesOf(own: ClassMap | undefined, names: readonly string[], dir: string): ClassMap | undefined {
  if (!own) {
    if (names.length > mostClasses) return undefined;
    const classes = { names: [...names], values: names.map((_, k) => [k + 1]), exclusive: true };
    checkClassMap(classes);
    return classes;
  }
  const unknown = own.names.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    const rule = `classes must be names of files in ${maskFolder}/, got ${unknown.join(', ')}`;
    throw new DataError([{ file: dir, rule }]);
  }
  const several = own.names.find((_, k) => own.values[k]!.length !== 1);
  if (several !== undefined) {
    const rule = `a class that is a file must have one value, got ${own.values[own.names.indexOf(several)]!.join('+')} for ${several}`;
    throw new DataError([{ file: dir, rule }]);
  }
  return own;
}

/** Who is of which part, by the columns `image_id` and `split` of `meta.csv` in `dir` or beside the subjects. */
async function readParts(subjects: readonly Subject[], dir: string): Promise<Map<string, Part>> {
  const parts = new Map<string, Part>();
  for (const folder of new Set([dir, ...subjects.map((subject) => dirname(subject.folder))])) {
    const file = join(folder, 'meta.csv');
    if ((await readText(file)) === undefined) continue;
    for (const { fields, place } of await readTable(file)) {
      const id = fields.get('image_id');
      const split = fields.get('split');
      if (id === undefined || split === undefined) continue;
      const part = partOf(split);
      if (!part)
        throw new DataError([
          { file, rule: `split must be train, val or test, got ${JSON.stringify(split)} in ${place}` },
        ]);
      parts.set(id, part);
    }
  }
  return parts;
}

import { join } from 'node:path';
import { type OptionNames, requireOptions, requireText } from '@medseg/arguments';
import type { Case, DataProblem, Listing } from '../case.ts';
import { type ClassMap, classMap } from '../class-map.ts';
import { compareNames } from './file-names.ts';
import type { ListOptions } from './folder.ts';
import { noFolder, walk } from './walk.ts';

/** Options of {@link listBrats}. */
export interface BratsOptions extends Pick<ListOptions, 'classes'> {
  /** Three overlapping regions, WT, TC and ET, instead of three classes. Default false. */
  regions?: boolean;
}

const bratsOptionNames: OptionNames<BratsOptions> = { regions: true, classes: true };

const fileName = /^(.+?)[_-](flair|t1ce|t1c|t1n|t1|t2w|t2f|t2|seg)(?:[_-](\d+))?\.(nii|nii\.gz|png|tiff?|jpe?g|bmp)$/i;

/** The channels of an image, and what they are called until 2021 and since 2023. */
const modalities = [
  ['t1', 't1n'],
  ['t1ce', 't1c'],
  ['t2', 't2w'],
  ['flair', 't2f'],
] as const;

const classesUntil2021: ClassMap = classMap({ necrosis: 1, edema: 2, enhancing: 4 });
const classesSince2023: ClassMap = classMap({ necrosis: 1, edema: 2, enhancing: 3 });
const regionsUntil2021: ClassMap = classMap({ WT: [1, 2, 4], TC: [1, 4], ET: 4 });
const regionsSince2023: ClassMap = classMap({ WT: [1, 2, 3], TC: [1, 3], ET: 3 });

/**
 * Lists BraTS: a folder a case with `…_t1`, `…_t1ce`, `…_t2`, `…_flair` and `…_seg` as NIfTI (2020, 2021: labels 1, 2
 * and 4), or `…-t1n`, `-t1c`, `-t2w`, `-t2f`, `-seg` (since 2023: labels 1, 2 and 3), at any depth. Slices saved as
 * images, `…_flair_80.png`, are cases of their patient. The four modalities are the channels, in this order.
 *
 * `…-00012-001` is the second visit of patient `…-00012`; else a case is a patient.
 *
 * Problems: a case without one of its files, cases of both namings in one folder. Files are not opened.
 *
 * @example const { cases, classes } = await listBrats('BraTS2021', { regions: true }) // WT, TC, ET
 */
export async function listBrats(dir: string, options: BratsOptions = {}): Promise<Listing> {
  requireText('listBrats: dir', dir);
  requireOptions('listBrats', options, bratsOptionNames);
  const { regions = false, classes: own } = options;
  const problems: DataProblem[] = [];
  const folders = await walk(dir, 4, problems);
  if (!folders) return noFolder(dir);
  const found = new Map<string, { folder: string; files: Map<string, string> }>();
  for (const { path, files } of folders) {
    for (const file of files) {
      const [, prefix, kind, slice] = fileName.exec(file) ?? [];
      if (prefix === undefined || kind === undefined) continue;
      const id = slice === undefined ? prefix : `${prefix}_${slice}`;
      const entry = found.get(id) ?? { folder: path, files: new Map<string, string>() };
      entry.files.set(kind.toLowerCase(), join(path, file));
      found.set(id, entry);
    }
  }
  const isNew = [...found.values()].some(({ files }) => files.has('t1n') || files.has('t2f'));
  const classes =
    own ?? (isNew ? (regions ? regionsSince2023 : classesSince2023) : regions ? regionsUntil2021 : classesUntil2021);
  const cases: Case[] = [];
  for (const [id, { folder, files }] of [...found].sort(([a], [b]) => compareNames(a, b))) {
    const images = modalities.map((names) => files.get(names[isNew ? 1 : 0]));
    const mask = files.get('seg');
    const missing = [...modalities.map((names) => names[isNew ? 1 : 0]), 'seg'].filter((name) => !files.has(name));
    if (missing.length > 0 || mask === undefined) {
      problems.push({
        file: folder,
        rule: `a BraTS case must have its four modalities and seg, found no ${missing.join(', ')} of ${id}`,
        patient: patientOf(id),
      });
      continue;
    }
    cases.push({ id, patient: patientOf(id), images: images as string[], masks: [{ path: mask }], classes });
  }
  if (found.size === 0)
    problems.push({
      file: dir,
      rule: 'the BraTS layout needs folders with …_flair.nii.gz or …-t2f.nii.gz, found none',
    });
  return { cases, problems, classes, normalization: { mode: 'mri' } };
}

/** `BraTS-GLI-00012-001` and slices `BraTS20_Training_001_80` are of the patient before the last number. */
function patientOf(id: string): string {
  return /^(BraTS-[A-Z]+-\d{4,5})-\d{3}(?:_\d+)?$/i.exec(id)?.[1] ?? /^(.+_\d{3,5})_\d+$/.exec(id)?.[1] ?? id;
}

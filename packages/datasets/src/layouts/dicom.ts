import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeDicomSegmentation, FormatError } from '@medseg/image-io';
import type { Case, DataProblem, Listing } from '../case.ts';
import type { ClassMap } from '../class-map.ts';
import { dicomKind } from './dicom-kind.ts';
import { namesIn } from './file-names.ts';
import type { ListOptions } from './folder.ts';
import { noFolder, walk } from './walk.ts';

/**
 * Lists DICOM folders: `DIR/<patient>/…`, anywhere below it one folder with the files of a series, and one or more
 * DICOM SEG files, one per annotator, named after the file. Of several series the one in a folder called `image` or
 * `images` is used. `DIR` may be the folder of one patient itself. Classes are the segments of the first SEG, by name;
 * segments may overlap.
 *
 * Files are told apart by their first kilobyte: images, segmentations (binary, fractional or label maps), and what lies
 * beside them (RTSTRUCT, DICOMDIR, reports), which is left out. Apart from the first SEG, files are not read further, and
 * no patient field is read: patients are named after their folders.
 *
 * Problems: a patient without a series, with several, or without a SEG.
 *
 * @example const { cases, classes } = await listDicom('LIDC')
 */
export async function listDicom(dir: string, { classes: own }: Pick<ListOptions, 'classes'> = {}): Promise<Listing> {
  const folders = await namesIn(dir, 'folders');
  if (!folders) return noFolder(dir);
  const problems: DataProblem[] = [];
  const cases: Case[] = [];
  const single = await caseIn(dir, nameOf(dir));
  const isOne = 'images' in single && (folders.length === 0 || folders.some((name) => seriesName.test(name)));
  const found = isOne ? [single] : await Promise.all(folders.map((name) => caseIn(join(dir, name), name)));
  for (const each of found) {
    if ('images' in each) cases.push(each);
    else if (each.rule !== undefined) problems.push({ file: each.file, rule: each.rule, patient: nameOf(each.file) });
  }
  const classes = own ?? (await classesOf(cases, problems));
  if (cases.length === 0 && problems.length === 0)
    problems.push({ file: dir, rule: 'the DICOM layout needs <patient>/ with a series and a SEG, found none' });
  return {
    cases: classes ? cases.map((c) => ({ ...c, classes })) : cases,
    problems,
    ...(classes && { classes }),
  };
}

const seriesName = /^(images?|series|ct|mr|dicom)$/i;

/** Names of DICOM files: a known ending, none, or the last number of a UID. */
const MAY_BE_DICOM = /\.(dcm|dicom|seg|ima|\d+)$|^[^.]+$/i;

/** The case of a patient's folder, or what is wrong with it; no rule when it has no DICOM file at all. */
async function caseIn(folder: string, id: string): Promise<Case | { file: string; rule?: string }> {
  const series: { path: string; name: string }[] = [];
  const masks: Case['masks'] = [];
  for (const { path, names, files } of (await walk(folder, 4)) ?? []) {
    let hasImages = false;
    for (const [i, file] of files.entries()) {
      if (!MAY_BE_DICOM.test(file)) continue;
      // A long series is recognised by its first files; a SEG among them by its name.
      if (hasImages && i > 4 && !/seg/i.test(file)) continue;
      const kind = await dicomKind(join(path, file));
      if (kind === 'segmentation') masks.push({ path: join(path, file), annotator: file.replace(/\.[a-z]+$/i, '') });
      else if (kind === 'image') hasImages = true;
    }
    if (hasImages) series.push({ path, name: names.at(-1) ?? '' });
  }
  if (series.length === 0 && masks.length === 0) return { file: folder };
  const chosen = series.length === 1 ? series[0] : series.find(({ name }) => /^images?$/i.test(name));
  if (!chosen) {
    const got = series.length === 0 ? 'none' : series.map(({ path }) => path).join(', ');
    return { file: folder, rule: `a patient must have one folder with a DICOM series, got ${got}` };
  }
  if (masks.length === 0) return { file: folder, rule: 'a patient must have a DICOM SEG of the series, found none' };
  if (
    masks.some(
      ({ path }) => path.startsWith(join(chosen.path, '')) && path.slice(chosen.path.length + 1).indexOf('/') < 0,
    )
  )
    return { file: folder, rule: 'the DICOM SEG must be in another folder than the series' };
  return {
    id,
    patient: id,
    images: [chosen.path],
    masks: masks.length === 1 ? [{ path: masks[0]!.path }] : masks,
  };
}

/** The segments of the first SEG; regions, since segments may overlap. */
async function classesOf(cases: readonly Case[], problems: DataProblem[]): Promise<ClassMap | undefined> {
  const file = cases[0]?.masks[0]?.path;
  if (file === undefined) return undefined;
  try {
    const { segments } = await decodeDicomSegmentation(await readFile(file), file);
    const names = segments.map(({ label, number }) => label || `segment ${number}`);
    const isDistinct = new Set(names).size === names.length;
    return {
      names: isDistinct ? names : segments.map(({ number }) => `segment ${number}`),
      values: segments.map(({ number }) => [number]),
      exclusive: segments.length === 1,
    };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    problems.push({ file, rule: error.rule });
    return undefined;
  }
}

function nameOf(dir: string): string {
  return (
    dir
      .replace(/[/\\]+$/, '')
      .split(/[/\\]/)
      .at(-1) || 'patient'
  );
}

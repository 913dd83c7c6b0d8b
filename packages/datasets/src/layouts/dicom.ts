import { join } from 'node:path';
import { type OptionNames, requireOptions, requireText } from '@medseg/arguments';
import type { DataProblem, Listing } from '../case.ts';
import { classesOfSegments } from './dicom-classes.ts';
import { type FoundPatient, findPatient } from './dicom-patient.ts';
import { namesIn } from './file-names.ts';
import type { ListOptions } from './folder.ts';
import { noFolder } from './walk.ts';

const listDicomOptionNames: OptionNames<Pick<ListOptions, 'classes' | 'series'>> = { series: true, classes: true };

/**
 * Lists DICOM folders: `DIR/<patient>/…`, anywhere below it the files of a series, and one or more DICOM SEG files: of the
 * same segments they are of annotators, named after the files; of different ones they are parts of one mask. `DIR` may be
 * the folder of one patient itself. Classes are the segments of all patients, by name; segments may overlap. A class
 * that a patient has no segment of is empty there, which is remarked on.
 *
 * Of several series of a patient, in one folder or several, `series` chooses the image; else it is the one that the SEG
 * files were drawn on, or the only one in a folder called `image` or `images`. SEG files of the patient's other series
 * are left out.
 *
 * Files are told apart by their heads: images, segmentations (binary, fractional or label maps), and what lies beside
 * them (RTSTRUCT, DICOMDIR, reports), which is left out. Apart from SEG files, files are not read further, and no patient
 * field is read: patients are named after their folders.
 *
 * Problems: a patient without a series, with several of which none can be chosen, which the message lists, or without a
 * SEG; SEG files that are neither of annotators nor parts; more than 31 names of segments; broken files; links that lead nowhere.
 *
 * @example const { cases, classes } = await listDicom('LIDC', { series: 'CT' })
 */
export async function listDicom(dir: string, options: Pick<ListOptions, 'classes' | 'series'> = {}): Promise<Listing> {
  requireText('listDicom: dir', dir);
  requireOptions('listDicom', options, listDicomOptionNames);
  const { classes: own, series } = options;
  const broken: DataProblem[] = [];
  const folders = await namesIn(dir, 'folders', broken);
  if (!folders) return noFolder(dir);
  const { found, isOne } = await findPatients(dir, folders, series);
  const listed = found.flatMap(({ c }) => c ?? []);
  const said = found.flatMap((each) => each.remarks);
  const wrong = found.flatMap((each) => each.problems);
  // Those of a patient's own folder are found with the patient.
  if (!isOne) wrong.push(...broken.map((problem) => ({ ...problem, patient: nameOf(problem.file) })));
  const of = own ? { cases: listed, classes: own, problems: [], remarks: [] } : await classesOfSegments(listed);
  const { cases, classes } = of;
  const problems = [...wrong, ...of.problems];
  const remarks = [...said, ...of.remarks];
  if (cases.length === 0 && problems.length === 0)
    problems.push({ file: dir, rule: 'the DICOM layout needs <patient>/ with a series and a SEG, found none' });
  return {
    cases: classes ? cases.map((c) => ({ ...c, classes })) : cases,
    problems,
    ...(classes && { classes }),
    ...(remarks.length > 0 && { remarks }),
  };
}

const seriesName = /^(images?|series|ct|mr|dicom)$/i;

/** The patient whose folder `dir` is, where it looks like one, else those whose folders lie in it. */
async function findPatients(
  dir: string,
  folders: readonly string[],
  series: string | undefined,
): Promise<{ found: FoundPatient[]; isOne: boolean }> {
  const mayBeOne = folders.length === 0 || folders.some((name) => seriesName.test(name));
  const single = mayBeOne ? await findPatient(dir, nameOf(dir), series) : undefined;
  if (single?.c) return { found: [single], isOne: true };
  const found: FoundPatient[] = [];
  for (const name of folders) found.push(await findPatient(join(dir, name), name, series));
  const isOne = single !== undefined && !found.some(({ c }) => c);
  return { found: isOne ? [single] : found, isOne };
}

function nameOf(dir: string): string {
  return (
    dir
      .replace(/[/\\]+$/, '')
      .split(/[/\\]/)
      .at(-1) || 'patient'
  );
}

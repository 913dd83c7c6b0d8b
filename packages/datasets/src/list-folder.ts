import { readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { Case, DataProblem, Listing } from './case.ts';
import { namesIn } from './file-names.ts';

const extensions = new Set(['.png', '.tif', '.tiff', '.jpg', '.jpeg', '.bmp']);

export interface ListOptions {
  /** The part of an id that names the patient: the first group of this pattern, such as `/^(.+)_\d+$/`. */
  patientPattern?: RegExp;
}

/**
 * Lists paired folders: `images/` and `masks/`, paired by base name; a mask may also be called `<name>_mask` or
 * `<name>_segmentation`. The endings need not agree; files with other endings than an image's are ignored.
 *
 * The patient of a case is, in this order: its line `id,patient` in `patients.csv` beside the two folders, the first
 * group of `patientPattern`, its id. So without either every image counts as a patient of its own.
 *
 * Problems: a mask without its image, an image without its mask, two files of one base name, an id that
 * `patients.csv` or the pattern does not cover, a missing or empty folder. Images are not opened.
 *
 * @example const { cases } = await listFolder('data/cells', { patientPattern: /^(\w+)_\d+$/ })
 */
export async function listFolder(dir: string, { patientPattern }: ListOptions = {}): Promise<Listing> {
  const problems: DataProblem[] = [];
  const images = await byBaseName(join(dir, 'images'), problems);
  const masks = await byBaseName(join(dir, 'masks'), problems);
  if (!images || !masks) {
    const missing = images ? 'masks' : 'images';
    return {
      cases: [],
      problems: [{ file: join(dir, missing), rule: `paired folders need images/ and masks/, found no ${missing}/` }],
    };
  }
  const patients = await readPatients(join(dir, 'patients.csv'), problems);
  const cases: Case[] = [];
  const used = new Set<string>();
  for (const [id, imagePath] of images) {
    const maskName = [id, `${id}_mask`, `${id}_segmentation`].find((name) => masks.has(name));
    if (maskName === undefined) {
      problems.push({
        file: imagePath,
        rule: `an image must have its mask in masks/, found no ${id}, ${id}_mask or ${id}_segmentation`,
      });
      continue;
    }
    used.add(maskName);
    const patient = patients ? patients.get(id) : patientPattern ? patientPattern.exec(id)?.[1] : id;
    if (patient === undefined) {
      const rule = patients
        ? 'patients.csv must have a line for every image'
        : `the patient pattern ${patientPattern} must match every image's name`;
      problems.push({ file: imagePath, rule: `${rule}, got none for ${id}` });
      continue;
    }
    cases.push({ id, patient, imagePath, maskPath: masks.get(maskName)! });
  }
  for (const [name, maskPath] of masks) {
    if (!used.has(name))
      problems.push({ file: maskPath, rule: 'a mask must have its image in images/, found none of its name' });
  }
  if (cases.length === 0 && problems.length === 0)
    problems.push({ file: dir, rule: 'paired folders need images in images/, found none' });
  return { cases, problems };
}

/** Paths of a folder's image files by name without ending, or undefined when there is no folder. */
async function byBaseName(folder: string, problems: DataProblem[]): Promise<Map<string, string> | undefined> {
  const names = await namesIn(folder, 'files');
  if (!names) return undefined;
  const paths = new Map<string, string>();
  for (const name of names) {
    const { name: base, ext } = parse(name);
    if (!extensions.has(ext.toLowerCase())) continue;
    const other = paths.get(base);
    if (other)
      problems.push({
        file: join(folder, name),
        rule: `a folder must have one file of a base name, found ${parse(other).base} too`,
      });
    else paths.set(base, join(folder, name));
  }
  return paths;
}

/** Lines of `id,patient`; a first line `id,patient` is a heading. Undefined when there is no file. */
async function readPatients(file: string, problems: DataProblem[]): Promise<Map<string, string> | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const patients = new Map<string, string>();
  for (const [i, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '') continue;
    const [id, patient, ...rest] = line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    if (i === 0 && id === 'id' && patient === 'patient') continue;
    if (!id || !patient || rest.length > 0)
      problems.push({ file, rule: `a line must be id,patient, got "${line}" in line ${i + 1}` });
    else patients.set(id, patient);
  }
  return patients;
}

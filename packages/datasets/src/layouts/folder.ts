import { basename, join } from 'node:path';
import { type OptionNames, requireOptions, requireText } from '@medseg/arguments';
import type { Case, DataProblem, DataRemark, Listing, MaskFile } from '../case.ts';
import type { ClassMap } from '../class-map.ts';
import { driveMasks, driveParts, driveRemarks, driveTruth } from './drive.ts';
import { baseName, isScanName, namesIn } from './file-names.ts';
import { byLowerCase, type MaskOwner, maskOwner, maskOwnerInAnyCase } from './mask-names.ts';
import { type InPart, splitOfParts } from './parts.ts';
import { type PatientFinder, type PatientOptions, patientFinder, patientIn } from './patients.ts';
import { readClasses } from './read-classes.ts';

/** Options of every layout. */
export interface ListOptions extends PatientOptions {
  /** What the values of the masks mean, where the layout does not say or says otherwise. */
  classes?: ClassMap;
  /**
   * Which DICOM series of a patient is the image: its UID, description or modality, or a part of the description.
   * Default: the only one, or the one that the mask was drawn on.
   */
  series?: string;
}

export const listOptionNames: OptionNames<ListOptions> = { classes: true, series: true, patientPattern: true };

/** What the folder of the images may be called; the first that is there is taken. */
export const imageFolders: readonly string[] = ['images', 'image', 'imgs', 'img', 'imagesTr'];
/** What the folder of the masks may be called. */
export const maskFolders: readonly string[] = [
  driveTruth, // before DRIVE's mask/, which holds the fields of view
  'masks',
  'mask',
  'labels',
  'label',
  'labelsTr',
  'annotations',
  'segmentations',
];

/**
 * Lists paired folders: `images/` and `masks/`, paired by base name; a mask may also be called `<name>_mask`,
 * `_segmentation`, `_label` or `_seg`, and an annotator's `<name>_1stHO`, `_rater2` and the like. Numbered masks,
 * `<name>_mask_1` or `_lesion2`, are parts of one mask, and are united. Extensions may differ; files without the extension
 * of an image or volume are ignored. `classes.json` beside the folders says what the values of the masks mean.
 *
 * DRIVE's masks are those of `1st_manual/`; `mask/` holds fields of view, and is left out. Of its folders `training/` and
 * `test/` in `dir` the second is the test part.
 *
 * The patient of a case is, in this order: its line `id,patient` in `patients.csv` beside the two folders, the first
 * group of `patientPattern`, its id without the letter of an eye (`Image_01L`, `Image_01R`), its id. So without the
 * first two, nearly every image counts as a separate patient. A mask whose name has other capital letters than that of
 * its image is paired with it, and remarked upon.
 *
 * Problems: a mask without its image, an image without its mask, two files of one base name, an id that
 * `patients.csv` or the pattern does not cover, a missing or empty folder. Images are not opened.
 *
 * @example const { cases } = await listFolder('data/cells', { patientPattern: /^(\w+)_\d+$/ })
 */
export async function listFolder(dir: string, options: ListOptions = {}): Promise<Listing> {
  requireText('listFolder: dir', dir);
  requireOptions('listFolder', options, listOptionNames);
  const parts: (typeof driveParts)[number][] = [];
  for (const part of driveParts)
    if ((await namesIn(join(dir, part), 'folders'))?.includes(driveTruth)) parts.push(part);
  const problems: DataProblem[] = [];
  const remarks: DataRemark[] = [];
  const classes = options.classes ?? (await readClasses(join(dir, 'classes.json')));
  const patients = await patientFinder(dir, options, problems);
  const shared = { patients, remarks, ...(classes && { classes }) };
  if (parts.length > 0) {
    const listed: InPart[] = [];
    for (const part of parts) {
      const found = await pairedFolders(join(dir, part), shared, problems);
      for (const c of found ?? []) listed.push({ c, part: part === 'test' ? 'test' : 'train' });
    }
    patients.finish();
    const { split, remarks: ofParts } = splitOfParts(listed);
    remarks.push(...ofParts);
    const cases = listed.map(({ c }) => c);
    return {
      cases,
      problems,
      ...(split && { split }),
      ...(remarks.length > 0 && { remarks }),
      ...(classes && { classes }),
    };
  }
  const cases = await pairedFolders(dir, shared, problems);
  if (!cases) return { cases: [], problems };
  patients.finish();
  return { cases, problems, ...(remarks.length > 0 && { remarks }), ...(classes && { classes }) };
}

/** The cases of one pair of folders; undefined where one is missing, which is a problem. */
async function pairedFolders(
  dir: string,
  shared: Parameters<typeof pairByName>[2],
  problems: DataProblem[],
): Promise<Case[] | undefined> {
  const images = await firstFolder(dir, imageFolders, problems);
  const masks = await firstFolder(dir, maskFolders, problems);
  if (!images || !masks) {
    const missing = images ? 'masks' : 'images';
    const hint = images ? '' : '; masks that lie beside their images are read by the layout class-folders';
    problems.push({
      file: join(dir, missing),
      rule: `paired folders need images/ and masks/, found no ${missing}/${hint}`,
    });
    return undefined;
  }
  const isDrive = masks.name === driveTruth;
  const files = isDrive ? driveMasks(masks.files, images.files.keys()) : masks.files;
  const cases = pairByName(images.files, { place: `${masks.name}/`, files }, shared, problems);
  if (cases.length === 0 && problems.length === 0)
    problems.push({ file: dir, rule: `paired folders need images in ${images.name}/, found none` });
  for (const name of (await namesIn(dir, 'folders')) ?? []) {
    if (name === images.name || name === masks.name) continue;
    if (isDrive && /^masks?$/i.test(name)) {
      shared.remarks.push(...(await driveRemarks(dir, name)));
      continue;
    }
    const isLeft = (await namesIn(join(dir, name), 'files'))?.some(isScanName);
    const text = `is left out: of this folder ${images.name}/ and ${masks.name}/ are read`;
    if (isLeft) shared.remarks.push({ file: join(dir, name), text });
  }
  return cases;
}

/** Files of a folder by their names without ending. */
interface NamedFiles {
  /** The folder's name. */
  name: string;
  files: Map<string, string>;
}

/**
 * Images and masks by base name as cases; what has no partner is a problem, and what has one only when the case of
 * letters does not count is remarked upon. `place` is where the masks should be.
 */
export function pairByName(
  images: ReadonlyMap<string, string>,
  masks: { place: string; files: ReadonlyMap<string, string> },
  { patients, classes, remarks }: Pick<ListOptions, 'classes'> & { patients: PatientFinder; remarks: DataRemark[] },
  problems: DataProblem[],
): Case[] {
  const patientOf = patients.of;
  const ownMasks = new Map<string, (MaskFile & { part?: string })[]>();
  const own = (path: string, { id, ...whose }: MaskOwner): void =>
    void ownMasks.set(id, [...(ownMasks.get(id) ?? []), { path, ...whose }]);
  const unowned: [name: string, path: string][] = [];
  for (const [name, path] of masks.files) {
    const owner = maskOwner(name, images);
    if (owner) own(path, owner);
    else unowned.push([name, path]);
  }
  const left = byLowerCase([...images.keys()].filter((id) => !ownMasks.has(id)));
  const strangers: string[] = [];
  for (const [name, path] of unowned) {
    const owner = maskOwnerInAnyCase(name, left);
    if (!owner) {
      strangers.push(path);
      continue;
    }
    own(path, owner);
    remarks.push({ file: path, text: 'its name has other capital letters than that of its image' });
  }
  const cases: Case[] = [];
  for (const [id, image] of images) {
    const files = ownMasks.get(id);
    if (!files) {
      const nnunet = /^(.+)_\d{4}$/.exec(id)?.[1];
      const rule =
        nnunet !== undefined && masks.files.has(nnunet)
          ? `an image must have the name of its mask, got ${id} for ${nnunet}; nnU-Net calls channels so, use the layout nnunet`
          : `an image must have its mask in ${masks.place}, found no ${id}, ${id}_mask, ${id}_segmentation, ${id}_label or ${id}_seg`;
      problems.push({ file: image, rule, ...patientIn(patientOf(id)) });
      continue;
    }
    const twice = files.find(
      (mask, i) => files.findIndex(({ annotator, part }) => annotator === mask.annotator && part === mask.part) !== i,
    );
    if (twice) {
      problems.push({
        file: twice.path,
        rule: `an image must have one mask, numbered parts or one mask per annotator, got ${files.length} of ${id}`,
        ...patientIn(patientOf(id)),
      });
      continue;
    }
    const patient = patientOf(id);
    if (typeof patient === 'string')
      cases.push({
        id,
        patient,
        images: [image],
        masks: files.map(({ part, ...mask }) => mask),
        ...(classes && { classes }),
      });
    else problems.push({ file: image, rule: patient.rule });
  }
  remarks.push(...patients.remarksOn(cases));
  for (const file of strangers)
    problems.push({ file, rule: 'a mask must have its image in images/, found none of its name' });
  return cases;
}

/** The first of some folders that is there. */
async function firstFolder(
  dir: string,
  names: readonly string[],
  problems: DataProblem[],
): Promise<NamedFiles | undefined> {
  const broken: DataProblem[] = [];
  const present = new Set(await namesIn(dir, 'folders', broken));
  problems.push(...broken.filter(({ file }) => names.includes(basename(file))));
  const name = names.find((each) => present.has(each));
  return name === undefined ? undefined : { name, files: (await filesByBaseName(join(dir, name), problems))! };
}

/** Paths of a folder's image and volume files by name without ending, or undefined when there is no folder. */
export async function filesByBaseName(
  folder: string,
  problems: DataProblem[],
  isWanted: (name: string) => boolean = isScanName,
): Promise<Map<string, string> | undefined> {
  const names = await namesIn(folder, 'files');
  if (!names) return undefined;
  const paths = new Map<string, string>();
  const taken = new Map<string, string>();
  for (const name of names) {
    if (!isWanted(name)) continue;
    const base = baseName(name);
    const other = taken.get(base);
    if (other !== undefined)
      problems.push({
        file: join(folder, name),
        rule: `a folder must have one file of a base name, found ${other} too`,
      });
    else {
      paths.set(base, join(folder, name));
      taken.set(base, name);
    }
  }
  return paths;
}

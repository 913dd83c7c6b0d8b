import { join } from 'node:path';
import { requireOptions, requireText } from '@medseg/arguments';
import type { Case, DataProblem, Listing } from '../case.ts';
import { type ClassMap, classMap } from '../class-map.ts';
import { baseName, compareNames } from './file-names.ts';
import type { ListOptions } from './folder.ts';
import { listOptionNames } from './folder.ts';
import { listingOfParts, type Part, partOf } from './parts.ts';
import { patientFinder, patientIn } from './patients.ts';
import { noFolder, walk } from './walk.ts';

/** The cup is inside the disc: 0 is cup, 128 the rest of the disc, 255 background. */
const discAndCup: ClassMap = classMap({ disc: [0, 128], cup: 0 }, { background: [255] });

const maskFolder = /^(.*mask.*|gts?|.*[-_]gt|annotation.*|.*ground[-_ ]?truth.*)$/i;

/**
 * Lists REFUGE: fundus photographs as JPEG or PNG, and for each a BMP or PNG of the same name with 0 for cup, 128 for
 * disc and 255 for the rest, in a folder below one whose name says so: `Annotation-…`, `…-GT`, `Disc_Cup_Masks`,
 * `gts`, `masks`. Folders may be nested as in the challenge (`Training400/Glaucoma/g0001.jpg`); those called train,
 * val(idation) and test become these parts. Two channels, the cup inside the disc.
 *
 * Problems: an image without its mask, a mask without its image, a name that occurs twice. Images are not opened.
 *
 * @example const { cases, split } = await listRefuge('REFUGE')
 */
export async function listRefuge(dir: string, options: ListOptions = {}): Promise<Listing> {
  requireText('listRefuge: dir', dir);
  requireOptions('listRefuge', options, listOptionNames);
  const problems: DataProblem[] = [];
  const folders = await walk(dir, 5, problems);
  if (!folders) return noFolder(dir);
  const classes = options.classes ?? discAndCup;
  const images: { id: string; path: string; part: Part | undefined }[] = [];
  const masks = new Map<string, string>();
  for (const { path, names, files } of folders) {
    const isMask = names.some((name) => maskFolder.test(name));
    const part = names.map(partOf).find((each) => each !== undefined);
    for (const file of files) {
      if (!(isMask ? /\.(bmp|png|gif|tiff?)$/i : /\.(jpe?g|png|bmp|tiff?)$/i).test(file)) continue;
      const id = baseName(file);
      if (!isMask) images.push({ id, path: join(path, file), part });
      else if (masks.has(`${part}/${id}`))
        problems.push({
          file: join(path, file),
          rule: `a mask must be there once, got ${id} also as ${masks.get(`${part}/${id}`)}`,
        });
      else masks.set(`${part}/${id}`, join(path, file));
    }
  }
  const patients = await patientFinder(dir, options, problems);
  const listed: { c: Case; part: Part | undefined }[] = [];
  const used = new Set<string>();
  for (const { id, path, part } of images.sort((a, b) => compareNames(a.id, b.id))) {
    const key = `${part}/${id}`;
    const mask = masks.get(key);
    const patient = patients.of(id);
    if (mask === undefined)
      problems.push({
        file: path,
        rule: `an image must have its mask in a folder of masks, found no ${id}`,
        ...patientIn(patient),
      });
    else if (typeof patient === 'object') problems.push({ file: path, rule: patient.rule });
    else listed.push({ c: { id, patient, images: [path], masks: [{ path: mask }], classes }, part });
    used.add(key);
  }
  for (const [key, file] of masks)
    if (!used.has(key)) problems.push({ file, rule: 'a mask must have its image, found none of its name' });
  if (listed.length === 0 && problems.length === 0)
    problems.push({
      file: dir,
      rule: 'the REFUGE layout needs photographs and, in a folder of masks, a BMP or PNG of each, found none',
    });
  patients.finish();
  const remarks = patients.remarksOn(listed.map(({ c }) => c));
  return listingOfParts(listed, problems, { classes, normalization: { mode: 'photo' }, remarks });
}

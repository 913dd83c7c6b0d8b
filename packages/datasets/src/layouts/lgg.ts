import { basename, dirname, join } from 'node:path';
import { type OptionNames, requireOptions, requireText } from '@medseg/arguments';
import type { Case, DataProblem, Listing } from '../case.ts';
import { namesIn } from './file-names.ts';
import type { ListOptions } from './folder.ts';

const tiffName = /^(.+?)(_mask)?\.tiff?$/i;

const listLggOptionNames: OptionNames<Pick<ListOptions, 'classes'>> = { classes: true };

/**
 * Lists the LGG layout (M. Buda's LGG Segmentation Dataset): `kaggle_3m/<patient>/<patient>_<slice>.tif`, each with a
 * `…_mask.tif` beside it. `dir` holds `kaggle_3m` or is it. A folder is a patient; other files are ignored.
 *
 * Problems: a mask without its image, an image without its mask, no folder, an empty one. Files are not opened.
 *
 * @example const { cases, problems } = await listLgg('data/lgg')
 */
export async function listLgg(dir: string, options: Pick<ListOptions, 'classes'> = {}): Promise<Listing> {
  requireText('listLgg: dir', dir);
  requireOptions('listLgg', options, listLggOptionNames);
  const { classes } = options;
  const root = await lggRoot(dir);
  const broken: DataProblem[] = [];
  const patients = await namesIn(root, 'folders', broken);
  if (!patients) return { cases: [], problems: [{ file: dir, rule: 'the data folder must exist' }] };
  const cases: Case[] = [];
  const problems: DataProblem[] = broken.map((problem) => ({ ...problem, patient: basename(problem.file) }));
  for (const patient of patients) {
    const folder = join(root, patient);
    const images = new Map<string, string>();
    const masks = new Map<string, string>();
    for (const name of (await namesIn(folder, 'files')) ?? []) {
      const [, id, mask] = tiffName.exec(name) ?? [];
      if (id !== undefined) (mask ? masks : images).set(id, join(folder, name));
    }
    for (const [id, imagePath] of images) {
      const maskPath = masks.get(id);
      if (maskPath)
        cases.push({ id, patient, images: [imagePath], masks: [{ path: maskPath }], ...(classes && { classes }) });
      else
        problems.push({
          file: imagePath,
          rule: `an image must have its mask beside it, found no ${id}_mask.tif`,
          patient,
        });
    }
    for (const [id, maskPath] of masks) {
      if (!images.has(id))
        problems.push({ file: maskPath, rule: `a mask must have its image beside it, found no ${id}.tif`, patient });
    }
  }
  if (cases.length === 0 && problems.length === 0) {
    problems.push({
      file: dir,
      rule: 'the LGG layout needs kaggle_3m/<patient>/<patient>_<slice>.tif files, found none',
    });
  }
  return { cases, problems, ...(classes && { classes }), normalization: { mode: 'mri' } };
}

/** The folder that holds the patients' folders. */
async function lggRoot(dir: string): Promise<string> {
  const inside = join(dir, 'kaggle_3m');
  return (await namesIn(inside, 'folders')) ? inside : dir;
}

/** Where a data set's `split.json` may stand: in the folder, or beside it when the folder is `kaggle_3m` itself. */
export function splitFilePlaces(dir: string): string[] {
  return basename(dir) === 'kaggle_3m'
    ? [join(dir, 'split.json'), join(dirname(dir), 'split.json')]
    : [join(dir, 'split.json')];
}

import { basename, join } from 'node:path';
import { requireOptions, requireText } from '@medseg/arguments';
import type { Case, DataProblem, Listing } from '../case.ts';
import { DataError } from '../data-error.ts';
import { classesOfLabels, normalizationOfChannels } from './dataset-json.ts';
import { baseName, compareNames } from './file-names.ts';
import type { ListOptions } from './folder.ts';
import { listOptionNames } from './folder.ts';
import { listNnunet } from './nnunet.ts';
import { createPathGuard } from './path-guard.ts';
import { fieldsOf, readJson } from './read-json.ts';

/**
 * Lists a task of the Medical Segmentation Decathlon (Antonelli et al. 2022): `dataset.json` with `labels`, `modality`
 * and `training`, a list of `{ image, label }`. Every volume is a patient. Classes are the labels but 0; intensities
 * are windowed where the modality is CT. Test images have no labels and are left out. A data set with nnU-Net's names,
 * or without the list, is listed by {@link listNnunet}.
 *
 * Problems: files that are not there or lie outside of `dir`, entries of another form. Volumes are not opened.
 *
 * @example const { cases, classes } = await listDecathlon('Task04_Hippocampus')
 */
export async function listDecathlon(dir: string, given: ListOptions = {}): Promise<Listing> {
  requireText('listDecathlon: dir', dir);
  requireOptions('listDecathlon', given, listOptionNames);
  const { classes: own, ...options } = given;
  const file = join(dir, 'dataset.json');
  const json = await readJson(file);
  if (json === undefined)
    return { cases: [], problems: [{ file: dir, rule: 'the Decathlon layout needs dataset.json, found none' }] };
  const { labels, modality, training } = fieldsOf(json) ?? {};
  const guard = createPathGuard(dir);
  if (await isNnunet(training, guard)) return await listNnunet(dir, { ...options, ...(own && { classes: own }) });
  const classes = own ?? classesOfLabels(labels, file);
  if (!Array.isArray(training))
    throw new DataError([{ file, rule: 'dataset.json must have "training", a list of images and labels' }]);
  const problems: DataProblem[] = [];
  const cases: Case[] = [];
  const seen = new Set<string>();
  for (const [i, entry] of training.entries()) {
    const { image, label } = fieldsOf(entry) ?? {};
    if (typeof image !== 'string' || typeof label !== 'string') {
      problems.push({ file, rule: `an entry of "training" must have image and label, got entry ${i} without` });
      continue;
    }
    const [imageFile, labelFile] = [await guard(image), await guard(label)];
    const broken = 'rule' in imageFile ? imageFile : 'rule' in labelFile ? labelFile : undefined;
    const id = baseName(basename(image));
    if (broken) problems.push({ file, rule: broken.rule, patient: id });
    else if (seen.has(id)) problems.push({ file, rule: `an image must be listed once, got ${id} twice` });
    else if ('path' in imageFile && 'path' in labelFile) {
      seen.add(id);
      cases.push({ id, patient: id, images: [imageFile.path], masks: [{ path: labelFile.path }], classes });
    }
  }
  if (cases.length === 0 && problems.length === 0)
    problems.push({ file, rule: 'dataset.json must list images to train on, found none' });
  cases.sort((a, b) => compareNames(a.id, b.id));
  return { cases, problems, classes, normalization: normalizationOfChannels(modality) };
}

/** Whether there is no list, or one of files that are there only as channels, `a_0000.nii.gz` for `a.nii.gz`. */
async function isNnunet(training: unknown, guard: ReturnType<typeof createPathGuard>): Promise<boolean> {
  if (training === undefined) return true;
  const image = Array.isArray(training) ? fieldsOf(training[0])?.image : undefined;
  if (typeof image !== 'string' || 'path' in (await guard(image))) return false;
  return 'path' in (await guard(image.replace(/(\.[a-z]+(\.gz)?)$/i, '_0000$1')));
}

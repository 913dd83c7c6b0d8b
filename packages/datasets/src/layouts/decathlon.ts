import { basename, join } from 'node:path';
import type { Case, DataProblem, Listing } from '../case.ts';
import { type ClassMap, checkClassMap } from '../class-map.ts';
import { DataError } from '../data-error.ts';
import type { Normalization } from '../slicing/normalize.ts';
import { baseName, compareNames } from './file-names.ts';
import type { ListOptions } from './folder.ts';
import { createPathGuard } from './path-guard.ts';
import { fieldsOf, readJson } from './read-json.ts';

/**
 * Lists a task of the Medical Segmentation Decathlon (Antonelli et al. 2022): `dataset.json` with `labels`, `modality`
 * and `training`, a list of `{ image, label }`. Every volume is a patient. Classes are the labels but 0; intensities
 * are windowed where the modality is CT. Test images have no labels and are left out.
 *
 * Problems: files that are not there or lie outside of `dir`, entries of another form. Volumes are not opened.
 *
 * @example const { cases, classes } = await listDecathlon('Task04_Hippocampus')
 */
export async function listDecathlon(
  dir: string,
  { classes: own }: Pick<ListOptions, 'classes'> = {},
): Promise<Listing> {
  const file = join(dir, 'dataset.json');
  const json = await readJson(file);
  if (json === undefined)
    return { cases: [], problems: [{ file: dir, rule: 'the Decathlon layout needs dataset.json, found none' }] };
  const { labels, modality, training } = fieldsOf(json) ?? {};
  const classes = own ?? classesOf(labels, file);
  if (!Array.isArray(training))
    throw new DataError([{ file, rule: 'dataset.json must have "training", a list of images and labels' }]);
  const guard = createPathGuard(dir);
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
  return { cases, problems, classes, normalization: normalizationOf(modality) };
}

/** The labels of dataset.json, values by name or names by value, without the background. */
function classesOf(labels: unknown, file: string): ClassMap {
  const fields = Object.entries(fieldsOf(labels) ?? {});
  const pairs = fields.map(([key, value]) =>
    /^\d+$/.test(key) && typeof value === 'string' ? [value, Number(key)] : [key, value],
  ) as [string, unknown][];
  const isSound = pairs.length > 0 && pairs.every(([, value]) => Number.isSafeInteger(value));
  if (!isSound) throw new DataError([{ file, rule: 'dataset.json must have "labels", names by value' }]);
  const foreground = (pairs as [string, number][]).filter(([, value]) => value !== 0).sort((a, b) => a[1] - b[1]);
  const classes: ClassMap = {
    names: foreground.map(([name]) => name),
    values: foreground.map(([, value]) => [value]),
    exclusive: true,
  };
  try {
    checkClassMap(classes);
  } catch (error) {
    throw new DataError([{ file, rule: (error as Error).message }]);
  }
  return classes;
}

function normalizationOf(modality: unknown): Normalization {
  const names = Object.values(fieldsOf(modality) ?? {});
  return { mode: names.length > 0 && names.every((name) => name === 'CT') ? 'ct' : 'mri' };
}

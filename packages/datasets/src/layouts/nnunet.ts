import { join } from 'node:path';
import { requireOptions, requireText } from '@medseg/arguments';
import type { Case, DataProblem, Listing } from '../case.ts';
import type { ClassMap } from '../class-map.ts';
import { DataError } from '../data-error.ts';
import { classesOfLabels, normalizationOfChannels } from './dataset-json.ts';
import { baseName, compareNames, isScanName, namesIn } from './file-names.ts';
import type { ListOptions } from './folder.ts';
import { listOptionNames } from './folder.ts';
import { listingOfParts, type Part } from './parts.ts';
import { createPathGuard } from './path-guard.ts';
import { patientFinder } from './patients.ts';
import { fieldsOf, readJson } from './read-json.ts';

/** The files of a case: its channels in their order, and its label. */
interface CaseFiles {
  id: string;
  images: string[];
  label: string;
  part: Part;
}

const channelName = /^(.+)_(\d{4})$/;

/**
 * Lists a raw data set of nnU-Net (Isensee et al. 2021), version 1 or 2: `imagesTr/<id>_0000.nii.gz`, `_0001` and so on
 * as channels, `labelsTr/<id>.nii.gz`, and `dataset.json` with `labels` and `channel_names` or `modality`; images or
 * volumes, also without the number where there is one file per case. `imagesTs/` with `labelsTs/` are the test part.
 * The files that version 2 may list under `dataset` are taken from there.
 *
 * Regions (`"tumour": [1, 2]`) are classes that may overlap. Pixels of `ignore` count in no loss and no score. The patient is
 * found as in {@link listFolder}.
 *
 * Problems: a case without one of its channels or its label, a label without its image. Files are not opened.
 *
 * Throws DataError naming `dataset.json` when it is no such file.
 *
 * @example const { cases, classes } = await listNnunet('nnUNet_raw/Dataset003_Liver')
 */
export async function listNnunet(dir: string, given: ListOptions = {}): Promise<Listing> {
  requireText('listNnunet: dir', dir);
  requireOptions('listNnunet', given, listOptionNames);
  const { classes: own, ...options } = given;
  const file = join(dir, 'dataset.json');
  const json = await readJson(file);
  if (json === undefined)
    return {
      cases: [],
      problems: [
        {
          file,
          rule: 'the nnU-Net layout needs dataset.json, found none; it says what labels and channels are, as {"labels": {"background": 0, "lesion": 1}, "channel_names": {"0": "CT"}}',
        },
      ],
    };
  const { labels, modality, channel_names, file_ending, dataset } = fieldsOf(json) ?? {};
  const classes: ClassMap = own ? withIgnored(own, labels, file) : classesOfLabels(labels, file);
  const channels = channel_names ?? modality;
  const problems: DataProblem[] = [];
  const files = fieldsOf(dataset)
    ? await listedFiles(dataset, dir, file, problems)
    : await filesInFolders(
        dir,
        typeof file_ending === 'string' && file_ending !== '' ? file_ending : undefined,
        problems,
      );
  const complete = withChannels(files, Object.keys(fieldsOf(channels) ?? {}).length, problems);
  const patients = await patientFinder(dir, options, problems);
  const listed: { c: Case; part: Part }[] = [];
  for (const { id, images, label, part } of complete) {
    const patient = patients.of(id);
    if (typeof patient === 'string')
      listed.push({ c: { id, patient, images, masks: [{ path: label }], classes }, part });
    else problems.push({ file: images[0]!, rule: patient.rule });
  }
  if (listed.length === 0 && problems.length === 0)
    problems.push({
      file: dir,
      rule: 'the nnU-Net layout needs images in imagesTr/ and labels in labelsTr/, found none',
    });
  if (problems.length === 0) patients.finish(); // else a line may be that of a case that is left out
  const remarks = patients.remarksOn(listed.map(({ c }) => c));
  return listingOfParts(listed, problems, { classes, normalization: normalizationOfChannels(channels), remarks });
}

/** Classes that are given, with the values to ignore of the data set where they say nothing of these. */
function withIgnored(own: ClassMap, labels: unknown, file: string): ClassMap {
  if (own.ignore || fieldsOf(labels)?.ignore === undefined) return own;
  const { ignore = [] } = classesOfLabels(labels, file);
  const known = new Set([...own.values.flat(), ...(own.background ?? [0])]);
  return ignore.some((value) => known.has(value)) ? own : { ...own, ignore };
}

/** The cases of `imagesTr` and `labelsTr`, and of `imagesTs` and `labelsTs` where both are there. */
async function filesInFolders(dir: string, ending: string | undefined, problems: DataProblem[]): Promise<CaseFiles[]> {
  const isWanted = (name: string): boolean =>
    ending === undefined ? isScanName(name) : name.toLowerCase().endsWith(ending.toLowerCase());
  const found: CaseFiles[] = [];
  for (const [suffix, part] of [
    ['Tr', 'train'],
    ['Ts', 'test'],
  ] as const) {
    const images = (await namesIn(join(dir, `images${suffix}`), 'files'))?.filter(isWanted);
    const labels = (await namesIn(join(dir, `labels${suffix}`), 'files'))?.filter(isWanted);
    if (!images || !labels) {
      if (part === 'train')
        problems.push({
          file: dir,
          rule: `the nnU-Net layout needs imagesTr/ and labelsTr/, found no ${images ? 'labelsTr' : 'imagesTr'}/`,
        });
      continue;
    }
    const stem = (name: string): string => (ending === undefined ? baseName(name) : name.slice(0, -ending.length));
    const labelOf = new Map(labels.map((name) => [stem(name), join(dir, `labels${suffix}`, name)]));
    const byId = new Map<string, string[]>();
    for (const name of images) {
      const base = stem(name);
      const id = labelOf.has(base) ? base : (channelName.exec(base)?.[1] ?? base);
      byId.set(id, [...(byId.get(id) ?? []), join(dir, `images${suffix}`, name)]);
    }
    for (const [id, paths] of byId) {
      const label = labelOf.get(id);
      if (label) found.push({ id, images: paths.sort(compareNames), label, part });
      else problems.push({ file: paths[0]!, rule: `an image must have its label in labels${suffix}/, found no ${id}` });
    }
    for (const [id, path] of labelOf)
      if (!byId.has(id))
        problems.push({ file: path, rule: `a label must have its image in images${suffix}/, found no ${id}_0000` });
  }
  return found;
}

/** The cases under `dataset` of version 2: images and label by name. */
async function listedFiles(dataset: unknown, dir: string, file: string, problems: DataProblem[]): Promise<CaseFiles[]> {
  const guard = createPathGuard(dir);
  const found: CaseFiles[] = [];
  for (const [id, entry] of Object.entries(fieldsOf(dataset) ?? {})) {
    const { images, label } = fieldsOf(entry) ?? {};
    const names = [...(Array.isArray(images) ? images : []), label] as unknown[];
    if (names.length < 2 || !names.every((name) => typeof name === 'string')) {
      problems.push({ file, rule: `an entry of "dataset" must have images and a label, got ${id} without` });
      continue;
    }
    if (/[/\\\0]/.test(id) || id === '.' || id === '..')
      throw new DataError([{ file, rule: `a case's name must do as a file name, got ${JSON.stringify(id)}` }]);
    const paths: string[] = [];
    for (const name of names as string[]) {
      const guarded = await guard(name);
      if ('path' in guarded) paths.push(guarded.path);
      else problems.push({ file, rule: guarded.rule });
    }
    if (paths.length === names.length)
      found.push({ id, images: paths.slice(0, -1), label: paths.at(-1)!, part: 'train' });
  }
  return found;
}

/** The cases that have all channels: a file each, or one file with all of them. Others become problems. */
function withChannels(files: readonly CaseFiles[], channels: number, problems: DataProblem[]): CaseFiles[] {
  const wanted = files.some(({ images }) => images.length > 1) ? channels : 1;
  return files.filter(({ id, images }) => {
    if (images.length === wanted) return true;
    problems.push({
      file: images[0]!,
      rule: `a case must have a file per channel, ${wanted} as in dataset.json, got ${images.length} of ${id}`,
    });
    return false;
  });
}

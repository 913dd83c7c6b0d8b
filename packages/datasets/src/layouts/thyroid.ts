import { basename, join } from 'node:path';
import { requireOptions, requireText } from '@medseg/arguments';
import type { Case, DataProblem, DataRemark, Listing } from '../case.ts';
import { baseName, isScanName } from './file-names.ts';
import { filesByBaseName, type ListOptions, listOptionNames, pairByName } from './folder.ts';
import { listingOfParts, type Part, partOf } from './parts.ts';
import { patientFinder } from './patients.ts';
import { noFolder, walk } from './walk.ts';

/**
 * Lists thyroid ultrasound: TN3K with `trainval-image/` and `trainval-mask/`, `test-image/` and `test-mask/`; DDTI as
 * images with masks, `image/` and `mask/` or `p_image/` and `p_mask/`; or DDTI as it was published, `12_1.jpg` with the
 * outlines in `12.xml`. Folders may be nested. The two parts of TN3K number their images alike, so that ids have the
 * part before them; its test images become the test part.
 *
 * `12_1` and `12_2` of DDTI are images of patient 12. TN3K does not name patients: give `patients.csv`.
 *
 * Problems: as for paired folders. Images are not opened.
 *
 * @example const { cases, split } = await listThyroid('Thyroid Dataset/tn3k')
 */
export async function listThyroid(dir: string, options: ListOptions = {}): Promise<Listing> {
  requireText('listThyroid: dir', dir);
  requireOptions('listThyroid', options, listOptionNames);
  const problems: DataProblem[] = [];
  const folders = await walk(dir, 4, problems);
  if (!folders) return noFolder(dir);
  const remarks: DataRemark[] = [];
  const listed: { c: Case; part: Part | undefined }[] = [];
  const paths = new Map(folders.map(({ path, names }) => [names.join('/'), path]));
  const patients = await patientFinder(dir, options, problems);
  let isPaired = false;
  for (const { path, names, files } of folders) {
    const name = names.at(-1) ?? '';
    const maskName = name.replace(/image(s?)$/i, (_, s: string) => `mask${s}`);
    const masks = maskName === name ? undefined : paths.get([...names.slice(0, -1), maskName].join('/'));
    if (masks) {
      const part = partOf(name);
      // Without anything that tells the patient, the number is that of the image, and only of its part.
      const patientOf = (patient: string, id: string): string => (part && patient === id ? `${name}_${id}` : patient);
      const ownProblems: DataProblem[] = [];
      isPaired = true;
      const found = pairByName(
        (await filesByBaseName(path, ownProblems)) ?? new Map(),
        { place: `${maskName}/`, files: (await filesByBaseName(masks, ownProblems)) ?? new Map() },
        { patients, remarks, ...(options.classes && { classes: options.classes }) },
        ownProblems,
      );
      for (const { patient, ...problem } of ownProblems)
        problems.push({
          ...problem,
          ...(patient !== undefined && { patient: patientOf(patient, baseName(basename(problem.file))) }),
        });
      for (const c of found)
        listed.push({
          c: {
            ...c,
            id: part ? `${name.replace(/[-_]?images?$/i, '')}_${c.id}` : c.id,
            patient: patientOf(c.patient, c.id),
          },
          part,
        });
    } else if (files.some((file) => /^\d+\.xml$/i.test(file)))
      for (const c of outlined(path, files, options, problems)) listed.push({ c, part: undefined });
  }
  if (isPaired) patients.finish(); // DDTI's own names say whose its images are
  if (listed.length === 0 && problems.length === 0) {
    const rule = 'the thyroid layout needs …image/ and …mask/, or <number>_<image>.jpg with <number>.xml, found none';
    problems.push({ file: dir, rule });
  }
  return listingOfParts(listed, problems, {
    remarks,
    ...(options.classes && { classes: options.classes }),
    normalization: { mode: 'mri' },
  });
}

/** DDTI's own files: the number before `_` is the patient's, whose outlines are in one XML. */
function outlined(folder: string, files: readonly string[], { classes }: ListOptions, problems: DataProblem[]): Case[] {
  const outlines = new Set(files.filter((file) => /^\d+\.xml$/i.test(file)).map(baseName));
  return files.filter(isScanName).flatMap((file): Case[] => {
    const id = baseName(file);
    const patient = /^(\d+)_\d+$/.exec(id)?.[1];
    const images = [join(folder, file)];
    if (patient !== undefined && outlines.has(patient))
      return [{ id, patient, images, masks: [{ path: join(folder, `${patient}.xml`) }], ...(classes && { classes }) }];
    problems.push({
      file: images[0]!,
      rule: `an image must be <number>_<image> with <number>.xml beside it, found none for ${id}`,
      ...(patient !== undefined && { patient }),
    });
    return [];
  });
}

import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DataRemark, Listing } from '../case.ts';
import { namesIn } from './file-names.ts';
import type { LayoutName } from './names.ts';

/** Layouts in which `patients.csv` names the patients. */
const withPatients: ReadonlySet<LayoutName> = new Set([
  'isic',
  'refuge',
  'thyroid',
  'nnunet',
  'folder',
  'class-folders',
]);

const endings = String.raw`\.(csv|tsv|txt|json|xlsx?|ya?ml)$`;
const splitLike = new RegExp(`^((data|dataset|train)[_-]?)?splits?([_-]final)?${endings}`, 'i');
const idsLike = new RegExp(`^val(id(ation)?)?[_-]?ids?${endings}`, 'i');
const patientsLike = new RegExp(`^(patients?([_-]?(ids?|list))?|subjects?)${endings}`, 'i');

const splitFiles = ['split.csv', 'split.json', 'validation_ids.json'];

/**
 * A remark for each file of a data set whose name is nearly that of a file that is read: `Split.csv`, `splits_final.json`,
 * `patients.tsv`. `path` is a folder or a manifest.
 */
export async function unreadFiles(path: string, layout: LayoutName): Promise<DataRemark[]> {
  const found = await stat(path).catch(() => undefined);
  const dir = found?.isFile() ? dirname(path) : path;
  const names = (await namesIn(dir, 'files')) ?? [];
  const remarks: DataRemark[] = [];
  for (const name of names) {
    const file = join(dir, name);
    if (file === path) continue;
    if ((splitLike.test(name) || idsLike.test(name)) && !(await isRead(dir, name, splitFiles)))
      remarks.push({ file, text: 'is not read; a split is called split.csv or split.json' });
    if (withPatients.has(layout) && patientsLike.test(name) && !(await isRead(dir, name, ['patients.csv'])))
      remarks.push({ file, text: 'is not read; a list of patients is called patients.csv' });
  }
  return remarks;
}

/** Whether a file is one of those that are read; some file systems do not tell capital letters apart. */
async function isRead(dir: string, name: string, known: readonly string[]): Promise<boolean> {
  if (known.includes(name)) return true;
  const meant = known.find((each) => each === name.toLowerCase());
  if (meant === undefined) return false;
  const [one, other] = await Promise.all([name, meant].map((each) => stat(join(dir, each)).catch(() => undefined)));
  return one !== undefined && one.ino === other?.ino;
}

const ignoreLike = /^(ignored?([_ -]?(label|index))?|void|un-?labell?ed|un-?annotated|don'?t[_ -]?care)$/i;

/** A remark for each class whose name looks like that of pixels that are no class: `Ignore`, `void`, `Background`. */
export function doubtfulClasses({ classes }: Pick<Listing, 'classes'>, dir: string): DataRemark[] {
  return (classes?.names ?? []).flatMap((name): DataRemark[] => {
    const meant = ignoreLike.test(name) ? 'ignore' : /^background$/i.test(name) ? 'background' : undefined;
    if (meant === undefined) return [];
    const purpose = meant === 'ignore' ? 'leave its pixels out' : 'have it as none';
    return [{ file: dir, text: `the class ${name} is trained and scored as a class; call it ${meant} to ${purpose}` }];
  });
}

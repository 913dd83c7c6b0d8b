import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { requireOptions, requireText } from '@medseg/arguments';
import type { Case, DataProblem, Listing, MaskFile } from '../case.ts';
import type { ListOptions } from './folder.ts';
import { listOptionNames } from './folder.ts';
import { isPartName } from './mask-names.ts';
import { PART_NAMES, type Part, splitOfParts } from './parts.ts';
import { createPathGuard, type Guarded } from './path-guard.ts';
import { unknownPatients } from './patients.ts';
import { readClasses } from './read-classes.ts';
import { type Row, readTable } from './read-table.ts';

/**
 * Lists the cases in a table: `manifest.csv`, `manifest.json`, `list.csv` or `list.json` in `dir`, or `dir` is the path
 * of such a file. CSV has a line of headings, JSON is a list of objects; the columns:
 *
 * `id`; `patient` (else the id); `image`, or `image:<modality>` several times, whose channels are stacked in the order of
 * the columns; `mask`, or `mask:<annotator>` several times; `annotator`, where the masks of a case are in separate
 * lines; an annotator called `lesion1`, `mask_2` and the like is a part of one mask, and such parts are united;
 * `stratum`; `split`: train, validation or test, where a case without it is trained on if others have it. Other columns
 * are ignored. Files are named relative to
 * the list and lie beside or below it. `classes.json` beside it says what the values of masks mean.
 *
 * Problems: files that are not there or lead out of the folder, lines without id, image or mask, lines of one id that
 * contradict one another.
 *
 * @example const { cases } = await listManifest('data/manifest.csv')
 */
export async function listManifest(dir: string, options: ListOptions = {}): Promise<Listing> {
  requireText('listManifest: dir', dir);
  requireOptions('listManifest', options, listOptionNames);
  const file = await listIn(dir);
  if (file === undefined)
    return {
      cases: [],
      problems: [{ file: dir, rule: 'the manifest layout needs manifest.csv or manifest.json, found none' }],
    };
  const rows = await readTable(file);
  const base = dirname(file);
  const classes = options.classes ?? (await readClasses(join(base, 'classes.json')));
  const guard = createPathGuard(base);
  const problems: DataProblem[] = [];
  const unknown = new Set<string>();
  const byId = new Map<string, Listed>();
  for (const row of rows) {
    const patient = patientOf(row, options);
    const fail = (rule: string): void =>
      void problems.push({ file, rule: `${rule} in ${row.place}`, ...(patient !== undefined && { patient }) });
    const read = await caseOf(row, guard, options);
    if (typeof read === 'string') {
      fail(read);
      continue;
    }
    const { c, part } = read;
    if (isUnknown(row, options)) unknown.add(c.id);
    const other = byId.get(c.id);
    if (!other) byId.set(c.id, { c: { ...c, ...(classes && { classes }) }, part });
    else {
      const rule = contradiction(other, read);
      if (rule === undefined) other.c.masks.push(...c.masks);
      else fail(rule);
    }
  }
  const listed = [...byId.values()];
  if (listed.length === 0 && problems.length === 0) problems.push({ file, rule: 'a list must have cases, found none' });
  const ofParts = splitOfParts(listed, { list: file });
  const remarks = [...unknownPatients(ofCases(listed), unknown), ...ofParts.remarks];
  return {
    cases: ofCases(listed),
    problems,
    ...(classes && { classes }),
    ...(ofParts.split && { split: ofParts.split }),
    ...(remarks.length > 0 && { remarks }),
  };
}

/** A mask of one annotator, or a part of a mask. */
type ListedMask = MaskFile & { part?: string };
type Listed = { c: Omit<Case, 'masks'> & { masks: ListedMask[] }; part: Part | undefined };

const names = ['manifest.csv', 'manifest.json', 'list.csv', 'list.json'];

/** The table that a path names or a folder has. */
async function listIn(path: string): Promise<string | undefined> {
  for (const file of [path, ...names.map((name) => join(path, name))]) {
    if (!/\.(csv|json)$/i.test(file)) continue;
    if (
      await stat(file).then(
        (found) => found.isFile(),
        () => false,
      )
    )
      return file;
  }
  return undefined;
}

async function caseOf(
  row: Row,
  guard: (name: string) => Promise<Guarded>,
  options: ListOptions,
): Promise<Listed | string> {
  const { fields } = row;
  const id = fields.get('id');
  const patient = patientOf(row, options);
  if (id === undefined || patient === undefined) return 'a case must have an id, got none';
  if (/[/\\\0]/.test(id) || id === '.' || id === '..') return `an id must do as a file name, got ${JSON.stringify(id)}`;
  const wanted = fields.get('split')?.toLowerCase();
  if (wanted !== undefined && !Object.hasOwn(PART_NAMES, wanted))
    return `split must be train, validation or test, got ${JSON.stringify(wanted)}`;
  const images: string[] = [];
  const masks: ListedMask[] = [];
  for (const [column, name] of fields) {
    const [kind, label] = column.split(/:(.*)/s);
    if (kind !== 'image' && kind !== 'mask') continue;
    const found = await guard(name);
    if ('rule' in found) return found.rule;
    const annotator = label ?? fields.get('annotator');
    if (kind === 'image') images.push(found.path);
    else if (annotator !== undefined && isPartName(annotator)) masks.push({ path: found.path, part: annotator });
    else masks.push({ path: found.path, ...(annotator !== undefined && { annotator }) });
  }
  if (images.length === 0 || masks.length === 0) return `a case must have an image and a mask, got none for ${id}`;
  const stratum = fields.get('stratum');
  const c = { id, patient, images, masks, ...(stratum !== undefined && { stratum }) } satisfies Case;
  return { c, part: wanted === undefined ? undefined : PART_NAMES[wanted] };
}

/** Whose case a line is: as it says, else by the pattern, else a patient of its own. */
function patientOf({ fields }: Row, { patientPattern }: ListOptions): string | undefined {
  const id = fields.get('id');
  return fields.get('patient') ?? (id === undefined ? undefined : (patientPattern?.exec(id)?.[1] ?? id));
}

/** Whether a line does not say whose case it is. */
function isUnknown({ fields }: Row, { patientPattern }: ListOptions): boolean {
  return !fields.has('patient') && !patientPattern?.test(fields.get('id') ?? '');
}

function ofCases(listed: readonly Listed[]): Case[] {
  return listed.map(({ c }) => ({ ...c, masks: c.masks.map(({ part, ...mask }) => mask) }));
}

/** Why two lines cannot be of one case; undefined when they are of two annotators. */
function contradiction(first: Listed, second: Listed): string | undefined {
  if (
    first.c.patient !== second.c.patient ||
    first.part !== second.part ||
    first.c.images.join('\0') !== second.c.images.join('\0')
  )
    return `lines of one id must have the same patient, images and split, got another for ${second.c.id}`;
  const names = [...first.c.masks, ...second.c.masks].map(({ annotator, part }) => part ?? annotator);
  return names.includes(undefined) || new Set(names).size !== names.length
    ? `masks of one id must have an annotator each, got ${second.c.id} twice`
    : undefined;
}

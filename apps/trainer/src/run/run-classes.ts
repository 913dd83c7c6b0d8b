import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ClassMap, DataError, type LayoutName, type Listing } from '@medseg/datasets';
import { type Classes, classMapOf, type Run } from '@medseg/pipeline';
import { UserError } from '../terminal/user-error.ts';

/**
 * A listing of data that says itself what its masks' values mean, with its classes in the order of the run's `wanted`. They are
 * matched by name; where values differ, those of the data hold, which is remarked on. Its own `ignore` and `background` hold.
 *
 * Throws DataError naming the file where the two have other classes.
 */
export async function inOrderOfRun(
  listing: Listing & { classes: ClassMap },
  wanted: ClassMap,
  { dir, layout }: { dir: string; layout: LayoutName },
): Promise<Listing> {
  const { classes: own } = listing;
  const file = await fileOfClasses(dir, layout);
  const valuesOf = new Map(own.names.map((name, k) => [name, own.values[k]!]));
  const isSame = own.names.length === wanted.names.length && wanted.names.every((name) => valuesOf.has(name));
  if (!isSame || own.exclusive !== wanted.exclusive) {
    const rule = `its classes must be those that the run was trained with, ${listed(wanted)}, got ${listed(own)}; name them alike, or say with --classes what the values of the masks mean`;
    throw new DataError([{ file, rule }]);
  }
  const classes: ClassMap = {
    ...own,
    names: [...wanted.names],
    values: wanted.names.map((name) => valuesOf.get(name)!),
  };
  const differ = [
    ...wanted.names.filter((_, k) => keyOf(classes.values[k]) !== keyOf(wanted.values[k])),
    ...(keyOf(classes.ignore) === keyOf(wanted.ignore) ? [] : ['ignore']),
  ];
  const text = `classes are matched by name: its values are ${listed(classes)}, those of the training data ${listed(wanted)}`;
  return {
    ...listing,
    classes,
    cases: listing.cases.map((c) => ({ ...c, classes })),
    ...(differ.length > 0 && { remarks: [...(listing.remarks ?? []), { file, text }] }),
  };
}

/** Throws UserError where a run has other classes than the data that it is evaluated on. */
export function requireClasses(run: Run, { names }: Classes, dir: string): void {
  const own = run.info.classes.names;
  if (own.length !== names.length || (run.info.kind === 'trained' && own.join() !== names.join())) {
    throw new UserError(
      `${dir}: its classes must be those of ${run.name} (${own.join(', ')}), got ${names.join(', ')}`,
    );
  }
}

/** Throws UserError where the masks of data no longer mean what they did when a run was begun. */
export function requireSameClasses(run: Run, classes: Classes, dir: string): void {
  const before = run.info.classes;
  if (meaningOf(before) === meaningOf(classes)) return;
  throw new UserError(
    `${dir}: its classes must be those that ${run.name} was begun with, ${described(before)}, got ${described(classes)}`,
  );
}

/** The same for classes that mean the same. */
function meaningOf({ names, exclusive, values, background, ignore }: Classes): string {
  const isOpen = background === undefined && values?.flat().includes(0);
  return JSON.stringify([
    names,
    exclusive,
    values?.map(keyOf),
    isOpen ? 'rest' : keyOf(background ?? [0]),
    keyOf(ignore),
  ]);
}

function described(classes: Classes): string {
  const map = classMapOf(classes);
  if (!map) return classes.names.join(', ');
  return listed(map) + (map.background ? `, background=${map.background.join('+')}` : '');
}

/** As the command line has them: `liver=1, tumour=2+3, ignore=255`. */
function listed({ names, values, exclusive, ignore }: ClassMap): string {
  const all = names.map((name, k) => `${name}=${values[k]!.join('+')}`);
  return [...all, ...(ignore ? [`ignore=${ignore.join('+')}`] : [])].join(', ') + (exclusive ? '' : ' (overlapping)');
}

function keyOf(values: readonly number[] | undefined): string {
  return [...(values ?? [])].sort((a, b) => a - b).join();
}

/** The file that names the classes, else the folder itself. */
async function fileOfClasses(dir: string, layout: LayoutName): Promise<string> {
  const named = layout === 'nnunet' || layout === 'decathlon' ? 'dataset.json' : 'classes.json';
  const found = await stat(dir).catch(() => undefined);
  const file = join(found?.isFile() ? dirname(dir) : dir, named);
  return await stat(file).then(
    () => file,
    () => dir,
  );
}

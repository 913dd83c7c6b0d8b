import { type ClassMap, checkClassMap } from '../class-map.ts';
import { DataError } from '../data-error.ts';
import type { Normalization } from '../slicing/normalize.ts';
import { fieldsOf } from './read-json.ts';

/**
 * The labels of a `dataset.json` without the background: names by value, or values by name as nnU-Net has them since
 * version 2, where a region is a list of values and `ignore` is neither class nor background.
 *
 * Throws DataError naming `file` for other forms.
 */
export function classesOfLabels(labels: unknown, file: string): ClassMap {
  const pairs = Object.entries(fieldsOf(labels) ?? {}).map(([key, value]): [string, unknown] =>
    /^\d+$/.test(key) && typeof value === 'string' ? [value, Number(key)] : [key, value],
  );
  const lists = pairs.map(([name, value]) => [name, Array.isArray(value) ? (value as unknown[]) : [value]] as const);
  const isSound =
    lists.length > 0 && lists.every(([, values]) => values.length > 0 && values.every(Number.isSafeInteger));
  if (!isSound) throw new DataError([{ file, rule: 'dataset.json must have "labels", names by value' }]);
  const named = lists as (readonly [string, number[]])[];
  const ignored = named.filter(([name]) => name === 'ignore').flatMap(([, values]) => values);
  const foreground = named.filter(([name, values]) => name !== 'ignore' && !(values.length === 1 && values[0] === 0));
  if (foreground.every(([, values]) => values.length === 1)) foreground.sort(([, [a]], [, [b]]) => a! - b!);
  const all = foreground.flatMap(([, values]) => values);
  const classes: ClassMap = {
    names: foreground.map(([name]) => name),
    values: foreground.map(([, values]) => values),
    exclusive: new Set(all).size === all.length,
    ...(ignored.length > 0 && { ignore: ignored }),
  };
  try {
    checkClassMap(classes);
  } catch (error) {
    throw new DataError([{ file, rule: (error as Error).message }]);
  }
  return classes;
}

/** How the channels that `modality` or `channel_names` lists are normalised: CT and colours as such, the rest as MRI. */
export function normalizationOfChannels(channels: unknown): Normalization {
  const names = Object.values(fieldsOf(channels) ?? {}).map((name) => String(name).toLowerCase());
  const every = (...known: string[]): boolean => names.length > 0 && names.every((name) => known.includes(name));
  if (every('ct')) return { mode: 'ct' };
  if (every('r', 'g', 'b', 'rgb_to_0_1')) return { mode: 'photo' };
  return { mode: every('nonorm') ? 'none' : 'mri' };
}

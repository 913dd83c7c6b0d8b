import { type ClassMap, namedClasses } from '../class-map.ts';
import { DataError } from '../data-error.ts';
import { fieldsOf, readJson } from './read-json.ts';

/**
 * Reads what the values of masks mean: `{ "edema": 2, "core": [1, 4], "ignore": 255 }`, values by name, of which `ignore`
 * and `background` are no classes. Undefined when there is no such file.
 *
 * Throws DataError naming the file when it is not of this form.
 */
export async function readClasses(file: string): Promise<ClassMap | undefined> {
  const json = await readJson(file);
  if (json === undefined) return undefined;
  const values = fieldsOf(json);
  const isValue = (value: unknown): value is number => typeof value === 'number';
  const isSound = (value: unknown): value is number | number[] =>
    isValue(value) || (Array.isArray(value) && value.every(isValue));
  if (!values || !Object.values(values).every(isSound))
    throw new DataError([{ file, rule: 'classes must be values by name, such as {"edema": 2, "core": [1, 4]}' }]);
  try {
    return namedClasses(values as Record<string, number | number[]>);
  } catch (error) {
    throw new DataError([{ file, rule: (error as Error).message }]);
  }
}

import type { ConfigInput } from '@medseg/pipeline';
import { applySettings, parseYaml } from '../run/config-file.ts';
import { firstDifference } from '../run/first-difference.ts';
import { UserError } from '../terminal/user-error.ts';

/** What one setting of a study changes in the configuration: values by their dotted keys. */
export interface StudySetting {
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Settings of the data that leave its cases, their classes and their split as they are: runs can be compared over them. */
const DATA_KEYS = ['annotators', 'emptyShare', 'imageSize', 'loaderThreads', 'normalization', 'view'];

/** Most trainings of a study: more are a mistake. */
export const MOST_TRAININGS = 1000;

/**
 * The grid of `--vary key=a,b,c` options, the last one changing fastest. Values are read as YAML, so that
 * `network.encoderChannels=[8,16],[16,32]` are two. Throws UserError that names the option.
 */
export function gridOf(options: readonly string[]): StudySetting[] {
  let settings: StudySetting[] = [{ name: '', values: {} }];
  const seen = new Set<string>();
  for (const option of options) {
    const match = /^([A-Za-z][\w.]*)=(.+)$/s.exec(option);
    if (match === null)
      throw new UserError(`--vary: must have the form key=value,value, got ${JSON.stringify(option)}`, 2);
    const [, key, text] = match as unknown as [string, string, string];
    if (seen.has(key)) throw new UserError(`--vary: each key is given once, got ${key} twice`, 2);
    seen.add(key);
    const values = parseYaml(`[${text}]`, `--vary ${key}`, 2) as unknown[];
    settings = settings.flatMap((setting) =>
      values.map((value) => joined(setting, { name: `${key}=${shown(value)}`, values: { [key]: value } })),
    );
  }
  return checked(settings, '--vary');
}

/**
 * The settings of a list in a file: mappings of keys, dotted or nested, to values, each with a `name` if wanted. Throws
 * UserError that names the file and the place in the list.
 */
export function listedSettings(list: unknown, file: string): StudySetting[] {
  if (!Array.isArray(list) || list.length === 0)
    throw new UserError(`${file}: must be a list of settings, each a mapping of names to values`);
  const settings = list.map((item: unknown, i): StudySetting => {
    if (typeof item !== 'object' || item === null || Array.isArray(item))
      throw new UserError(`${file}: setting ${i + 1} must be a mapping of names to values, got ${shown(item)}`);
    const { name, ...rest } = item as Record<string, unknown>;
    if (name !== undefined && (typeof name !== 'string' || name === ''))
      throw new UserError(`${file}: setting ${i + 1}: name must be a text, got ${shown(name)}`);
    const values = flat(rest, '');
    const own = Object.entries(values).map(([key, value]) => `${key}=${shown(value)}`);
    return { name: name ?? (own.join(' ') || 'as configured'), values };
  });
  return checked(settings, file);
}

/** Every setting of a list with every one of a grid. Throws UserError where a key is in both. */
export function product(list: readonly StudySetting[], grid: readonly StudySetting[]): StudySetting[] {
  const keys = new Set(grid.flatMap(({ values }) => Object.keys(values)));
  const both = list.flatMap(({ values }) => Object.keys(values)).find((key) => keys.has(key));
  if (both !== undefined) throw new UserError(`--vary: ${both} is in the list of settings, too`, 2);
  return list.flatMap((setting) => grid.map((other) => joined(setting, other)));
}

/** A configuration with the values of a setting. */
export function withSetting(config: ConfigInput, { values }: StudySetting): ConfigInput {
  return applySettings(
    config,
    Object.entries(values).map(([key, value]) => `${key}=${JSON.stringify(value)}`),
  );
}

function joined(a: StudySetting, b: StudySetting): StudySetting {
  return { name: [a.name, b.name].filter((name) => name !== '').join(' '), values: { ...a.values, ...b.values } };
}

/** Throws UserError for keys that a study has options for, keys whose runs cannot be compared, and settings that are equal. */
function checked(settings: StudySetting[], where: string): StudySetting[] {
  for (const key of new Set(settings.flatMap(({ values }) => Object.keys(values)))) {
    if (!/^[A-Za-z][\w.]*$/.test(key)) throw new UserError(`${where}: no setting is called ${shown(key)}`, 2);
    if (key === 'seed') throw new UserError(`${where}: seed: give the seeds with --seeds`, 2);
    if (key === 'data.fold' || key === 'data.folds')
      throw new UserError(`${where}: ${key}: give the number of folds with --folds`, 2);
    const [group, name] = key.split('.');
    if (group === 'data' && !DATA_KEYS.includes(name ?? ''))
      throw new UserError(
        `${where}: ${key}: settings are compared on the same images with the same masks; of data only ${DATA_KEYS.join(', ')} can vary`,
        2,
      );
  }
  for (const [i, setting] of settings.entries()) {
    const same = settings.findIndex((other) => firstDifference(other.values, setting.values, '') === undefined);
    if (same < i) throw new UserError(`${where}: settings must differ, got ${setting.name} twice`, 2);
    if (settings.findIndex(({ name }) => name === setting.name) < i)
      throw new UserError(`${where}: settings must have names of their own, got ${setting.name} twice`, 2);
  }
  return settings;
}

function flat(values: Record<string, unknown>, path: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]): [string, unknown][] => {
      const own = path === '' ? key : `${path}.${key}`;
      const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
      return isMapping ? Object.entries(flat(value as Record<string, unknown>, own)) : [[own, value]];
    }),
  );
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

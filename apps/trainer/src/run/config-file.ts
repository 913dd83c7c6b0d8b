import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { foreignEncoding } from '@medseg/datasets';
import { FormatError } from '@medseg/image-io';
import { readBytesSync } from '@medseg/image-io/node';
import { type ConfigInput, type RunConfig, resolveConfig } from '@medseg/pipeline';
import { parseDocument } from 'yaml';
import { type PresetName, presetText } from '../presets.ts';
import { UserError } from '../terminal/user-error.ts';

/** A configuration has a hundred lines; reading YAML takes longer than in proportion to its length. */
const MOST_BYTES = 65_536;

/** Reads a configuration file, YAML or JSON. Throws UserError where it cannot be read. */
export function readConfigFile(file: string): ConfigInput {
  const parsed = readYamlFile(file);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new UserError(`${file}: a configuration must be a mapping of names to values`);
  }
  return parsed as ConfigInput;
}

/** Reads a file of YAML or JSON, of a configuration's size. Throws UserError where it cannot be read. */
export function readYamlFile(file: string): unknown {
  let bytes: Uint8Array;
  try {
    bytes = readBytesSync(file, { maxBytes: MOST_BYTES });
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new UserError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const encoding = foreignEncoding(bytes);
  if (encoding !== undefined) throw new UserError(`${file}: a configuration must be text in UTF-8, it is ${encoding}`);
  return parseYaml(new TextDecoder().decode(bytes), file);
}

/** Reads YAML. Throws UserError for text that is too long, is no YAML, or has aliases that lead nowhere or to too much. */
export function parseYaml(text: string, where: string, exitCode?: 1 | 2): unknown {
  if (Buffer.byteLength(text) > MOST_BYTES) {
    throw new UserError(`${where}: must have at most ${MOST_BYTES} bytes, got ${Buffer.byteLength(text)}`, exitCode);
  }
  try {
    const document = parseDocument(text);
    const [fault] = [...document.errors, ...document.warnings]; // a tag that is not known is a warning
    if (fault) throw fault;
    return document.toJS() as unknown;
  } catch (error) {
    throw new UserError(`${where}: not valid YAML: ${(error as Error).message.split('\n')[0]}`, exitCode);
  }
}

/** Reads a preset. */
export function readPreset(name: PresetName): ConfigInput {
  return parseYaml(presetText(name), `preset ${name}`) as ConfigInput;
}

/**
 * One configuration over another: the sections of both, and in a section the settings of both. A network of another name
 * takes the place of the one below, whose options it does not have.
 */
export function overlay(below: ConfigInput, above: ConfigInput): ConfigInput {
  const merged: ConfigInput = { ...below };
  for (const [section, value] of Object.entries(above)) {
    const under = merged[section];
    const both = isSection(under) && isSection(value);
    const other = section === 'network' && both && value.name !== undefined && value.name !== under.name;
    merged[section] = both && !other ? { ...under, ...value } : value;
  }
  return merged;
}

function isSection(value: unknown): value is ConfigInput {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Names that every object has something under: a setting of theirs would change all objects. */
const RESERVED = ['__proto__', 'constructor', 'prototype'];

/** Applies `a.b=value` settings, whose values are read as YAML, on top of a configuration. Throws UserError for others. */
export function applySettings(config: ConfigInput, settings: readonly string[]): ConfigInput {
  const result = structuredClone(config);
  for (const setting of settings) {
    const match = /^([A-Za-z][\w.]*)=(.*)$/s.exec(setting);
    if (match === null) throw new UserError(`--set: must have the form key=value, got ${JSON.stringify(setting)}`, 2);
    const path = match[1]!.split('.');
    const reserved = path.find((key) => RESERVED.includes(key));
    if (reserved !== undefined) throw new UserError(`--set: ${match[1]}: no setting is called ${reserved}`, 2);
    let node = result;
    for (const key of path.slice(0, -1)) {
      if (!Object.hasOwn(node, key) || typeof node[key] !== 'object' || node[key] === null) node[key] = {};
      node = node[key] as ConfigInput;
    }
    node[path.at(-1)!] = parseYaml(match[2]!, `--set ${match[1]}`, 2);
  }
  return result;
}

/**
 * Fills in a configuration of this machine: by default a thread per core trains, and the folder of the data is absolute, so
 * that the run finds it from anywhere. Throws ConfigError.
 */
export function resolveHere(input: ConfigInput): RunConfig {
  const config = resolveConfig(input, { workers: availableParallelism() });
  return { ...config, data: { ...config.data, dir: resolve(config.data.dir) } };
}

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { type ConfigInput, type RunConfig, resolveConfig } from '@medseg/pipeline';
import { parse as parseYaml } from 'yaml';
import { UserError } from '../terminal/user-error.ts';

/** Reads a configuration file, YAML or JSON. Throws UserError where it cannot be read. */
export function readConfigFile(file: string): ConfigInput {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  let parsed: unknown;
  try {
    parsed = parseYaml(text);
  } catch (error) {
    throw new UserError(`${file}: not valid YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new UserError(`${file}: a configuration must be a mapping of names to values`);
  }
  return parsed as ConfigInput;
}

/** Applies `a.b=value` settings, whose values are read as YAML, on top of a configuration. */
export function applySettings(config: ConfigInput, settings: readonly string[]): ConfigInput {
  const result = structuredClone(config);
  for (const setting of settings) {
    const match = /^([A-Za-z][\w.]*)=(.*)$/s.exec(setting);
    if (match === null) throw new UserError(`--set: must have the form key=value, got ${JSON.stringify(setting)}`, 2);
    const path = match[1]!.split('.');
    let node = result;
    for (const key of path.slice(0, -1)) {
      if (typeof node[key] !== 'object' || node[key] === null) node[key] = {};
      node = node[key] as ConfigInput;
    }
    node[path.at(-1)!] = parseYaml(match[2]!);
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

import { type OptionNames, requireOptions } from '@medseg/arguments';
import { ConfigError } from '../errors.ts';
import { resolveForNetwork } from './config/resolve-for-network.ts';
import { configSchema, type ParsedConfig, type RunConfig } from './config/schema.ts';

export { normalizationSchema, viewSchema } from './config/data.ts';
export { MOST_MEMBERS, recordedSamplingSchema } from './config/sampling.ts';
export type { RunConfig } from './config/schema.ts';
export { MOST_THREADS } from './config/training.ts';

/** A configuration as a file or the command line gives it, before it is checked. */
export type ConfigInput = Record<string, unknown>;

type ConfigIssue = { readonly code?: string; readonly path: readonly PropertyKey[]; readonly message: string };

/** How the defaults that depend on the machine are filled in, and how messages name the configuration. */
export interface ResolveOptions {
  /** Default 'configuration'. */
  readonly source?: string;
  /** Default number of threads that train; 1 unless given. */
  readonly workers?: number;
}

const resolveOptionNames: OptionNames<ResolveOptions> = { source: true, workers: true };

/**
 * Checks a configuration and fills in the defaults. Throws ConfigError that names the first field at fault and the rule,
 * also where settings cannot go together.
 */
export function resolveConfig(input: ConfigInput, options: ResolveOptions = {}): RunConfig {
  requireOptions('resolveConfig', options, resolveOptionNames);
  const { source = 'configuration', workers = 1 } = options;
  const result = configSchema.safeParse(input);
  if (!result.success) {
    throw new ConfigError(`${source}: ${describeIssue(result.error.issues[0]!, input)}`);
  }
  requireFold(result.data.data, source);
  const { steps, minutes } = result.data.training;
  if (steps !== undefined && minutes !== undefined) {
    throw new ConfigError(`${source}: give training.steps or training.minutes, not both (got ${steps} and ${minutes})`);
  }
  return resolveForNetwork(result.data, { source, workers });
}

/** What is wrong with a configuration, with the value where it is one. */
function describeIssue({ code, path, message }: ConfigIssue, input: ConfigInput): string {
  const place = path.length === 0 ? '' : `${path.join('.')}: `;
  if (code === 'unrecognized_keys') return `${place}${message}`;
  const value = path.reduce<unknown>((node, key) => (node as ConfigInput | undefined)?.[String(key)], input);
  const isPlain = ['string', 'number', 'boolean'].includes(typeof value);
  return `${place}${message}${isPlain ? `, got ${JSON.stringify(value)}` : ''}`;
}

/** Throws ConfigError for a fold without the number of folds, the number without a fold, or a fold that is not there. */
function requireFold({ folds, fold }: ParsedConfig['data'], source: string): void {
  if (folds === undefined && fold === undefined) return;
  if (folds === undefined || fold === undefined)
    throw new ConfigError(
      `${source}: data.${folds === undefined ? 'fold' : 'folds'}: needs data.${folds === undefined ? 'folds' : 'fold'}, too`,
    );
  if (fold >= folds) throw new ConfigError(`${source}: data.fold: must be from 0 to ${folds - 1}, got ${fold}`);
}

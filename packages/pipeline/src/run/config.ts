import { type OptionNames, requireOptions } from '@medseg/arguments';
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { augmentationSchema, dataSchema } from './config/data.ts';
import { networkSchema } from './config/network.ts';
import { type ObjectiveConfig, objectiveSchema } from './config/objective.ts';
import { resolveForNetwork } from './config/resolve-for-network.ts';
import { MOST_MEMBERS, type SamplingConfig, samplingSchema } from './config/sampling.ts';
import { type TrainingConfig, trainingSchema } from './config/training.ts';

export { normalizationSchema, viewSchema } from './config/data.ts';
export { MOST_MEMBERS, recordedSamplingSchema } from './config/sampling.ts';
export { MOST_THREADS } from './config/training.ts';

/** Everything that decides a run; what is left out takes the default written here, or that of the network. */
export const configSchema = z.strictObject({
  seed: z.int().nonnegative().default(0).describe('decides the split, the initial weights, the batches and the noise'),
  data: dataSchema,
  network: networkSchema,
  objective: objectiveSchema.prefault({}),
  training: trainingSchema.prefault({}),
  augmentation: augmentationSchema,
  sampling: samplingSchema.prefault({}),
  evaluation: z
    .strictObject({
      fast: z.boolean().default(false).describe('after training, score the anchor alone'),
      steps: z
        .int()
        .positive()
        .max(1000)
        .optional()
        .describe('sampling steps after training; by default those of sampling'),
      members: z
        .int()
        .positive()
        .max(MOST_MEMBERS)
        .optional()
        .describe('members after training; by default those of sampling, of volumes at most 3'),
    })
    .prefault({}),
});

/** A configuration as it is checked, before the defaults of its network are filled in. */
export type ParsedConfig = z.output<typeof configSchema>;

/** A whole configuration, every default filled in. */
export type RunConfig = Omit<ParsedConfig, 'training' | 'objective' | 'sampling'> & {
  /** What the denoiser is trained for. */
  readonly objective: ObjectiveConfig;
  /** How it is trained; see `medseg train --help`. */
  readonly training: TrainingConfig;
  /** How masks are drawn. */
  readonly sampling: SamplingConfig;
};
/** A configuration as a file or the command line gives it, before it is checked. */
export type ConfigInput = Record<string, unknown>;

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
    const { path, message } = result.error.issues[0]!;
    throw new ConfigError(`${source}: ${path.join('.') || 'the whole'}: ${message}`);
  }
  requireFold(result.data.data, source);
  const { steps, minutes } = result.data.training;
  if (steps !== undefined && minutes !== undefined) {
    throw new ConfigError(`${source}: give training.steps or training.minutes, not both (got ${steps} and ${minutes})`);
  }
  return resolveForNetwork(result.data, { source, workers });
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

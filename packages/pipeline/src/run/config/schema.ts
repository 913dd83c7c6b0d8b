import { z } from 'zod';
import { augmentationSchema, dataSchema } from './data.ts';
import { networkSchema } from './network.ts';
import { type ObjectiveConfig, objectiveSchema } from './objective.ts';
import { MOST_MEMBERS, type SamplingConfig, samplingSchema } from './sampling.ts';
import { type TrainingConfig, trainingSchema } from './training.ts';

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

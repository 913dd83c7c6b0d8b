import { type OptionNames, requireOptions } from '@medseg/arguments';
import { currentLayoutName, LAYOUT_NAMES } from '@medseg/datasets';
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { SCHEDULER_NAMES } from '../networks/process.ts';

const count = z.int().positive();
const share = z.number().min(0).max(1);
/** Members of an ensemble: more take days and tell nothing more. */
export const MOST_MEMBERS = 1000;
/** Threads of any kind. */
export const MOST_THREADS = 256;
const amount = z.number().nonnegative().default(0);

const percent = z.number().min(0).max(100);
const percentiles = z
  .tuple([percent, percent])
  .refine(([low, high]) => low < high, 'must be a lower percentile and a higher one');

/** How intensities become numbers around 0, as in @medseg/datasets. */
export const normalizationSchema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('mri'), percentiles: percentiles.optional() }),
  z.strictObject({ mode: z.literal('ct'), center: z.number().optional(), width: z.number().positive().optional() }),
  z.strictObject({ mode: z.literal('photo') }),
  z.strictObject({ mode: z.literal('none') }),
]);

/** How volumes become slices, and images patches, as in @medseg/datasets. */
export const viewSchema = z.strictObject({
  plane: z.enum(['axial', 'coronal', 'sagittal', 'i', 'j', 'k']).optional(),
  neighbours: z.int().nonnegative().optional(),
  patches: z.strictObject({ overlap: z.number().min(0).lt(1).optional() }).optional(),
});

/** How masks are drawn. */
export const samplingSchema = z.strictObject({
  scheduler: z.enum(SCHEDULER_NAMES).default('ddim').describe('ddim draws noise once, ddpm at every step'),
  steps: count.max(1000).default(3),
  members: count.max(MOST_MEMBERS).default(5),
});

/** Everything that decides a run; what is left out takes the default written here. */
const configSchema = z.strictObject({
  seed: z.int().nonnegative().default(0).describe('decides the split, the initial weights, the batches and the noise'),
  data: z.strictObject({
    dir: z.string(),
    layout: z.preprocess((name) => (typeof name === 'string' ? currentLayoutName(name) : name), z.enum(LAYOUT_NAMES)),
    classes: z.string().optional().describe('classes of the masks, as disc=0+128,cup=0; else as the layout says'),
    patientPattern: z
      .string()
      .optional()
      .describe('regular expression on a case’s id whose first group is its patient'),
    maskThreshold: z
      .number()
      .positive()
      .optional()
      .describe('for masks with soft edges and no classes: values from here on are foreground'),
    maxFileBytes: count.optional().describe('largest decoded file in bytes; by default 1 GiB'),
    series: z
      .string()
      .optional()
      .describe('which DICOM series of a patient is the image: UID, description or modality; for the layout dicom'),
    normalization: normalizationSchema.optional().describe('else as suits the layout'),
    view: viewSchema.optional().describe('how volumes become slices, and images patches'),
    emptyShare: share.default(1).describe('share of the slices without foreground to train on'),
    loaderThreads: z
      .int()
      .nonnegative()
      .max(MOST_THREADS)
      .default(1)
      .describe('threads that read and augment samples; 0: none'),
    annotators: z
      .enum(['draw', 'majority', 'mean'])
      .default('majority')
      .describe('what several masks of a case become'),
    imageSize: z.tuple([count, count]).default([64, 64]).describe('height and width that the network works at'),
    duplicates: z
      .boolean()
      .default(true)
      .describe('keep images of different patients that are nearly the same in one part of the split'),
    validation: share.default(0.15).describe('share of the patients for validation'),
    test: share.default(0.15).describe('share of the patients for testing'),
    folds: count.min(2).optional().describe('cross-validation: parts of the patients, of which one is tested on'),
    fold: z
      .int()
      .nonnegative()
      .optional()
      .describe('which of the folds is tested on, from 0; validation is a share of the others, test is not used'),
    splitSeed: z.int().nonnegative().optional().describe('decides the split; by default the seed'),
    skipInvalid: z.boolean().default(false).describe('leave out files that cannot be used'),
  }),
  network: z
    .strictObject({
      encoderChannels: z.array(count).min(1).default([16, 32, 64, 96]),
      encoderBlocks: count.default(2),
      denoiserChannels: z.array(count).min(1).default([16, 24, 32, 48]),
      timeChannels: count.default(64),
      heads: count.default(4),
      groups: count.default(8),
      headPadding: z
        .enum(['zeros', 'replicate'])
        .default('replicate')
        .describe('what the last convolutions see beyond the border; runs of earlier versions have zeros'),
    })
    .prefault({}),
  training: z
    .strictObject({
      steps: count.optional().describe('optimisation steps; without it, minutes decide'),
      minutes: z.number().positive().optional().describe('time to train'),
      batchSize: count.default(16),
      workers: count
        .max(MOST_THREADS)
        .optional()
        .describe('threads that train, each with a share of the batch; by default the cores. Decides the last bits'),
      learningRate: z.number().positive().default(2e-3).describe('peak of warm-up and cosine decay, in each phase'),
      weightDecay: z.number().nonnegative().default(1e-4),
      clipNorm: z.number().positive().default(1),
      encoderShare: z.number().gt(0).max(1).default(0.6).describe('share of the budget for the encoder and its anchor'),
      recycling: share.default(0.5).describe("share of the denoiser's steps that start from its own prediction"),
      validations: count.default(20),
      validationCases: count.default(64).describe('cases looked at in a validation during training'),
      patience: z
        .int()
        .nonnegative()
        .default(0)
        .describe('end a phase after so many validations without a better one; 0: never'),
      checkpointSeconds: z.number().positive().default(30),
    })
    .prefault({}),
  augmentation: z
    .strictObject({
      flip: z.boolean().default(true),
      rotate90: z.boolean().default(false),
      intensity: share.default(0.1),
      rotate: amount.describe('degrees'),
      scale: amount,
      elastic: amount.describe('pixels'),
      gamma: amount,
      biasField: amount,
      noise: amount,
      mixup: amount,
    })
    .prefault({}),
  sampling: samplingSchema.prefault({}),
  evaluation: z
    .strictObject({
      fast: z.boolean().default(false).describe('after training, score the anchor alone'),
      steps: count.max(1000).optional().describe('sampling steps after training; by default those of sampling'),
      members: count
        .max(MOST_MEMBERS)
        .optional()
        .describe('members after training; by default those of sampling, of volumes at most 3'),
    })
    .prefault({}),
});

type ParsedConfig = z.output<typeof configSchema>;

/** A whole configuration, every default filled in. */
export type RunConfig = Omit<ParsedConfig, 'training'> & {
  /** How it is trained; see `medseg train --help`. */
  readonly training: Omit<ParsedConfig['training'], 'workers'> & {
    /** Threads that train, each with a share of the batch. */
    readonly workers: number;
  };
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

/** Checks a configuration and fills in the defaults. Throws ConfigError that names the first field at fault and the rule. */
export function resolveConfig(input: ConfigInput, options: ResolveOptions = {}): RunConfig {
  requireOptions('resolveConfig', options, resolveOptionNames);
  const { source = 'configuration', workers = 1 } = options;
  const result = configSchema.safeParse(input);
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    throw new ConfigError(`${source}: ${path.join('.') || 'the whole'}: ${message}`);
  }
  const { training, data } = result.data;
  requireFold(data, source);
  const { steps, minutes } = training;
  if (steps !== undefined && minutes !== undefined) {
    throw new ConfigError(`${source}: give training.steps or training.minutes, not both (got ${steps} and ${minutes})`);
  }
  return { ...result.data, training: { ...training, workers: training.workers ?? workers } };
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

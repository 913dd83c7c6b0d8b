import { z } from 'zod';

const count = z.int().positive();
const share = z.number().min(0).max(1);
/** Threads of any kind. */
export const MOST_THREADS = 256;

/** How long and how it is trained. */
export const trainingSchema = z.strictObject({
  steps: count.optional().describe('optimisation steps; without it, minutes decide'),
  minutes: z.number().positive().optional().describe('time to train'),
  batchSize: count.default(16),
  workers: count
    .max(MOST_THREADS)
    .optional()
    .describe('threads that train, each with a share of the batch; by default the cores. Decides the last bits'),
  learningRate: z
    .number()
    .positive()
    .optional()
    .describe('highest rate in each phase; by default as suits the network'),
  rate: z
    .enum(['cosine', 'constant', 'linear'])
    .default('cosine')
    .describe('how the rate goes over each phase: warm-up and cosine decay to a hundredth, the same, or linearly to 0'),
  warmUp: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe('share of each phase in which the rate rises; by default 0.04 of cosine, else 0'),
  plateau: z
    .strictObject({
      factor: z.number().gt(0).lt(1).default(0.5).describe('what the rate is multiplied by'),
      patience: z.int().nonnegative().default(3).describe('validations without a better one that are borne'),
    })
    .optional()
    .describe('reduces the rate where validation no longer improves'),
  optimizer: z.enum(['adamw', 'adam', 'sgd']).default('adamw').describe('adam and sgd have PyTorch’s coupled decay'),
  momentum: z.number().min(0).lt(1).default(0.9).describe('of sgd'),
  accumulate: count.default(1).describe('batches of a step, computed one after another: memory of one, step of all'),
  beta1: z.number().min(0).lt(1).default(0.9).describe('decay of the mean of gradients'),
  beta2: z.number().min(0).lt(1).default(0.999).describe('decay of the mean of squared gradients'),
  weightDecay: z.number().nonnegative().default(1e-4),
  decays: z
    .enum(['matrices', 'all'])
    .default('matrices')
    .describe('which weights decay: those of two axes or more, or all, as in PyTorch'),
  clipNorm: z.number().nonnegative().default(1).describe('largest norm of the gradients; 0: they are not clipped'),
  averageDecay: z.number().min(0).lt(1).default(0.9999).describe('decay of the moving average of the weights'),
  averageWarmUp: z
    .boolean()
    .default(true)
    .describe('whether that decay rises from 0.1, so that early weights are forgotten'),
  moreAverages: z
    .array(z.number().min(0).lt(1))
    .max(4)
    .default([])
    .describe('decays of further averages; the one that validates best is kept'),
  encoderShare: z
    .number()
    .gt(0)
    .max(1)
    .default(0.6)
    .describe('of the network medseg: share of the budget for the encoder and its anchor'),
  recycling: share
    .optional()
    .describe('share of the denoiser’s steps that start from its own prediction; by default as suits the network'),
  validations: count.default(20),
  validationCases: count.optional().describe('cases looked at in a validation during training'),
  validationSteps: count.max(1000).optional().describe('sampling steps of a validation; by default at most 10'),
  patience: z
    .int()
    .nonnegative()
    .default(0)
    .describe('end a phase after so many validations without a better one; 0: never'),
  checkpointSeconds: z.number().positive().default(30),
});

type Parsed = z.output<typeof trainingSchema>;

/** How long and how it is trained, resolved. */
export type TrainingConfig = Omit<
  Parsed,
  'workers' | 'learningRate' | 'recycling' | 'validationCases' | 'validationSteps'
> & {
  /** Threads that train, each with a share of the batch. */
  readonly workers: number;
  readonly learningRate: number;
  readonly recycling: number;
  readonly validationCases: number;
  readonly validationSteps: number;
};

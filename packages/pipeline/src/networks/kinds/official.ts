import { type OfficialConfig, OfficialNew, OfficialV1 } from '@medseg/models';
import { officialRecipe } from '@medseg/training';
import { z } from 'zod';
import { defineKind, type KindDefaults, type NetworkShape } from './kind.ts';
import { count, levels } from './options.ts';

const share = z.number().min(0).lt(1);

/** The options of both official networks; the reference's names are in the README of @medseg/models. */
const options = {
  channels: count.default(128).describe('channels of the finest level'),
  multipliers: levels
    .default([1, 1, 2, 2, 4, 4])
    .describe('channels of each level as a multiple of channels; the first is 1'),
  blocks: z.int().nonnegative().default(2).describe('residual blocks of a level on the way down'),
  attentionReductions: z
    .array(count)
    .default([16])
    .describe('reductions of the image’s size at which there is attention'),
  heads: count.default(1).describe('heads of the attention'),
  upHeads: count.optional().describe('heads on the way up; by default as many'),
  headChannels: count.optional().describe('channels of a head, in place of a number of heads'),
  newAttentionOrder: z.boolean().default(false).describe('whether all queries come first, then all keys and values'),
  scaleShift: z.boolean().default(false).describe('whether the time scales and shifts the second normalisation'),
  resamplingBlocks: z.boolean().default(false).describe('whether residual blocks change the size'),
  resamplingConvolutions: z.boolean().default(true).describe('whether the layers that change the size convolve'),
  groups: count.default(32).describe('groups of every GroupNorm'),
  dropout: share.default(0).describe('share of the values that residual blocks drop in training'),
  highway: z
    .strictObject({
      channels: count.default(32).describe('channels of its first level, which double at each pooling'),
      poolings: z.int().min(3).default(5).describe('how often it halves the image'),
      maxChannels: count.default(480).describe('channels of a level at most'),
      dropout: share.default(0.5).describe('share of the channels that its encoder drops in training'),
    })
    .prefault({})
    .describe('the convolutional U-Net over the image'),
};

const shared = {
  predictions: ['epsilon', 'sample', 'v_prediction', 'flow', 'logits'],
  variance: true,
  ownMask: true,
  selfConditioning: false,
  diffusion: true,
  defaults: {
    prediction: 'epsilon',
    learnedVariance: true,
    schedule: 'linear-scaled',
    timesteps: 1000,
    learningRate: 1e-4,
    recycling: 0,
    maskWeight: 10,
  } satisfies KindDefaults,
} as const;

type Given = z.output<z.ZodObject<typeof options>>;

/** Options that are left out are absent: zod types them as perhaps undefined. */
function optionsOf({ upHeads, headChannels, ...given }: Given & { name: string }): Partial<OfficialConfig> {
  const { name: _, ...rest } = given;
  return {
    ...rest,
    ...(upHeads !== undefined && { upHeads }),
    ...(headChannels !== undefined && { headChannels }),
  };
}

function shapeOf({
  imageSize,
  imageChannels,
  maskChannels,
  predictionType,
  learnedVariance,
  seed,
}: NetworkShape): Partial<OfficialConfig> {
  const outChannels = maskChannels * (learnedVariance ? 2 : 1);
  return { imageSize, imageChannels, maskChannels, predictionType, outChannels, seed };
}

/** SuperMedIntel/MedSegDiff, first version. */
export const officialV1 = defineKind({
  ...shared,
  title: 'SuperMedIntel/MedSegDiff, V1',
  anchor: false, // its own mask depends on x_t
  options: z.strictObject({
    name: z.literal('official-v1'),
    ...options,
    fusion: z
      .enum(['gate', 'affinity'])
      .default('affinity')
      .describe('how both halves meet: as in the paper’s equations 4 to 7 (affinity), or as in its code (gate)'),
  }),
  build: (given, shape) => new OfficialV1({ ...optionsOf(given), ...shapeOf(shape) }),
  recipe: (network, { schedule, activation, learningRate, learner, denoiser, maskWeight }) =>
    officialRecipe(network, {
      schedule,
      activation,
      learningRate,
      learner,
      ...denoiser,
      calibrationWeight: maskWeight,
    }),
});

/** SuperMedIntel/MedSegDiff, "new" version. */
export const officialNew = defineKind({
  ...shared,
  title: 'SuperMedIntel/MedSegDiff, "new"',
  anchor: true,
  options: z.strictObject({ name: z.literal('official-new'), ...options }),
  build: (given, shape) => new OfficialNew({ ...optionsOf(given), ...shapeOf(shape) }),
  recipe: (network, { schedule, activation, learningRate, learner, denoiser, maskWeight }) =>
    officialRecipe(network, {
      schedule,
      activation,
      learningRate,
      learner,
      ...denoiser,
      calibrationWeight: maskWeight,
    }),
});

import { Lucidrains } from '@medseg/models';
import { diffusionRecipe } from '@medseg/training';
import { z } from 'zod';
import { defineKind } from './kind.ts';
import { count, flags, levels, sideOf } from './options.ts';

/** The network of lucidrains/med-seg-diff-pytorch. */
export const lucidrains = defineKind({
  title: 'lucidrains/med-seg-diff-pytorch',
  options: z.strictObject({
    name: z.literal('lucidrains'),
    channels: count.default(64).describe('channels of the first convolutions, even'),
    multipliers: levels
      .default([1, 2, 4, 8])
      .describe('for each level, finest first, how many times channels it ends with'),
    linearAttention: flags
      .default([true, true, true, false])
      .describe('for each level, whether its attention is linear'),
    heads: count.default(4).describe('heads of each attention'),
    headChannels: count.default(32).describe('channels of a head'),
    transformerDepth: z.int().nonnegative().default(1).describe('layers of the transformer in the middle'),
    groups: count.default(8).describe('groups of the GroupNorms'),
    imageSkips: z.boolean().default(false).describe('whether the decoder sees the image encoder’s features, too'),
    dynamicMap: z.boolean().default(false).describe('whether a small vision transformer corrects the FF-Parser’s map'),
    patchSize: count.default(16).describe('side of its patches'),
    mapHeadChannels: count.default(32).describe('channels of a head of it'),
  }),
  predictions: ['epsilon', 'sample', 'v_prediction', 'flow', 'logits'],
  variance: false,
  selfConditioning: true,
  ownMask: false,
  anchor: false,
  diffusion: true,
  defaults: {
    prediction: 'epsilon',
    learnedVariance: false,
    schedule: 'cosine',
    timesteps: 1000,
    learningRate: 3e-4,
    recycling: 0,
    maskWeight: 0,
  },
  build: (
    { name: _, ...options },
    { imageSize, imageChannels, maskChannels, predictionType, selfConditioning, seed },
  ) =>
    new Lucidrains({
      ...options,
      imageSize: sideOf('lucidrains', imageSize),
      selfCondition: selfConditioning,
      ...{ imageChannels, maskChannels, predictionType, seed },
    }),
  recipe: (network, { schedule, activation, learningRate, learner, denoiser }) =>
    diffusionRecipe(network, { schedule, activation, learningRate, learner, ...denoiser }),
});

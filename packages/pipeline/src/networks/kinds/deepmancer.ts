import { DeepmancerUNet } from '@medseg/models';
import { diffusionRecipe } from '@medseg/training';
import { z } from 'zod';
import { defineKind } from './kind.ts';
import { count, flags, sideOf } from './options.ts';

/** The network of deepmancer/medseg-diffusion. */
export const deepmancer = defineKind({
  title: 'deepmancer/medseg-diffusion',
  options: z.strictObject({
    name: z.literal('deepmancer'),
    channels: count
      .default(16)
      .describe('channels of the first convolutions, a multiple of 8; they double at each level'),
    linearAttention: flags
      .default([true, true, true, false])
      .describe('for each level, finest first, whether its attention is linear'),
    imageSkips: z.boolean().default(false).describe('whether the decoder sees the image encoder’s features, too'),
    timeChannels: count.default(128).describe('features of the time embedding'),
    heads: count.default(4).describe('heads of each attention'),
    headChannels: count.default(32).describe('channels of a head'),
    transformerDepth: z.int().nonnegative().default(1).describe('layers of the transformer in the middle'),
    timeCode: z
      .enum(['angle', 'product'])
      .default('angle')
      .describe('product is the reference’s t [sin f, cos f]; angle is the usual code of time'),
    affinityWeighs: z
      .enum(['condition', 'normalised'])
      .default('condition')
      .describe('what the affinity multiplies: the condition as in the paper, or its LayerNorm as in the reference'),
  }),
  predictions: ['epsilon', 'sample', 'v_prediction', 'flow', 'logits'],
  variance: true,
  selfConditioning: false,
  ownMask: false,
  anchor: false,
  diffusion: true,
  defaults: {
    prediction: 'epsilon',
    learnedVariance: false,
    schedule: 'cosine',
    timesteps: 100,
    learningRate: 2e-4,
    recycling: 0,
    maskWeight: 0,
  },
  build: ({ name: _, ...options }, { imageSize, imageChannels, maskChannels, predictionType, learnedVariance, seed }) =>
    new DeepmancerUNet({
      ...options,
      imageSize: sideOf('deepmancer', imageSize),
      outputChannels: maskChannels * (learnedVariance ? 2 : 1),
      ...{ imageChannels, maskChannels, predictionType, seed },
    }),
  recipe: (network, { schedule, activation, learningRate, learner, denoiser }) =>
    diffusionRecipe(network, { schedule, activation, learningRate, learner, ...denoiser }),
});

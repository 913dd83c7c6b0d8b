import { UNet } from '@medseg/models';
import { maskRecipe } from '@medseg/training';
import { z } from 'zod';
import { defineKind } from './kind.ts';
import { count, headPadding, levels } from './options.ts';

/** A plain U-Net, the baseline of equal budget: it learns the mask itself, and there is nothing to sample. */
export const unet = defineKind({
  title: 'plain U-Net (Ronneberger et al. 2015)',
  options: z.strictObject({
    name: z.literal('unet'),
    channels: levels.default([16, 32, 64, 96]).describe('channels of each level, finest first'),
    blocks: count.default(2).describe('residual blocks of a level on the way down'),
    heads: count.default(4).describe('heads of the attention at the coarsest level'),
    groups: count.default(8).describe('groups of every GroupNorm'),
    headPadding,
  }),
  predictions: ['logits'],
  variance: false,
  selfConditioning: false,
  ownMask: true,
  anchor: true,
  diffusion: false,
  defaults: {
    prediction: 'logits',
    learnedVariance: false,
    schedule: 'cosine',
    timesteps: 1000,
    learningRate: 2e-3,
    recycling: 0,
    maskWeight: 1,
  },
  build: ({ name: _, ...options }, { imageSize, imageChannels, maskChannels, seed }) =>
    new UNet({ ...options, imageSize, imageChannels, maskChannels, seed }),
  recipe: (network, { activation, learningRate, learner }) =>
    maskRecipe(network, { activation, learningRate, learner }),
});

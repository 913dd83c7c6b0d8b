import { MedSegDiffV2 } from '@medseg/models';
import { diffusionRecipe, medSegDiffV2Recipe } from '@medseg/training';
import { z } from 'zod';
import { defineKind } from './kind.ts';
import { count, levels } from './options.ts';

/** MedSegDiff-V2 as its paper describes it. */
export const v2 = defineKind({
  title: 'MedSegDiff-V2 (Wu et al. 2023)',
  options: z.strictObject({
    name: z.literal('v2'),
    conditionChannels: levels.default([16, 32, 64, 96]).describe('channels of each level of the condition model'),
    diffusionChannels: levels.default([16, 32, 64, 96]).describe('channels of each level of the diffusion model'),
    blocks: count.default(2).describe('residual blocks of a level on the way down, in both'),
    formers: count.default(4).describe('blocks of the SS-Former'),
    gaussianSize: count.default(5).describe('side of the Gaussian kernel of the anchor condition; odd'),
    filterChannels: count.default(16).describe('hidden features of its band-pass filters'),
    filterSize: count.default(3).describe('side of their convolutions over pairs of frequencies; odd'),
    filterBlocks: count.default(2).describe('convolutions of a filter'),
    gaussianMean: z
      .enum(['learned', 'zero'])
      .default('learned')
      .describe('whether the Gaussian’s mean is learned beside its variance, as in the paper'),
    anchorAt: z
      .enum(['level', 'stem'])
      .default('level')
      .describe('where the anchor acts: on the finest level’s features, or on those of the first convolution'),
    timeChannels: count.default(64).describe('features of the time embedding'),
    heads: count.default(4).describe('heads of the attention of the condition model'),
    groups: count.default(8).describe('groups of every GroupNorm'),
  }),
  predictions: ['epsilon', 'sample', 'v_prediction', 'flow', 'logits'],
  variance: true,
  selfConditioning: false,
  ownMask: true,
  anchor: true,
  diffusion: true,
  defaults: {
    prediction: 'epsilon',
    learnedVariance: false,
    schedule: 'linear-scaled',
    timesteps: 1000,
    learningRate: 1e-4,
    recycling: 0,
    maskWeight: 1,
  },
  build: ({ name: _, ...options }, { imageSize, imageChannels, maskChannels, predictionType, learnedVariance, seed }) =>
    new MedSegDiffV2({
      ...options,
      outChannels: maskChannels * (learnedVariance ? 2 : 1),
      ...{ imageSize, imageChannels, maskChannels, predictionType, seed },
    }),
  recipe: (network, { schedule, activation, learningRate, learner, denoiser, maskWeight }) => {
    const options = { schedule, activation, learningRate, learner, ...denoiser };
    if (maskWeight === 0) return diffusionRecipe(network, options);
    return medSegDiffV2Recipe(network, options);
  },
});

import { AnchoredDiffusion } from '@medseg/models';
import { anchoredRecipe } from '@medseg/training';
import { z } from 'zod';
import { defineKind } from './kind.ts';
import { count, headPadding, levels } from './options.ts';

/** The network of this project: an encoder with an anchor head, and a light denoiser on it, trained in two phases. */
export const medseg = defineKind({
  title: 'this project: AnchoredDiffusion',
  options: z.strictObject({
    name: z.literal('medseg'),
    encoderChannels: levels.default([16, 32, 64, 96]).describe('channels of each level of the encoder, finest first'),
    encoderBlocks: count.default(2).describe('residual blocks of a level of the encoder'),
    denoiserChannels: levels.default([16, 24, 32, 48]).describe('channels of each level of the denoiser'),
    timeChannels: count.default(64).describe('features of the time embedding'),
    heads: count.default(4).describe('heads of the attention at the coarsest level'),
    groups: count.default(8).describe('groups of every GroupNorm'),
    headPadding,
    anchorInput: z
      .enum(['mask', 'sharpened'])
      .default('sharpened')
      .describe(
        'what the denoiser is fed of the anchor’s logits l: their mask tanh(l / 2), or tanh(l), of logits twice as sure',
      ),
    fusion: z
      .enum(['attentive', 'dynamic'])
      .default('attentive')
      .describe(
        'how the features of both meet: h + affinity g + g at each level, or as in equations 3 to 7 of V1’s paper',
      ),
  }),
  predictions: ['logits'],
  variance: false,
  selfConditioning: false,
  ownMask: false,
  anchor: true,
  diffusion: true,
  defaults: {
    prediction: 'logits',
    learnedVariance: false,
    schedule: 'cosine',
    timesteps: 1000,
    learningRate: 2e-3,
    recycling: 0.5,
    maskWeight: 0,
  },
  build: ({ name: _, ...options }, { imageSize, imageChannels, maskChannels, seed }) =>
    new AnchoredDiffusion({ ...options, imageSize, imageChannels, maskChannels, seed }),
  recipe: (network, { schedule, activation, learningRate, learner, encoderShare, denoiser }) => {
    const { recycling = 0 } = denoiser;
    const recipe = anchoredRecipe(network, { schedule, activation, encoderShare, recycling, ...learner });
    return { ...recipe, phases: recipe.phases.map((phase) => ({ ...phase, learningRate })) };
  },
});

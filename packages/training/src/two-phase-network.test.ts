import { register } from '@medseg/backend-wasm';
import { cosineSchedule } from '@medseg/diffusion';
import { AnchoredDiffusion, MedSegDiffV2, OfficialNew } from '@medseg/models';
import { expectNoLeak } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { anchoredRecipe } from './phases/anchored-recipe.ts';
import type { Recipe } from './recipe.ts';
import { discBatch, smallTrainer } from './small-trainer.fixture.ts';
import { train } from './train.ts';
import { Trainer } from './trainer.ts';
import type { Anchored, TwoPhaseNetwork } from './two-phase-network.ts';

beforeAll(() => register());

const recipeOf = (network: TwoPhaseNetwork, encoderShare = 0.6): Recipe =>
  anchoredRecipe(network, { schedule: cosineSchedule(), encoderShare });
const sizes = { imageSize: [8, 8], imageChannels: 1, seed: 1 } as const;
const v2 = { ...sizes, conditionChannels: [8, 8], diffusionChannels: [8, 8], formers: 1 } as const;
const highway = { channels: 2, poolings: 3, maxChannels: 8 };
const official = {
  ...sizes,
  channels: 8,
  multipliers: [1, 2],
  blocks: 1,
  attentionReductions: [2],
  groups: 4,
  highway,
};

it.each<[string, () => TwoPhaseNetwork, string]>([
  ['OfficialNew', () => new OfficialNew(official), "'epsilon' and a variance of masks in [0, 1]"],
  ['MedSegDiffV2', () => new MedSegDiffV2(v2), "'epsilon' of masks in [-1, 1]"],
  [
    'OfficialNew of logits',
    () => new OfficialNew({ ...official, outChannels: 1, predictionType: 'logits' }),
    "'logits' of masks in [0, 1]",
  ],
])('anchoredRecipe refuses %s, whose output is no mask logits', (_, make, got) => {
  expect(() => recipeOf(make())).toThrow(
    new TypeError(`anchoredRecipe: the network must predict mask logits of masks in [-1, 1], got ${got}`),
  );
});

it('a recipe of a network without an anchor is refused at its first step, in either phase, and leaves no tensor behind', async () => {
  const whole = smallTrainer().model;
  const none = { features: tf.zeros([1]) } as unknown as Anchored;
  const network: TwoPhaseNetwork = {
    ...whole,
    predictionType: 'logits',
    encode: () => ({ ...none }),
    denoise: () => tf.zeros([4, 8, 8, 1]),
    variables: () => whole.variables(),
    encoderVariables: () => whole.encoderVariables(),
    denoiserVariables: () => whole.denoiserVariables(),
    dispose: () => undefined,
  };
  const trainer = new Trainer(recipeOf(network), { seed: 1 });
  const rule = /condition must hold the mask logits of an anchor head as anchor, got features/;
  await expectNoLeak(() => expect(() => trainer.step(discBatch(0), 0)).toThrow(rule));
  trainer.beginNextPhase(0);
  expect(() => trainer.step(discBatch(0), 0)).toThrow(rule);
  expect(trainer.progress.step).toBe(0);
});

it('MedSegDiffV2 trains so where it predicts logits', async () => {
  const trainer = new Trainer(recipeOf(new MedSegDiffV2({ ...v2, predictionType: 'logits' }), 0.5), { seed: 1 });
  const losses: number[] = [];
  const batchAt = (step: number): ReturnType<typeof discBatch> => discBatch(step);
  for await (const { loss } of train(trainer, { budget: { steps: 4 }, batchAt })) losses.push(loss);
  expect(losses).toHaveLength(4);
  expect(losses.every((loss) => Number.isFinite(loss) && loss > 0)).toBe(true);
});

it('AnchoredDiffusion is one', () => {
  const network = new AnchoredDiffusion({ ...sizes, encoderBlocks: 1 });
  expect(() => recipeOf(network)).not.toThrow();
  expect(() => recipeOf(network, 0)).toThrow(
    'anchoredRecipe: encoderShare must be a number above 0 and at most 1, got 0',
  );
});

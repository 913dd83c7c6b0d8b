import { register } from '@medseg/backend-wasm';
import { cosineSchedule } from '@medseg/diffusion';
import { createRandom } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import '@medseg/test-support';
import { anchoredRecipe } from './phases/anchored-recipe.ts';
import { discBatch, halvedBatch, smallTrainer } from './small-trainer.fixture.ts';
import { stepGradients } from './step-gradients.ts';
import type { StepInput } from './step-input.ts';
import { train } from './train.ts';
import type { CheckedBatch } from './training-batch.ts';

beforeAll(() => register());

/** A batch of which random pixels do not count; the truth there is right, or what is none. */
function partlyIgnored(batch: CheckedBatch, { wrong }: { wrong: boolean }): CheckedBatch {
  const random = createRandom(7);
  const classes = batch.maskShape[3];
  const pixelWeights = Float32Array.from({ length: batch.masks.length / classes }, () =>
    random.uniform() < 0.4 ? 0 : 1,
  );
  const masks = batch.masks.map((value, i) =>
    wrong && pixelWeights[Math.floor(i / classes)] === 0 ? 1 - value : value,
  );
  return { ...batch, masks, pixelWeights };
}

describe('pixels that do not count', () => {
  it.each([
    ['encoder', 1, false],
    ['encoder', 2, false],
    ['denoiser', 1, false],
    ['denoiser', 2, false],
    ['denoiser', 2, true],
  ] as const)('leave the step of the %s with %i classes as it is, whatever their truth', (phase, classes, recycled) => {
    const { model } = smallTrainer(1, { classes });
    const batch = classes === 1 ? discBatch(0, 2) : halvedBatch(0, 2);
    const schedule = cosineSchedule({ steps: 1000 });
    const recipe = anchoredRecipe(model, { schedule, activation: 'softmax', recycling: recycled ? 1 : 0 });
    const draw = recipe.phases[1]!.draw!(2, batch.masks.length / 2, createRandom(3));
    expect('t2' in draw).toBe(recycled);
    const step = (of: CheckedBatch): { loss: number; gradients: number[] } => {
      const input: StepInput = { phase, batch: of, draw };
      const { loss, gradients } = stepGradients(recipe, input);
      return { loss, gradients: [...gradients.values()].flatMap((gradient) => [...gradient.dataSync()]) };
    };
    const right = step(partlyIgnored(batch, { wrong: false }));
    const ignored = step(partlyIgnored(batch, { wrong: true }));
    expect(ignored).toEqual(right);
    expect(right.gradients.some((value) => value !== 0)).toBe(true);
    expect(right.loss).not.toBe(step(batch).loss);
    const { pixelWeights: _, ...counted } = partlyIgnored(batch, { wrong: true });
    expect(step(counted).loss).not.toBe(right.loss);
  });

  it('are not learned: what is wrong there does no harm', async () => {
    /** The right half has the opposite of the truth. */
    const halfWrong = (step: number, isKnown: boolean): CheckedBatch => {
      const batch = discBatch(step, 4);
      const masks = batch.masks.map((value, i) => (i % 8 < 4 ? value : 1 - value));
      const pixelWeights = masks.map((_, i) => (i % 8 < 4 ? 1 : 0));
      return { ...batch, masks, ...(isKnown && { pixelWeights }) };
    };
    const lossOfTruth = async (isKnown: boolean): Promise<number> => {
      const trainer = smallTrainer(1, { encoderShare: 1 });
      const batchAt = (step: number): CheckedBatch => halfWrong(step, isKnown);
      for await (const _ of train(trainer, { budget: { steps: 100 }, batchAt }));
      const { loss, gradients } = stepGradients(trainer.recipe, { phase: 'encoder', batch: discBatch(1000, 8) });
      tf.dispose([...gradients.values()]);
      return loss;
    };
    expect(await lossOfTruth(true)).toBeLessThan(0.7);
    expect(await lossOfTruth(false)).toBeGreaterThan(1);
  });

  it('are refused where they are not one per pixel, or no share', () => {
    const trainer = smallTrainer();
    const batch = discBatch(0, 2);
    expect(() => trainer.step({ ...batch, pixelWeights: new Float32Array(4) }, 0)).toThrow(
      'train: pixelWeights must have 128 values for [2, 8, 8], got 4',
    );
    const pixelWeights = new Float32Array(128).fill(1);
    pixelWeights[100] = 255;
    expect(() => trainer.step({ ...batch, pixelWeights }, 0)).toThrow(
      'train: pixelWeights must be from 0 to 1, got 255 of disc 1',
    );
  });
});

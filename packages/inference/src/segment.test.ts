import { cosineSchedule, ddim, ddpm } from '@medseg/diffusion';
import { createRandom } from '@medseg/random';
import { describeOnBackends, expectNoLeak, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { binaryEntropy, choiceEntropy } from './entropy.ts';
import { type SegmentOptions, segment } from './segment.ts';
import type { SegmentationModel } from './segmentation-model.ts';

type Condition = { anchor: tf.Tensor4D; features: tf.Tensor4D[] };

/** Its anchor is the image's first channel; the denoiser returns the anchor, moved by the noisy mask. */
function model(pull: number): SegmentationModel<Condition> {
  return {
    encode: (images) => {
      const anchor = tf.slice(images, [0, 0, 0, 0], [-1, -1, -1, 1]);
      return { anchor, features: [tf.clone(images)] };
    },
    denoise: (x, _t, { anchor }) => tf.add(anchor, tf.mul(x, pull)),
  };
}

const options: SegmentOptions = {
  scheduler: ddim(cosineSchedule(), { predictionType: 'sample', timestepSpacing: 'trailing' }),
  steps: 2,
  members: 3,
  noise: (image, member) => createRandom(5).fork(image).fork(member),
};

const sigmoid = (l: number): number => 1 / (1 + Math.exp(-l));

describeOnBackends('segment', () => {
  it('gives what the denoiser says, as probability, entropy and spread', async () => {
    const images = randomTensor<tf.Rank.R4>([2, 4, 3, 2]);
    const logits = images.arraySync().map((image) => image.flat().map((pixel) => pixel[0]!));
    const results = await segment(model(0), images, options);
    results.forEach(({ probability, uncertainty, spread, anchor, members }, i) => {
      logits[i]!.forEach((logit, at) => {
        expect(probability[at]).toBeCloseTo(sigmoid(logit), 5);
        expect(anchor![at]).toBeCloseTo(sigmoid(logit), 5);
        expect(uncertainty[at]).toBeCloseTo(binaryEntropy(sigmoid(logit)), 4);
        expect(spread[at]).toBeCloseTo(0, 5);
      });
      expect(members).toHaveLength(3);
    });
  });

  it('takes mean and spread over the members', async () => {
    const [result] = await segment(model(0.5), randomTensor([1, 4, 3, 2]), options);
    const values = result!.members.map((member) => member[7]!);
    const mean = (values[0]! + values[1]! + values[2]!) / 3;
    expect(new Set(values).size).toBe(3);
    expect(result!.probability[7]).toBeCloseTo(mean, 5);
    expect(result!.spread[7]).toBeCloseTo(Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / 3), 5);
  });

  it('reads several classes as overlapping channels or as excluding each other', async () => {
    const images = randomTensor<tf.Rank.R4>([1, 2, 3, 2]);
    const two: SegmentationModel<Condition> = {
      encode: (input) => ({ anchor: tf.clone(input), features: [] }),
      denoise: (_x, _t, { anchor }) => tf.clone(anchor),
    };
    const logits = images.arraySync()[0]!.flat();
    const [channels] = await segment(two, images, options);
    const [softmax] = await segment(two, images, { ...options, classes: 'softmax' });
    expect([channels!.classes, softmax!.classes]).toEqual([2, 2]);
    logits.forEach(([a, b], pixel) => {
      const apart = [sigmoid(a!), sigmoid(b!)];
      const total = 1 + Math.exp(a!) + Math.exp(b!);
      const chosen = [Math.exp(a!) / total, Math.exp(b!) / total];
      [0, 1].forEach((k) => {
        expect(channels!.probability[2 * pixel + k]).toBeCloseTo(apart[k]!, 5);
        expect(channels!.anchor![2 * pixel + k]).toBeCloseTo(apart[k]!, 5);
        expect(softmax!.probability[2 * pixel + k]).toBeCloseTo(chosen[k]!, 5);
        expect(softmax!.anchor![2 * pixel + k]).toBeCloseTo(chosen[k]!, 5);
      });
      expect(channels!.uncertainty[pixel]).toBeCloseTo(Math.max(...apart.map(binaryEntropy)), 4);
      expect(softmax!.uncertainty[pixel]).toBeCloseTo(choiceEntropy(chosen), 4);
    });
  });

  it('draws the same members alone and in company, and again', async () => {
    const images = randomTensor<tf.Rank.R4>([3, 4, 4, 2]);
    const scheduler = ddpm(cosineSchedule(), { predictionType: 'sample', timestepSpacing: 'trailing' });
    const together = await segment(model(0.5), images, { ...options, scheduler });
    const second = tf.slice(images, [1, 0, 0, 0], [1, 4, 4, 2]);
    const [alone] = await segment(model(0.5), second, {
      ...options,
      scheduler,
      noise: (_, member) => options.noise(1, member),
    });
    alone!.members.forEach((member, m) => {
      member.forEach((value, at) => void expect(value).toBeCloseTo(together[1]!.members[m]![at]!, 5));
    });
  });

  it('leaves no tensor behind, also when the network fails', async () => {
    const images = randomTensor<tf.Rank.R4>([1, 4, 4, 2]);
    await expectNoLeak(async () => void (await segment(model(0.5), images, options)));
    await expectNoLeak(async () => {
      await expect(segment(model(Number.NaN), images, options)).rejects.toThrow(/NaN/);
    });
  });

  it('stops when asked', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(segment(model(0), randomTensor([1, 4, 4, 2]), { ...options, signal })).rejects.toThrow('enough');
  });

  it.each([0, 1.5, -2])('refuses %d members', async (members) => {
    await expect(segment(model(0), randomTensor([1, 4, 4, 2]), { ...options, members })).rejects.toThrow(
      /members must be a positive whole number/,
    );
  });
});

it('measures a choice against an even one', () => {
  expect(choiceEntropy([1 / 3, 1 / 3])).toBeCloseTo(1, 12);
  expect(choiceEntropy([1, 0])).toBe(0);
  expect(choiceEntropy([0, 0])).toBe(0);
  expect(choiceEntropy([0.5, 0])).toBeCloseTo(1 / Math.log2(3), 12);
  for (const p of [0.1, 0.5, 0.77]) expect(choiceEntropy([p])).toBeCloseTo(binaryEntropy(p), 12);
});

it('measures a decision in bits', () => {
  expect([0, 0.5, 1].map(binaryEntropy)).toEqual([0, 1, 0]);
  expect(binaryEntropy(0.11)).toBeCloseTo(0.4999, 3);
});

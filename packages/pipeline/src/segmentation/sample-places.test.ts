import '@tensorflow/tfjs-layers';
import { register } from '@medseg/backend-wasm';
import { type Segmentation, segment } from '@medseg/inference';
import { AnchoredDiffusion } from '@medseg/models';
import { createRandom } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ANCHORED_PROCESS } from '../networks/process.ts';
import { createScheduler } from '../networks/samplers.ts';
import { samplePlaces } from './sample-places.ts';
import { samplesAtOnce } from './samples-at-once.ts';

const SIZE = [16, 16] as const;
const VALUES = 16 * 16 * 3;

describe('samplePlaces', () => {
  let network: AnchoredDiffusion;
  beforeAll(async () => {
    await register();
    const tiny = { encoderChannels: [4, 8], encoderBlocks: 1, denoiserChannels: [4, 8], timeChannels: 8 };
    network = new AnchoredDiffusion({ imageSize: SIZE, imageChannels: 3, heads: 2, groups: 2, seed: 1, ...tiny });
  });

  const inputs = ['a', 'b', 'c'].map((name, i) => ({
    name,
    values: Float32Array.from({ length: VALUES }, (_, k) => Math.sin(k * (i + 1))),
  }));
  const options = (members: number) =>
    ({
      scheduler: 'ddim',
      steps: 2,
      members,
      seed: 7,
      preparation: { imageSize: SIZE, normalization: { mode: 'none' } },
    }) as const;
  /** All that is to be drawn, at once. */
  const atOnce = async (members: number): Promise<Segmentation[]> => {
    const all = Float32Array.from(inputs.flatMap(({ values }) => [...values]));
    const images = tf.tensor(all, [inputs.length, ...SIZE, 3]);
    const random = createRandom(7);
    const segmentations = await segment(network, images, {
      scheduler: createScheduler('ddim', ANCHORED_PROCESS),
      activation: 'sigmoid',
      keepMembers: true,
      steps: 2,
      members,
      noise: (image, member) => random.fork(inputs[image]!.name).fork(member),
    });
    images.dispose();
    return segmentations;
  };

  it.each([
    ['of several places', 20],
    ['of one place', samplesAtOnce(SIZE) + 5],
  ])('draws no more than there is memory for at once, to the same maps (%s)', async (_, members) => {
    const model = { network, process: ANCHORED_PROCESS, activation: 'sigmoid' } as const;
    const tensors = tf.memory().numTensors;
    const expected = await atOnce(members);
    let steps = 0;
    const drawn = await samplePlaces(model, inputs, { ...options(members), onStep: () => void steps++ });
    expect(steps).toBe(2 * (members === 20 ? 2 : 6)); // two places, then one; or one place after another, each in two parts
    for (const [i, { probability, uncertainty, spread, anchor, members: kept }] of drawn.entries()) {
      expect(probability).toEqual(expected[i]!.probability);
      expect(uncertainty).toEqual(expected[i]!.uncertainty);
      expect(spread).toEqual(expected[i]!.spread);
      expect(anchor).toEqual(expected[i]!.anchor);
      expect(kept).toBeUndefined();
    }
    const kept = await samplePlaces(model, inputs, { ...options(members), keepMembers: true });
    expect(kept.map((segmentation) => segmentation.members)).toEqual(
      expected.map((segmentation) => segmentation.members),
    );
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('keeps the masks as they emerge, of members in parts as of all at once', async () => {
    const model = { network, process: ANCHORED_PROCESS, activation: 'sigmoid' } as const;
    const members = samplesAtOnce(SIZE) + 5;
    // A fresh denoiser adds nothing to its anchor.
    for (const variable of network.denoiserVariables().values()) {
      const moved = tf.add(variable, 0.05);
      variable.assign(moved);
      moved.dispose();
    }
    const tensors = tf.memory().numTensors;
    const [whole] = await samplePlaces(model, inputs.slice(0, 1), { ...options(members), keepSteps: true });
    expect(whole!.emerging).toHaveLength(2);
    // What is predicted in the last step of ddim is the mask itself.
    whole!.emerging![1]!.forEach((p, i) => void expect(p).toBeCloseTo(whole!.probability[i]!, 5));
    expect(whole!.emerging![0]).not.toEqual(whole!.emerging![1]);
    const one = await samplePlaces(model, inputs, { ...options(1), keepSteps: true });
    const [alone] = await samplePlaces(model, inputs.slice(1, 2), { ...options(1), keepSteps: true });
    one[1]!.emerging!.forEach((map, step) => {
      map.forEach((p, i) => void expect(p).toBeCloseTo(alone!.emerging![step]![i]!, 5));
    });
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

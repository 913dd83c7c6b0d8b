import { cosineSchedule, ddim, ddpm, dpmSolver, linearSchedule, type Network, type Scheduler } from '@medseg/diffusion';
import { binaryEntropy } from '@medseg/metrics';
import { createRandom } from '@medseg/random';
import { describeOnBackends, expectNoLeak, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { choiceEntropy } from './choice-entropy.ts';
import { networkOf } from './network.fixture.ts';
import { type SegmentOptions, segment } from './segment.ts';

type Condition = { readonly anchor: tf.Tensor4D; readonly features: readonly tf.Tensor4D[] };

/** Its anchor is the image's first channel; the denoiser returns the anchor, moved by the noisy mask. */
function anchored(pull: number, facts: Partial<Network<Condition>> = {}): Network<Condition> {
  return networkOf<Condition>(
    {
      encode: (images) => ({
        anchor: tf.slice(images as tf.Tensor4D, [0, 0, 0, 0], [-1, -1, -1, 1]),
        features: [tf.clone(images as tf.Tensor4D)],
      }),
      denoise: (x, _t, { anchor }) => tf.add(anchor, tf.mul(x, pull)),
    },
    facts,
  );
}

const options: SegmentOptions = {
  scheduler: ddim(cosineSchedule(), { predictionType: 'sample', timestepSpacing: 'trailing' }),
  steps: 2,
  members: 3,
  keepMembers: true,
  noise: (image, member) => createRandom(5).fork(image).fork(member),
};

const bits = (p: number): number => binaryEntropy(p, Math.log2);
const sigmoid = (l: number): number => 1 / (1 + Math.exp(-l));

describeOnBackends('segment', () => {
  it('gives what the denoiser says, as probability, entropy and spread', async () => {
    const images = randomTensor<tf.Rank.R4>([2, 4, 3, 2]);
    const logits = images.arraySync().map((image) => image.flat().map((pixel) => pixel[0]!));
    const results = await segment(anchored(0), images, options);
    results.forEach(({ size, classes, probability, uncertainty, spread, anchor, members }, i) => {
      expect([size, classes]).toEqual([[4, 3], 1]);
      logits[i]!.forEach((logit, at) => {
        expect(probability[at]).toBeCloseTo(sigmoid(logit), 5);
        expect(anchor![at]).toBeCloseTo(sigmoid(logit), 5);
        expect(uncertainty[at]).toBeCloseTo(bits(sigmoid(logit)), 4);
        expect(spread[at]).toBeCloseTo(0, 5);
      });
      expect(members).toHaveLength(3);
    });
  });

  it('takes mean and spread over the members', async () => {
    const [result] = await segment(anchored(0.5), randomTensor([1, 4, 3, 2]), options);
    const values = result!.members!.map((member) => member[7]!);
    const mean = (values[0]! + values[1]! + values[2]!) / 3;
    expect(new Set(values).size).toBe(3);
    expect(result!.probability[7]).toBeCloseTo(mean, 5);
    expect(result!.spread[7]).toBeCloseTo(Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / 3), 5);
  });

  it('reads several classes as overlapping channels or as excluding each other', async () => {
    const images = randomTensor<tf.Rank.R4>([1, 2, 3, 2]);
    const two = networkOf<Condition>(
      {
        encode: (input) => ({ anchor: tf.clone(input as tf.Tensor4D), features: [] }),
        denoise: (_x, _t, { anchor }) => tf.clone(anchor),
      },
      { imageSize: [2, 3], maskChannels: 2 },
    );
    const logits = images.arraySync()[0]!.flat();
    const [sigmoids] = await segment(two, images, options);
    const [softmax] = await segment(two, images, { ...options, activation: 'softmax' });
    expect([sigmoids!.classes, softmax!.classes]).toEqual([2, 2]);
    logits.forEach(([a, b], pixel) => {
      const apart = [sigmoid(a!), sigmoid(b!)];
      const total = 1 + Math.exp(a!) + Math.exp(b!);
      const chosen = [Math.exp(a!) / total, Math.exp(b!) / total];
      [0, 1].forEach((k) => {
        expect(sigmoids!.probability[2 * pixel + k]).toBeCloseTo(apart[k]!, 5);
        expect(sigmoids!.anchor![2 * pixel + k]).toBeCloseTo(apart[k]!, 5);
        expect(softmax!.probability[2 * pixel + k]).toBeCloseTo(chosen[k]!, 5);
        expect(softmax!.anchor![2 * pixel + k]).toBeCloseTo(chosen[k]!, 5);
      });
      expect(sigmoids!.uncertainty[pixel]).toBeCloseTo(Math.max(...apart.map(bits)), 4);
      expect(softmax!.uncertainty[pixel]).toBeCloseTo(choiceEntropy(chosen), 4);
    });
  });

  it('draws the same members alone and in company, and again', async () => {
    const images = randomTensor<tf.Rank.R4>([3, 4, 3, 2]);
    const scheduler = ddpm(cosineSchedule(), { predictionType: 'sample', timestepSpacing: 'trailing' });
    const together = await segment(anchored(0.5), images, { ...options, scheduler });
    const second = tf.slice(images, [1, 0, 0, 0], [1, 4, 3, 2]);
    const [alone] = await segment(anchored(0.5), second, {
      ...options,
      scheduler,
      noise: (_, member) => options.noise(1, member),
    });
    alone!.members!.forEach((member, m) => {
      member.forEach((value, at) => void expect(value).toBeCloseTo(together[1]!.members![m]![at]!, 5));
    });
  });

  it('leaves no tensor behind, also when the network fails', async () => {
    const images = randomTensor<tf.Rank.R4>([1, 4, 3, 2]);
    await expectNoLeak(async () => void (await segment(anchored(0.5), images, options)));
    await expectNoLeak(async () => {
      await expect(segment(anchored(Number.NaN), images, options)).rejects.toThrow(/NaN/);
    });
  });

  it('keeps members only where asked, to the same summary', async () => {
    const images = randomTensor<tf.Rank.R4>([2, 4, 3, 2]);
    const kept = await segment(anchored(0.5), images, options);
    const { keepMembers: _, ...rest } = options;
    const summaries = await segment(anchored(0.5), images, rest);
    expect(summaries.map((result) => 'members' in result)).toEqual([false, false]);
    expect(summaries).toEqual(kept.map(({ members: __, ...result }) => result));
  });

  it('stops when asked', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(segment(anchored(0), randomTensor([1, 4, 3, 2]), { ...options, signal })).rejects.toThrow('enough');
  });

  it.each([0, 1.5, -2])('refuses %d members', async (members) => {
    await expect(segment(anchored(0), randomTensor([1, 4, 3, 2]), { ...options, members })).rejects.toThrow(
      /members must be a positive whole number/,
    );
  });
});

/** What it is built for. */
const small = { imageSize: [2, 2], imageChannels: 1 };

/** Knows x_0 (its condition, the images) and says it as noise or v, as the process defines them. */
function knowing(predictionType: 'epsilon' | 'v_prediction', variance = false): Network<tf.Tensor> {
  return networkOf<tf.Tensor>(
    {
      encode: (images) => tf.clone(images),
      denoise: (x, t, x0) => {
        const a = schedule.alphasCumprod[t.dataSync()[0]!]!;
        const noise = tf.div(tf.sub(x, tf.mul(x0, Math.sqrt(a))), Math.sqrt(1 - a));
        const v = tf.sub(tf.mul(noise, Math.sqrt(a)), tf.mul(x0, Math.sqrt(1 - a)));
        const prediction = predictionType === 'epsilon' ? noise : v;
        return variance ? tf.concat([prediction, tf.zerosLike(prediction)], 3) : prediction;
      },
    },
    { predictionType, ...small, learnedVariance: variance },
  );
}

const schedule = linearSchedule();

describeOnBackends('segment with a network that predicts something else than logits', () => {
  const masks = (): tf.Tensor4D => tf.tensor4d([1, -1, -1, 1, -1, 1, 1, -1], [2, 2, 2, 1]);
  const inside = [
    [1, 0, 0, 1],
    [0, 1, 1, 0],
  ];
  const spaced = { timestepSpacing: 'trailing' } as const;
  const expectMasks = async (network: Network<tf.Tensor>, scheduler: Scheduler): Promise<void> => {
    const results = await segment(network, masks(), { ...options, steps: 4, scheduler });
    results.forEach(({ probability, anchor }, i) => {
      expect(anchor).toBeUndefined();
      probability.forEach((p, at) => void expect(p).toBeCloseTo(inside[i]![at]!, 3));
    });
  };

  it.each(['epsilon', 'v_prediction'] as const)('draws masks from %s', async (predictionType) => {
    const own = { ...spaced, predictionType };
    for (const scheduler of [ddim(schedule, own), ddpm(schedule, own)]) {
      await expectMasks(knowing(predictionType), scheduler);
    }
  });

  it('hands a learned variance to the schedulers that use one and keeps it from the others', async () => {
    const network = knowing('epsilon', true);
    const learned = { ...spaced, varianceType: 'learned_range' } as const;
    for (const scheduler of [
      ddim(schedule, spaced),
      ddpm(schedule, spaced),
      ddpm(schedule, learned),
      dpmSolver(schedule),
    ]) {
      await expectMasks(network, scheduler);
    }
    await expect(
      segment(knowing('epsilon'), masks(), { ...options, scheduler: ddpm(schedule, learned) }),
    ).rejects.toThrow('segment: ddpm with these options needs a variance from the network, which returns none');
  });

  it.each([
    ['logits', 'epsilon', 'sample'],
    ['epsilon', 'sample', 'epsilon'],
    ['v_prediction', 'epsilon', 'v_prediction'],
  ] as const)('refuses for a network of %s a scheduler of %s', async (own, wrong, right) => {
    const encode = (): never => {
      throw new Error('must not be called');
    };
    const network = networkOf<tf.Tensor>({ encode, denoise: encode }, { predictionType: own, ...small });
    const scheduler = ddim(schedule, { predictionType: wrong });
    await expect(segment(network, masks(), { ...options, scheduler })).rejects.toThrow(
      `segment: the network predicts '${own}', so the scheduler's predictionType must be '${right}', got ddim with '${wrong}'`,
    );
  });

  it('reads masks of another range and keeps probabilities in theirs', async () => {
    const scheduler = ddim(cosineSchedule(), { predictionType: 'sample', timestepSpacing: 'trailing' });
    const network = networkOf<tf.Tensor>(
      { encode: (images) => tf.clone(images), denoise: (_x, _t, c) => tf.clone(c) },
      { predictionType: 'sample', maskRange: [0, 1], ...small },
    );
    const [result] = await segment(network, tf.tensor4d([-0.2, 0.25, 1, 0.5], [1, 2, 2, 1]), { ...options, scheduler });
    expect([...result!.probability]).toEqual([0, 0.25, 1, 0.5]);
    const logits = { ...network, predictionType: 'logits' } as const;
    const [read] = await segment(logits, tf.tensor4d([-1, 0, 1, 2], [1, 2, 2, 1]), { ...options, scheduler });
    [-1, 0, 1, 2].forEach((logit, i) => void expect(read!.probability[i]).toBeCloseTo(sigmoid(logit), 5));
  });

  it('hands the last prediction to a network that takes it, and leaves no tensor behind', async () => {
    const scheduler = ddim(cosineSchedule(), { predictionType: 'sample', timestepSpacing: 'trailing' });
    const seen: number[] = [];
    const network = networkOf<tf.Tensor>(
      {
        encode: (images) => tf.clone(images),
        denoise: (_x, _t, c, previous) => {
          seen.push(previous!.dataSync()[0]!);
          return tf.clone(c);
        },
      },
      { predictionType: 'sample', imageSize: [1, 1], imageChannels: 1 },
    );
    await expectNoLeak(async () => {
      const images = tf.fill([1, 1, 1, 1], 0.5);
      await segment(network, images, { ...options, steps: 3, scheduler });
      images.dispose();
    });
    expect(seen.slice(0, 3)).toEqual([0, 0.5, 0.5]);
  });
});

it('measures a choice against an even one', () => {
  expect(choiceEntropy([1 / 3, 1 / 3])).toBeCloseTo(1, 12);
  expect(choiceEntropy([1, 0])).toBe(0);
  expect(choiceEntropy([0, 0])).toBe(0);
  expect(choiceEntropy([0.5, 0])).toBeCloseTo(1 / Math.log2(3), 12);
  for (const p of [0.1, 0.5, 0.77]) expect(choiceEntropy([p])).toBeCloseTo(bits(p), 12);
});

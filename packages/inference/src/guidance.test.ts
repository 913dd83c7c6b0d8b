import { cosineSchedule, ddim, ddpm, type Network, type NetworkPrediction } from '@medseg/diffusion';
import { createRandom } from '@medseg/random';
import { describeOnBackends, expectNoLeak, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { networkOf } from './network.fixture.ts';
import { type SegmentOptions, segment } from './segment.ts';

type Condition = { readonly shown: tf.Tensor };

/** Its output is half the noisy mask plus what its condition shows; a zero image shows 0.1. Calls are counted. */
function linear(
  predictionType: NetworkPrediction,
  facts: Partial<Network<Condition>> = {},
): { network: Network<Condition>; calls: { encode: number; denoise: number } } {
  const calls = { encode: 0, denoise: 0 };
  const network = networkOf<Condition>(
    {
      encode: (images) => {
        calls.encode++;
        return { shown: tf.tidy(() => tf.add(tf.slice(images as tf.Tensor4D, [0, 0, 0, 0], [-1, -1, -1, 1]), 0.1)) };
      },
      denoise: (x, _t, { shown }, previous) => {
        calls.denoise++;
        const seen = facts.selfConditioned ? tf.mul(previous!, 0.2) : 0;
        return tf.add(tf.add(tf.mul(x, 0.5), shown), seen);
      },
    },
    { predictionType, ...facts },
  );
  return { network, calls };
}

/** The same network, guided by hand: as far as it is linear in what its condition shows, guidance scales that. */
function scaled(
  predictionType: NetworkPrediction,
  guidance: number,
  facts: Partial<Network<Condition>> = {},
): Network<Condition> {
  const { network } = linear(predictionType, facts);
  return {
    ...network,
    denoise: (x, t, { shown }, previous) => {
      const own = tf.tidy(() => tf.add(tf.mul(tf.sub(shown, 0.1), guidance), 0.1)); // of the blank: 0.1
      return network.denoise(x, t, { shown: own }, previous);
    },
  };
}

const optionsFor = (predictionType: NetworkPrediction): SegmentOptions => ({
  scheduler: ddim(cosineSchedule(), {
    predictionType: predictionType === 'logits' ? 'sample' : (predictionType as 'epsilon'),
    timestepSpacing: 'trailing',
  }),
  steps: 3,
  members: 2,
  noise: (image, member) => createRandom(5).fork(image).fork(member),
});
const images = (): tf.Tensor4D => randomTensor<tf.Rank.R4>([2, 4, 3, 2]);
const close = (one: ArrayLike<number>, other: ArrayLike<number>): void => {
  expect(one.length).toBe(other.length);
  for (let i = 0; i < one.length; i++) expect(one[i]).toBeCloseTo(other[i]!, 4);
};

describeOnBackends('guidance', () => {
  it.each<[NetworkPrediction, number, Partial<Network<Condition>>]>([
    ['sample', 0, {}],
    ['sample', 2.5, {}],
    ['epsilon', 0.5, {}],
    ['v_prediction', 3, {}],
    ['logits', 2, {}],
    ['sample', 2, { selfConditioned: true }],
  ])('of %s by %f scales what the condition adds', async (predictionType, guidance, facts) => {
    const options = optionsFor(predictionType);
    const guided = await segment(linear(predictionType, facts).network, images(), { ...options, guidance });
    const expected = await segment(scaled(predictionType, guidance, facts), images(), options);
    guided.forEach(({ probability, spread }, i) => {
      close(probability, expected[i]!.probability);
      close(spread, expected[i]!.spread);
    });
    const plain = await segment(linear(predictionType, facts).network, images(), options);
    const far = guided[0]!.probability.map((value, i) => Math.abs(value - plain[0]!.probability[i]!));
    expect(Math.max(...far)).toBeGreaterThan(0.01);
  });

  it('takes the variance of the conditional prediction', async () => {
    const options: SegmentOptions = {
      ...optionsFor('epsilon'),
      scheduler: ddpm(cosineSchedule(), { varianceType: 'learned_range', timestepSpacing: 'trailing' }),
    };
    const withVariance = (network: Network<Condition>): Network<Condition> => ({
      ...network,
      learnedVariance: true,
      denoise: (x, t, condition) =>
        tf.tidy(() => tf.concat([network.denoise(x, t, condition), tf.tanh(condition.shown)], 3)),
    });
    const guided = await segment(withVariance(linear('epsilon').network), images(), { ...options, guidance: 2 });
    const expected = await segment(withVariance(scaled('epsilon', 2)), images(), options);
    guided.forEach(({ probability }, i) => void close(probability, expected[i]!.probability));
  });

  it('of 1 is none, and costs nothing', async () => {
    const [one, none, two] = [linear('sample'), linear('sample'), linear('sample')];
    const options = optionsFor('sample');
    const first = await segment(one.network, images(), { ...options, guidance: 1 });
    expect(first).toEqual(await segment(none.network, images(), options));
    expect(one.calls).toEqual({ encode: 1, denoise: 3 });
    await segment(two.network, images(), { ...options, guidance: 2 });
    expect(two.calls).toEqual({ encode: 2, denoise: 6 });
  });

  it('leaves no tensor behind, also where it is refused', async () => {
    const options = { ...optionsFor('sample'), guidance: 2 };
    const given = images();
    await expectNoLeak(async () => void (await segment(linear('sample').network, given, options)));
    const { network } = linear('logits');
    const anchored: Network<Condition & { anchor: tf.Tensor }> = {
      ...network,
      encode: (shown) => ({ ...network.encode(shown), anchor: tf.zeros([2, 4, 3, 1]) }),
      denoise: (...all) => network.denoise(...all),
    };
    await expectNoLeak(async () => {
      await expect(segment(anchored, given, { ...optionsFor('logits'), guidance: 2 })).rejects.toThrow(
        'segment: guidance needs a network whose mask logits do not start from an anchor, got one with anchor in its condition: a zero image has none',
      );
    });
    await expect(segment(anchored, given, { ...optionsFor('logits'), guidance: 1 })).resolves.toHaveLength(2);
  });

  it.each([-1, Number.NaN, '2'])('refuses %s', async (guidance) => {
    await expect(
      segment(linear('sample').network, images(), { ...optionsFor('sample'), guidance: guidance as number }),
    ).rejects.toThrow(/segment: guidance must be a number of at least 0, got/);
  });
});

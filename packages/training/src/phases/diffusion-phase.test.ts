import { register } from '@medseg/backend-wasm';
import {
  addNoise,
  calibrationLoss,
  cosineSchedule,
  flowInterpolate,
  flowTarget,
  hybridLoss,
  linearSchedule,
  minSnrWeights,
  mseLoss,
  type Network,
  type NetworkPrediction,
  predictXStart,
  trainingTarget,
} from '@medseg/diffusion';
import { DeepmancerUNet, Lucidrains, OfficialNew, OfficialV1 } from '@medseg/models';
import { createRandom } from '@medseg/random';
import { expectNoLeak } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Draw, Recipe, RecipePhase } from '../recipe.ts';
import { discBatch } from '../small-trainer.fixture.ts';
import { stepGradients } from '../step-gradients.ts';
import { diffusionPhase } from './diffusion-phase.ts';
import type { DiffusionPhaseOptions } from './diffusion-phase-options.ts';

beforeAll(() => register());

const schedule = cosineSchedule({ steps: 50 });
const COUNT = 3;
const batch = discBatch(0, COUNT);
type Images = { readonly images: tf.Tensor };

/** A network of one weight w, whose output is w times x plus the image; its condition is the image. */
function linear(
  predictionType: NetworkPrediction,
  more: Partial<Network<Images>> = {},
): Network<Images> & { w: tf.Variable } {
  const w = tf.variable(tf.scalar(0.7));
  return {
    w,
    predictionType,
    maskRange: [-1, 1],
    imageSize: [8, 8],
    imageChannels: 1,
    maskChannels: 1,
    learnedVariance: false,
    encode: (images) => ({ images: tf.clone(images) }),
    denoise: (x, t, { images }, previous) =>
      tf.tidy(() => {
        const time = tf.reshape(tf.cast(t, 'float32'), [-1, 1, 1, 1]);
        const seen = previous === undefined ? 0 : tf.mul(previous, 0.5);
        return tf.add(tf.add(tf.add(tf.mul(w, x), images), tf.mul(time, 0.01)), seen);
      }),
    variables: () => new Map([['w', w]]),
    dispose: () => w.dispose(),
    ...more,
  };
}

/** A step of a phase, and what was drawn for it. */
function stepOf(
  network: Network<Images> & { w: tf.Variable },
  options: Partial<DiffusionPhaseOptions<Images>> = {},
  pixelWeights?: Float32Array,
): { loss: number; gradient: number; draw: Draw } {
  const phase = diffusionPhase(network, { variables: network.variables(), schedule, ...options });
  const draw = phase.draw!(COUNT, 64, createRandom(1));
  const recipe: Recipe = { network, phases: [phase as RecipePhase] };
  const { loss, gradients } = stepGradients(recipe, {
    phase: 'denoiser',
    batch: { ...batch, ...(pixelWeights && { pixelWeights }) },
    draw,
  });
  const gradient = gradients.get('w')!.dataSync()[0]!;
  tf.dispose([...gradients.values()]);
  return { loss, gradient, draw };
}

const tensor = (values: Float32Array): tf.Tensor4D => tf.tensor4d(values, [COUNT, 8, 8, 1]);
const clean = (): tf.Tensor4D => tf.sub(tf.mul(tensor(batch.masks), 2), 1);
/** What the network above returns by the definition. */
const output = (x: tf.Tensor, t: Int32Array, w: number, previous?: tf.Tensor): tf.Tensor4D => {
  const time = tf.reshape(tf.tensor1d([...t].map((step) => step * 0.01)), [-1, 1, 1, 1]);
  const all = [tf.mul(x, w), tensor(batch.images), time, ...(previous ? [tf.mul(previous, 0.5)] : [])];
  return all.reduce((sum, part) => tf.add(sum, part)) as tf.Tensor4D;
};

describe('diffusionPhase', () => {
  it.each(['epsilon', 'sample', 'v_prediction'] as const)('learns %s by its mean squared error', (predictionType) => {
    const { loss, draw } = stepOf(linear(predictionType));
    const [t, noise] = [draw.t as Int32Array, tensor(draw.noise as Float32Array)];
    const x = addNoise(schedule, clean(), noise, t);
    const target = trainingTarget(schedule, predictionType, clean(), noise, t);
    expect(loss).toBeCloseTo(mseLoss(output(x, t, 0.7), target).dataSync()[0]!, 5);
  });

  it('learns the velocity of the straight path, told sigma times T', () => {
    const { loss, draw } = stepOf(linear('flow'));
    const [t, noise] = [draw.t as Int32Array, tensor(draw.noise as Float32Array)];
    const x = flowInterpolate(
      clean(),
      noise,
      [...t].map((step) => (step + 1) / 50),
    );
    const told = t.map((step) => step + 1);
    expect(loss).toBeCloseTo(mseLoss(output(x, told, 0.7), flowTarget(clean(), noise)).dataSync()[0]!, 5);
  });

  it('learns logits by the squared error of the mask, in either range', () => {
    const { loss, draw } = stepOf(linear('logits'));
    const [t, noise] = [draw.t as Int32Array, tensor(draw.noise as Float32Array)];
    const x = addNoise(schedule, clean(), noise, t);
    const mask = tf.sigmoid(output(x, t, 0.7));
    expect(loss).toBeCloseTo(4 * mseLoss(mask, tensor(batch.masks)).dataSync()[0]!, 5);
    const zeroOne = stepOf(linear('logits', { maskRange: [0, 1] }));
    const x01 = addNoise(schedule, tensor(batch.masks), noise, t);
    const mask01 = tf.sigmoid(output(x01, t, 0.7));
    expect(zeroOne.loss).toBeCloseTo(mseLoss(mask01, tensor(batch.masks)).dataSync()[0]!, 5);
  });

  it('learns a variance by the hybrid loss', () => {
    const double = linear('epsilon', { learnedVariance: true });
    const { denoise } = double;
    double.denoise = (...args) => tf.tidy(() => tf.concat([denoise(...args), tf.mul(denoise(...args), 0.1)], 3));
    const { loss, draw } = stepOf(double);
    const [t, noise] = [draw.t as Int32Array, tensor(draw.noise as Float32Array)];
    const x = addNoise(schedule, clean(), noise, t);
    const both = tf.concat([output(x, t, 0.7), tf.mul(output(x, t, 0.7), 0.1)], 3);
    expect(loss).toBeCloseTo(hybridLoss(schedule, both, clean(), noise, x, t).dataSync()[0]!, 5);
  });

  it('weighs times by min-SNR', () => {
    const { loss, draw } = stepOf(linear('v_prediction'), { weighting: 'min-snr' });
    const [t, noise] = [draw.t as Int32Array, tensor(draw.noise as Float32Array)];
    const x = addNoise(schedule, clean(), noise, t);
    const target = trainingTarget(schedule, 'v_prediction', clean(), noise, t);
    const weights = minSnrWeights(schedule, 'v_prediction', t);
    expect(loss).toBeCloseTo(mseLoss(output(x, t, 0.7), target, { weights }).dataSync()[0]!, 5);
    expect(loss).not.toBeCloseTo(mseLoss(output(x, t, 0.7), target).dataSync()[0]!, 2);
  });

  it('shows the network its own prediction, through which no gradient goes', () => {
    const { loss, gradient, draw } = stepOf(linear('v_prediction'), { selfConditioning: 1 });
    expect(draw.self).toBe(1);
    const [t, noise] = [draw.t as Int32Array, tensor(draw.noise as Float32Array)];
    const x = addNoise(schedule, clean(), noise, t);
    const target = trainingTarget(schedule, 'v_prediction', clean(), noise, t);
    const previous = predictXStart(schedule, 'v_prediction', x, output(x, t, 0.7), t);
    const at = (w: number): number => mseLoss(output(x, t, w, previous), target).dataSync()[0]!;
    expect(loss).toBeCloseTo(at(0.7), 5);
    expect(gradient).toBeCloseTo((at(0.71) - at(0.69)) / 0.02, 3);
  });

  it('builds x_t from its own prediction where it recycles, and still learns the truth', () => {
    const { loss, gradient, draw } = stepOf(linear('sample'), { recycling: 1 });
    const [t, t2] = [draw.t as Int32Array, draw.t2 as Int32Array];
    expect([...t2].every((later, i) => later >= t[i]! && later < 50)).toBe(true);
    const noisier = addNoise(schedule, clean(), tensor(draw.noise2 as Float32Array), t2);
    const own = tf.clipByValue(output(noisier, t2, 0.7), -1, 1);
    const x = addNoise(schedule, own, tensor(draw.noise as Float32Array), t);
    const at = (w: number): number => mseLoss(output(x, t, w), clean()).dataSync()[0]!;
    expect(loss).toBeCloseTo(at(0.7), 5);
    expect(gradient).toBeCloseTo((at(0.71) - at(0.69)) / 0.02, 3);
  });

  it('adds a loss of the condition', () => {
    const beside = ({ images }: Images, { masks }: { masks: tf.Tensor }): tf.Scalar => calibrationLoss(images, masks);
    const [without, together] = [stepOf(linear('sample')), stepOf(linear('sample'), { beside })];
    const more = calibrationLoss(tensor(batch.images), tensor(batch.masks)).dataSync()[0]!;
    expect(together.loss).toBeCloseTo(without.loss + more, 5);
  });

  it.each([
    ['a number', () => 0.5, 'got 0.5'],
    ['nothing', () => undefined, 'got undefined'],
    ['a loss of each sample', () => tf.ones([COUNT]), `got a tensor [${COUNT}]; take its mean`],
  ])('refuses %s in the place of a loss of the condition', (_, beside, got) => {
    expect(() => stepOf(linear('sample'), { beside: beside as never })).toThrow(
      new TypeError(`diffusionPhase: beside must return a scalar tensor, ${got}`),
    );
  });

  it('reads nothing of the truth where a pixel does not count', () => {
    const weights = batch.masks.map((_, i) => (i % 8 < 5 ? 1 : 0));
    const right = stepOf(linear('epsilon'), {}, weights);
    const masks = batch.masks.map((value, i) => (weights[i] === 1 ? value : 1 - value));
    const network = linear('epsilon');
    const phase = diffusionPhase(network, { variables: network.variables(), schedule }) as RecipePhase;
    const input = { phase: 'denoiser', batch: { ...batch, masks, pixelWeights: weights }, draw: right.draw };
    expect(stepGradients({ network, phases: [phase] }, input).loss).toBe(right.loss);
    expect(stepOf(linear('epsilon')).loss).not.toBeCloseTo(right.loss, 3);
  });

  it.each<[string, NetworkPrediction, boolean, Partial<DiffusionPhaseOptions<Images>>, string]>([
    [
      'a variance of logits',
      'logits',
      true,
      {},
      "a learned variance needs a network that predicts noise, x_0 or v, got 'logits'",
    ],
    [
      'recycling of noise',
      'epsilon',
      false,
      { recycling: 0.5 },
      "recycling needs a network that predicts x_0 or logits, got 'epsilon'",
    ],
    [
      'too many shares',
      'sample',
      false,
      { recycling: 0.6, selfConditioning: 0.6 },
      'recycling and selfConditioning must be at most 1 together, got 0.6 and 0.6',
    ],
    [
      'min-SNR of flow',
      'flow',
      false,
      { weighting: 'min-snr' },
      "weighting 'min-snr' needs a network that predicts noise, x_0, v or logits, without a variance, got 'flow'",
    ],
    [
      'a share above 1',
      'sample',
      false,
      { recycling: 2 },
      'recycling must be a number of at least 0 and at most 1, got 2',
    ],
  ])('refuses %s', (_, predictionType, learnedVariance, options, rule) => {
    expect(() => stepOf(linear(predictionType, { learnedVariance }), options)).toThrow(`diffusionPhase: ${rule}`);
  });
});

const sizes = { imageChannels: 1, seed: 1 } as const;
const official = {
  ...sizes,
  imageSize: [16, 16] as [number, number],
  channels: 8,
  blocks: 1,
  attentionReductions: [],
  groups: 4,
  highway: { channels: 2, poolings: 3, maxChannels: 8 },
};

/** Squares on 16x16 pixels. */
const squares = Float32Array.from({ length: 2 * 256 }, (_, i) => (i % 16 < 6 ? 1 : 0));
const squareBatch = { images: squares, masks: squares, imageShape: [2, 16, 16, 1], maskShape: [2, 16, 16, 1] } as const;

describe('a phase of each reference network', () => {
  it.each<[string, () => RecipePhase]>([
    [
      'deepmancer',
      () => {
        const network = new DeepmancerUNet({
          ...sizes,
          imageSize: 16,
          channels: 8,
          linearAttention: [true],
          timeChannels: 8,
        });
        return diffusionPhase(network, { variables: network.variables(), schedule }) as RecipePhase;
      },
    ],
    [
      'lucidrains with self-conditioning',
      () => {
        const network = new Lucidrains({
          ...sizes,
          imageSize: 16,
          channels: 8,
          multipliers: [1],
          linearAttention: [true],
          selfCondition: true,
        });
        return diffusionPhase(network, {
          variables: network.variables(),
          schedule,
          selfConditioning: 0.5,
        }) as RecipePhase;
      },
    ],
    [
      'official-new',
      () => {
        const network = new OfficialNew({ ...official, multipliers: [1, 2] });
        return diffusionPhase(network, {
          variables: new Map([...network.encoderVariables(), ...network.denoiserVariables()]),
          state: network.variables(),
          schedule: linearSchedule({ steps: 100, scaleToSteps: true }),
          beside: (condition, { masks }) => calibrationLoss(tf.sigmoid(condition.anchor), masks),
        }) as RecipePhase;
      },
    ],
    [
      'official-v1',
      () => {
        const network = new OfficialV1({ ...official, multipliers: [1, 1, 2, 2] });
        return diffusionPhase(network, {
          variables: network.trainableVariables(),
          state: network.variables(),
          schedule: linearSchedule({ steps: 100, scaleToSteps: true }),
        }) as RecipePhase;
      },
    ],
  ])('of %s has gradients for what it trains, and leaves no tensor behind', async (_, make) => {
    const phase = make();
    const recipe: Recipe = {
      network: { imageSize: [16, 16], maskChannels: 1, variables: () => new Map() },
      phases: [phase],
    };
    const draw = phase.draw!(2, 256, createRandom(2));
    const layers = createRandom(3).state();
    const step = (): number => {
      const { loss, gradients, state } = stepGradients(recipe, { phase: phase.name, batch: squareBatch, draw, layers });
      expect([...gradients.keys()]).toEqual([...phase.variables.keys()]);
      tf.dispose([...gradients.values(), ...state.values()]);
      return loss;
    };
    const first = step();
    expect(first).toBeGreaterThan(0);
    await expectNoLeak(() => expect(step()).toBe(first));
  });
});

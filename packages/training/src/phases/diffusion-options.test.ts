import { register } from '@medseg/backend-wasm';
import {
  addNoise,
  cosineSchedule,
  hybridLosses,
  linearSchedule,
  minSnrWeights,
  mseLosses,
  type Network,
  type NetworkPrediction,
  trainingTarget,
} from '@medseg/diffusion';
import { createRandom } from '@medseg/random';
import { expectNoLeak } from '@medseg/test-support';
import { localEndpoint } from '@medseg/test-support/local-endpoint';
import { decodeSafetensors, encodeSafetensors } from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeCheckpoint, restoreCheckpoint } from '../checkpoint.ts';
import { constantRate } from '../learning-rate.ts';
import { phaseLoss } from '../phase-loss.ts';
import type { Draw, PhaseMemory, Recipe, RecipePhase } from '../recipe.ts';
import { ReplicaGroup } from '../replicas/replica-group.ts';
import { serveReplica } from '../replicas/serve-replica.ts';
import { discBatch } from '../small-trainer.fixture.ts';
import { stepGradients } from '../step-gradients.ts';
import { type TrainEvent, type TrainOptions, train } from '../train.ts';
import { Trainer } from '../trainer.ts';
import { diffusionPhase } from './diffusion-phase.ts';
import type { DiffusionPhaseOptions } from './diffusion-phase-options.ts';
import { diffusionRecipe } from './diffusion-recipe.ts';

beforeAll(() => register());

type Images = { readonly images: tf.Tensor; readonly anchor?: tf.Tensor };
const schedule = cosineSchedule({ steps: 4 });
const COUNT = 5;
const batch = discBatch(0, COUNT);

/** A network of one weight w, whose output is w times x plus the image. */
function linear(
  predictionType: NetworkPrediction,
  more: Partial<Network<Images>> = {},
  start = 0.7,
): Network<Images> & { w: tf.Variable } {
  const w = tf.variable(tf.scalar(start));
  return {
    w,
    predictionType,
    maskRange: [-1, 1],
    imageSize: [8, 8],
    imageChannels: 1,
    maskChannels: 1,
    learnedVariance: false,
    encode: (images) => ({ images: tf.clone(images) }),
    denoise: (x, _t, { images }) => tf.tidy(() => tf.add(tf.mul(w, x), images)),
    variables: () => new Map([['w', w]]),
    dispose: () => w.dispose(),
    ...more,
  };
}

const doubled = (): Network<Images> => {
  const { w, denoise, ...rest } = linear('epsilon', { learnedVariance: true });
  return {
    ...rest,
    denoise: (...all) => tf.tidy(() => tf.concat([denoise(...all), tf.mul(denoise(...all), tf.mul(w, 0.1))], 3)),
  };
};

const recipeOf = (network: Network<Images>, options: Partial<DiffusionPhaseOptions<Images>> = {}): Recipe =>
  diffusionRecipe(network, { schedule, learningRate: constantRate({ peak: 0.02 }), ...options } as never);

const phaseIn = (recipe: Recipe): RecipePhase => recipe.phases[0]!;
const drawOf = (recipe: Recipe, seed = 1, memory?: PhaseMemory): Draw =>
  phaseIn(recipe).draw!(COUNT, 64, createRandom(seed), memory);

function step(recipe: Recipe, draw: Draw): { loss: number; losses: Float32Array } {
  const { loss, losses, gradients } = stepGradients(recipe, { phase: 'denoiser', batch, draw });
  tf.dispose([...gradients.values()]);
  return { loss, losses: losses! };
}

const tensor = (values: Float32Array): tf.Tensor4D => tf.tensor4d(values, [COUNT, 8, 8, 1]);
const clean = (): tf.Tensor4D => tf.sub(tf.mul(tensor(batch.masks), 2), 1);
const noisy = ({ t, noise }: Draw): tf.Tensor4D =>
  addNoise(schedule, clean(), tensor(noise as Float32Array), t as Int32Array) as tf.Tensor4D;
/** The losses of the samples, by the definition; what lies in `images` is seen as the condition. */
function lossesOf(draw: Draw, images: Float32Array, predictionType: 'epsilon' | 'sample' | 'v_prediction'): number[] {
  const output = tf.add(tf.mul(noisy(draw), 0.7), tensor(images));
  const target = trainingTarget(
    schedule,
    predictionType,
    clean(),
    tensor(draw.noise as Float32Array),
    draw.t as Int32Array,
  );
  return [...mseLosses(output, target).dataSync()];
}
const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const close = (actual: ArrayLike<number>, expected: readonly number[]): void =>
  expected.forEach((value, i) => void expect(Math.abs(actual[i]! - value)).toBeLessThan(1e-5 * Math.max(1, value)));

/** What the memory of a phase has seen after ten losses at each time. */
function memoryOf(recipe: Recipe, losses = [1, 2, 3, 6]): PhaseMemory {
  const memory = phaseIn(recipe).memory!();
  for (let i = 0; i < 10; i++) memory.note({ t: Int32Array.of(0, 1, 2, 3) }, Float32Array.from(losses));
  return memory;
}

describe('the losses of samples', () => {
  it.each(['epsilon', 'sample', 'v_prediction'] as const)('of %s are those of each by itself', (predictionType) => {
    const recipe = recipeOf(linear(predictionType));
    const draw = drawOf(recipe);
    const { loss, losses } = step(recipe, draw);
    const expected = lossesOf(draw, batch.images, predictionType);
    close(losses, expected);
    expect(loss).toBeCloseTo(mean(expected), 5);
  });

  it('hold the weights of min-SNR, with the gamma that is asked for', () => {
    for (const minSnrGamma of [undefined, 0.3]) {
      const recipe = recipeOf(linear('epsilon'), { weighting: 'min-snr', ...(minSnrGamma && { minSnrGamma }) });
      const draw = drawOf(recipe);
      const weights = minSnrWeights(schedule, 'epsilon', draw.t as Int32Array, { gamma: minSnrGamma ?? 5 });
      const { loss, losses } = step(recipe, draw);
      const expected = lossesOf(draw, batch.images, 'epsilon').map((value, i) => value * weights[i]!);
      close(losses, expected);
      expect(loss).toBeCloseTo(mean(expected), 5);
    }
  });

  it('of a learned variance are hybrid', () => {
    const long = linearSchedule({ steps: 50, scaleToSteps: true });
    const network = doubled();
    const recipe = recipeOf(network, { schedule: long });
    const draw = drawOf(recipe);
    const { loss, losses } = step(recipe, draw);
    const [t, noise] = [draw.t as Int32Array, tensor(draw.noise as Float32Array)];
    const x = addNoise(long, clean(), noise, t);
    const output = network.denoise(x, tf.tensor1d(t), { images: tensor(batch.images) });
    const expected = [...hybridLosses(long, output, clean(), noise, x, t).dataSync()];
    close(losses, expected);
    expect(loss / mean(expected)).toBeCloseTo(1, 5);
  });
});

describe("times: 'loss-aware'", () => {
  it('draws times by their losses, and divides by the chance again', () => {
    const recipe = recipeOf(linear('epsilon'), { times: 'loss-aware' });
    const memory = memoryOf(recipe);
    const draw = drawOf(recipe, 2, memory);
    const chances = [1, 2, 3, 6].map((value) => (value / 12) * 0.999 + 0.001 / 4);
    const importance = [...(draw.t as Int32Array)].map((t) => 1 / (4 * chances[t]!));
    close(draw.importance as Float64Array, importance);
    const { loss, losses } = step(recipe, draw);
    const expected = lossesOf(draw, batch.images, 'epsilon');
    close(losses, expected); // what is remembered is not divided
    expect(loss).toBeCloseTo(mean(expected.map((value, i) => value * importance[i]!)), 4);
  });

  it('goes with a learned variance, min-SNR and logits', () => {
    const long = linearSchedule({ steps: 50, scaleToSteps: true });
    for (const [network, options] of [
      [doubled(), { schedule: long }],
      [linear('v_prediction'), { weighting: 'min-snr' }],
      [linear('logits'), {}],
      [linear('flow'), {}],
    ] as const) {
      const recipe = recipeOf(network, { ...options, times: 'loss-aware' });
      const draw = drawOf(recipe);
      const importance = Float64Array.from({ length: COUNT }, (_, i) => 0.5 + i);
      const { loss, losses } = step(recipe, { ...draw, importance });
      expect(loss / mean(losses.map((value, i) => value * importance[i]!))).toBeCloseTo(1, 4);
      close(losses, [...step(recipe, draw).losses]);
    }
  });

  it('draws what it draws evenly without a memory', () => {
    const [aware, even] = [recipeOf(linear('epsilon'), { times: 'loss-aware' }), recipeOf(linear('epsilon'))];
    expect(drawOf(aware)).toEqual(drawOf(even));
    expect(phaseIn(even).memory).toBeUndefined();
  });
});

describe('conditionDropout', () => {
  it('takes the image away from a share of the samples', () => {
    const recipe = recipeOf(linear('epsilon'), { conditionDropout: 0.4 });
    const draws = Array.from({ length: 400 }, (_, seed) => drawOf(recipe, seed).dropped as Int32Array);
    expect(Math.abs(mean(draws.map(mean)) - 0.4)).toBeLessThan(0.03);
    const draw = { ...drawOf(recipe), dropped: Int32Array.of(1, 0, 0, 1, 0) };
    const images = batch.images.map((value, i) => ([0, 3].includes(Math.floor(i / 64)) ? 0 : value));
    const { loss, losses } = step(recipe, draw);
    const expected = lossesOf(draw, images, 'epsilon');
    close(losses, expected);
    expect(loss).toBeCloseTo(mean(expected), 5);
    expect(loss).not.toBeCloseTo(mean(lossesOf(draw, batch.images, 'epsilon')), 2);
  });

  it('changes nothing else of what is drawn', () => {
    const { dropped: _, ...rest } = drawOf(recipeOf(linear('sample'), { conditionDropout: 0.4, recycling: 0.5 }));
    expect(rest).toEqual(drawOf(recipeOf(linear('sample'), { recycling: 0.5 })));
  });

  it('is of a frozen condition too', () => {
    const network = linear('epsilon');
    const phase = diffusionPhase(network, {
      variables: network.variables(),
      schedule,
      conditionDropout: 0.4,
      frozenCondition: true,
    });
    const recipe = { network, phases: [phase as unknown as RecipePhase] };
    const draw = { ...drawOf(recipe), dropped: Int32Array.of(1, 1, 1, 1, 1) };
    close(step(recipe, draw).losses, lossesOf(draw, new Float32Array(batch.images.length), 'epsilon'));
  });

  it('is refused where the mask starts from an anchor', () => {
    const anchored = linear('logits', { encode: (images) => ({ images: tf.clone(images), anchor: tf.clone(images) }) });
    const trainer = new Trainer(recipeOf(anchored, { conditionDropout: 0.5 }), { seed: 1 });
    expect(() => trainer.step(batch, 0)).toThrow(
      'diffusionPhase: conditionDropout needs a network whose mask logits do not start from an anchor, got one with anchor in its condition: a zero image has none',
    );
    expect(trainer.progress.step).toBe(0);
  });
});

describe('options that do not fit', () => {
  it.each<[Partial<DiffusionPhaseOptions<Images>>, Partial<Network<Images>>, string]>([
    [{ minSnrGamma: 3 }, {}, "minSnrGamma needs weighting 'min-snr', got 'none'"],
    [{ minSnrGamma: 0, weighting: 'min-snr' }, {}, 'minSnrGamma must be a number above 0, got 0'],
    [{ times: 'even' as never }, {}, "times must be 'uniform' or 'loss-aware', got 'even'"],
    [{ conditionDropout: 1 }, {}, 'conditionDropout must be a number of at least 0 and below 1, got 1'],
    [
      { selfConditioning: 0.5 },
      { selfConditioned: false },
      'selfConditioning needs a network that takes its own prediction, got one that does not',
    ],
  ])('%o is refused', (options, facts, rule) => {
    expect(() => recipeOf(linear('epsilon', facts), options)).toThrow(`diffusionPhase: ${rule}`);
  });
});

const STEPS = 40;

async function go(trainer: Trainer, limit = STEPS, options: Partial<TrainOptions> = {}): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  const all = train(trainer, { budget: { steps: STEPS }, batchAt: (at) => discBatch(at, COUNT), ...options });
  for await (const event of all) {
    events.push(event);
    if (events.length === limit) break;
  }
  return events;
}

describe('a training with times by their losses and conditions that are dropped', () => {
  const options = { times: 'loss-aware', conditionDropout: 0.3 } as const;
  const trainerOf = (start?: number): Trainer =>
    new Trainer(recipeOf(linear('epsilon', {}, start), options), { seed: 1 });
  const values = ({ memories }: Trainer): Float32Array => memories.get('denoiser')!.save();

  it('tells time and loss of each sample, and remembers them', async () => {
    const trainer = trainerOf();
    const events = await go(trainer);
    const seen: number[][] = [[], [], [], []];
    for (const { samples } of events) samples!.t!.forEach((t, i) => void seen[t]!.push(samples!.losses[i]!));
    const memory = values(trainer);
    for (const [t, losses] of seen.entries()) {
      expect(losses.length).toBeGreaterThan(10);
      expect([...memory.subarray(t * 11, (t + 1) * 11)]).toEqual([10, ...losses.slice(-10)]);
    }
  });

  it.each([3, 30])('is resumed after step %i to the same bits', async (limit) => {
    const whole = trainerOf();
    const events = await go(whole);
    const first = trainerOf();
    await go(first, limit);
    const second = trainerOf(0.1);
    restoreCheckpoint(second, encodeCheckpoint(first));
    expect(values(second)).toEqual(values(first));
    const rest = await go(second);
    const essence = ({ loss, samples }: TrainEvent): unknown => ({ loss, samples });
    expect(rest.map(essence)).toEqual(events.slice(limit).map(essence));
    expect(values(second)).toEqual(values(whole));
  });

  it('is the same on two threads, and with a batch in parts', async () => {
    const one = await go(trainerOf());
    const trainer = trainerOf();
    const worker = localEndpoint((port) => serveReplica(port, trainerOf(0.2).recipe));
    const replicas = await ReplicaGroup.start(trainer.recipe, [worker], { adaptive: false });
    const two = await go(trainer, STEPS, { replicas });
    await replicas.dispose();
    two.forEach(({ loss, samples }, i) => {
      expect(Math.abs(loss / one[i]!.loss - 1)).toBeLessThan(1e-5);
      expect(samples!.t).toEqual(one[i]!.samples!.t);
      close(samples!.losses, [...one[i]!.samples!.losses]);
    });
    close(values(trainer), [...values(await trained())]);
    async function trained(): Promise<Trainer> {
      const other = trainerOf();
      await go(other);
      return other;
    }
  });

  it('has checkpoints that hold what it remembers, and refuses others', async () => {
    const trainer = trainerOf();
    await go(trainer, 3);
    const bytes = encodeCheckpoint(trainer);
    const even = new Trainer(recipeOf(linear('epsilon')), { seed: 1 });
    expect(() => restoreCheckpoint(even, bytes, 'a')).toThrow(
      "a: holds memory/denoiser, which this recipe does not remember, such as times: 'loss-aware'",
    );
    expect(() => restoreCheckpoint(trainerOf(), encodeCheckpoint(even), 'a')).toThrow(/must hold memory\/denoiser/);
    const { tensors, metadata } = decodeSafetensors(bytes);
    const { checksum: _, ...rest } = metadata;
    (tensors.get('memory/denoiser')!.data as Float32Array)[0] = 12;
    const spoilt = encodeSafetensors(tensors, { ...rest, format: 'medseg-checkpoint-1' });
    const before = values(trainer);
    expect(() => restoreCheckpoint(trainer, spoilt, 'a')).toThrow(
      'a: memory/denoiser must be what the phase remembers, it cannot be',
    );
    expect(values(trainer)).toEqual(before);
  });

  it('leaves no tensor behind', async () => {
    const trainer = trainerOf();
    trainer.step(batch, 0);
    await expectNoLeak(() => void trainer.step(batch, 0));
  });
});

describe('phaseLoss', () => {
  it('is the loss of the present weights, with draws of the seed alone', async () => {
    const network = linear('epsilon');
    const recipe = recipeOf(network);
    const options = { phase: 'denoiser', batch, seed: 4 };
    const { loss, samples } = phaseLoss(recipe, options);
    const draw = phaseIn(recipe).draw!(COUNT, 64, createRandom(4).fork('phase loss'));
    const expected = lossesOf(draw, batch.images, 'epsilon');
    close(samples!.losses, expected);
    expect(samples!.t).toEqual(draw.t);
    expect(loss).toBeCloseTo(mean(expected), 5);
    expect(phaseLoss(recipe, options)).toEqual({ loss, samples });
    expect(phaseLoss(recipe, { ...options, seed: 5 }).loss).not.toBe(loss);
    await expectNoLeak(() => void phaseLoss(recipe, options));
    expect(network.w.dataSync()[0]).toBe(Math.fround(0.7));
    network.w.assign(tf.scalar(0.2));
    expect(phaseLoss(recipe, options).loss).not.toBe(loss);
  });

  it('calls layers as in evaluation, and leaves the state of the phase', () => {
    const seen: unknown[] = [];
    const network = linear('epsilon');
    const running = tf.variable(tf.scalar(3), false);
    const phase: RecipePhase = {
      name: 'own',
      variables: network.variables(),
      state: new Map([['running', running]]),
      loss: ({ masks, context }) => {
        seen.push(context);
        running.assign(tf.scalar(8));
        return tf.mean(masks) as tf.Scalar;
      },
    };
    const { loss } = phaseLoss({ network, phases: [phase] }, { phase: 'own', batch, seed: 1 });
    expect(loss).toBeCloseTo(mean(batch.masks), 6);
    expect(seen).toEqual([{ training: false }]);
    expect(running.dataSync()[0]).toBe(3);
  });

  it('says what is wrong with what it is given', () => {
    const recipe = recipeOf(linear('epsilon'));
    expect(() => phaseLoss(recipe, { phase: 'encoder', batch, seed: 1 })).toThrow(
      'the recipe has the phases denoiser, got encoder',
    );
    expect(() => phaseLoss(recipe, { phase: 'denoiser', batch: { ...batch, maskShape: [1] }, seed: 1 })).toThrow(
      'train: maskShape must be [5, 8, 8, 1] for this network, got [1]',
    );
    const noting = phaseIn(recipe);
    const wrong: RecipePhase = {
      ...noting,
      loss: (data, prepared) => {
        data.noteLosses(tf.zeros([2]));
        return noting.loss(data, prepared);
      },
    };
    expect(() => phaseLoss({ ...recipe, phases: [wrong] }, { phase: 'denoiser', batch, seed: 1 })).toThrow(
      'phaseLoss: the losses that the phase denoiser notes must be [5], got a tensor [2]',
    );
  });
});

import { register } from '@medseg/backend-wasm';
import { cosineSchedule, linearSchedule } from '@medseg/diffusion';
import { OfficialNew } from '@medseg/models';
import { createRandom } from '@medseg/random';
import { expectNoLeak } from '@medseg/test-support';
import { localEndpoint } from '@medseg/test-support/local-endpoint';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeCheckpoint, restoreCheckpoint } from './checkpoint.ts';
import { encodeModel, loadModel } from './model-file.ts';
import { NonFiniteError } from './non-finite-error.ts';
import { diffusionPhase } from './phases/diffusion-phase.ts';
import { maskPhase } from './phases/mask-phase.ts';
import type { Recipe, RecipePhase, StepData } from './recipe.ts';
import { ReplicaGroup } from './replicas/replica-group.ts';
import { serveReplica } from './replicas/serve-replica.ts';
import { discBatch, smallTrainer } from './small-trainer.fixture.ts';
import { shareOf, stepGradients } from './step-gradients.ts';
import type { StepInput } from './step-input.ts';
import { type TrainEvent, train } from './train.ts';
import { Trainer } from './trainer.ts';

beforeAll(() => register());

/** A network of one's own: two weights, and one that the loss does not reach. */
function ownRecipe(shares: readonly number[] = [1, 1, 2]): Recipe {
  const variable = (value: number): tf.Variable => tf.variable(tf.scalar(value));
  const [gain, bias, idle] = [variable(0.5), variable(0), variable(3)];
  const predict = (images: tf.Tensor): tf.Tensor => tf.add(tf.mul(images, gain), bias);
  const all = new Map([
    ['gain', gain],
    ['bias', bias],
    ['idle', idle],
  ]);
  const learner = { weightDecay: 0 };
  const phases = [
    maskPhase(predict, { name: 'gain', variables: new Map([['gain', gain]]), learner }),
    maskPhase(predict, { name: 'bias', variables: new Map([['bias', bias]]), learner }),
    maskPhase(predict, { name: 'both', variables: all, learner }),
  ];
  return {
    network: { imageSize: [8, 8], maskChannels: 1, variables: () => all },
    phases: phases.map((phase, i) => ({ ...phase, share: shares[i] })),
  };
}

const values = (recipe: Recipe): Record<string, number> =>
  Object.fromEntries([...recipe.network.variables()].map(([name, v]) => [name, v.dataSync()[0]!]));

async function go(trainer: Trainer, steps: number, limit = Number.POSITIVE_INFINITY): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(trainer, { budget: { steps }, batchAt: (step) => discBatch(step) })) {
    events.push(event);
    if (events.length === limit) break;
  }
  return events;
}

describe('a recipe of three phases', () => {
  it('gives each phase its share, and trains what it names', async () => {
    const recipe = ownRecipe();
    const trainer = new Trainer(recipe, { seed: 1 });
    const events = await go(trainer, 16);
    expect(events.map(({ phase }) => phase)).toEqual([
      ...Array(4).fill('gain'),
      ...Array(4).fill('bias'),
      ...Array(8).fill('both'),
    ]);
    expect(trainer.progress.finished).toBe(true);
  });

  it('changes nothing but the variables of the phase; one that the loss does not reach stays', async () => {
    const recipe = ownRecipe();
    const trainer = new Trainer(recipe, { seed: 1 });
    await go(trainer, 16, 3);
    expect(values(recipe)).toMatchObject({ bias: 0, idle: 3 });
    expect(values(recipe).gain).not.toBe(0.5);
    await go(trainer, 16);
    expect(values(recipe).bias).not.toBe(0);
    expect(values(recipe).idle).toBe(3);
  });

  it('leaves out a phase without a share', async () => {
    const events = await go(new Trainer(ownRecipe([0, 1, 1]), { seed: 1 }), 4);
    expect(events.map(({ phase }) => phase)).toEqual(['bias', 'bias', 'both', 'both']);
  });

  it('starts the averages of a phase from what the one before has learned', async () => {
    const trainer = new Trainer(ownRecipe(), { seed: 1 });
    await go(trainer, 16, 8);
    expect(trainer.progress.phase).toBe('both');
    const average = trainer.learners.get('both')!.average.values();
    expect(average.get('gain')!.dataSync()[0]).toBe(values(trainer.recipe).gain);
  });

  it.each([2, 6, 11])('resumes after step %i to the last bit', async (limit) => {
    const whole = await go(new Trainer(ownRecipe(), { seed: 1 }), 16);
    const first = new Trainer(ownRecipe(), { seed: 1 });
    await go(first, 16, limit);
    const bytes = encodeCheckpoint(first);
    const second = new Trainer(ownRecipe(), { seed: 1 });
    restoreCheckpoint(second, bytes);
    const rest = await go(second, 16);
    expect(rest.map(({ loss }) => loss)).toEqual(whole.slice(limit).map(({ loss }) => loss));
  });

  it('writes the weights under the names of the network, of the phases that have begun', async () => {
    const trainer = new Trainer(ownRecipe(), { seed: 1 });
    await go(trainer, 16);
    const other = ownRecipe();
    loadModel(other.network, encodeModel(trainer));
    const best = trainer.learners.get('both')!.average.values();
    expect(values(other)).toEqual(Object.fromEntries([...best].map(([name, v]) => [name, v.dataSync()[0]])));
  });

  it('leaves no tensor behind', async () => {
    const trainer = new Trainer(ownRecipe(), { seed: 1 });
    trainer.step(discBatch(0), 0);
    await expectNoLeak(() => void trainer.step(discBatch(1), 0.5));
  });
});

describe('running statistics', () => {
  const official = {
    imageSize: [8, 8] as [number, number],
    imageChannels: 1,
    channels: 8,
    multipliers: [1, 2],
    blocks: 1,
    attentionReductions: [],
    groups: 4,
    highway: { channels: 2, poolings: 3, maxChannels: 8 },
    seed: 1,
  };
  const recipeOf = (): Recipe & { network: OfficialNew } => {
    const network = new OfficialNew(official);
    const phase = diffusionPhase(network, {
      variables: new Map([...network.encoderVariables(), ...network.denoiserVariables()]),
      state: network.variables(),
      schedule: linearSchedule({ steps: 100, scaleToSteps: true }),
    });
    return { network, phases: [phase as RecipePhase] };
  };
  const mean = (network: OfficialNew): number[] => {
    const [, variable] = [...network.variables()].find(([name]) => name.endsWith('running_mean'))!;
    return [...variable.dataSync()];
  };

  it('follow the batches, and are saved and resumed', async () => {
    const recipe = recipeOf();
    const before = mean(recipe.network);
    const trainer = new Trainer(recipe, { seed: 1 });
    const whole = await go(trainer, 4);
    expect(mean(recipe.network)).not.toEqual(before);
    const first = new Trainer(recipeOf(), { seed: 1 });
    await go(first, 4, 2);
    const bytes = encodeCheckpoint(first);
    const again = recipeOf();
    const second = new Trainer(again, { seed: 1 });
    restoreCheckpoint(second, bytes);
    const rest = await go(second, 4);
    expect(rest.map(({ loss }) => loss)).toEqual(whole.slice(2).map(({ loss }) => loss));
    expect(mean(again.network)).toEqual(mean(recipe.network));
    const copy = new OfficialNew({ ...official, seed: 2 });
    loadModel(copy, encodeModel(second));
    expect(mean(copy)).toEqual(mean(recipe.network));
  });

  it('are over replicas the mean of those of the shares', async () => {
    const recipe = recipeOf();
    const { images, masks, imageShape, maskShape } = discBatch(0, 4);
    const draw = recipe.phases[0]!.draw!(4, 64, createRandom(5));
    const layers = createRandom(6).state(); // the highway has dropout
    const input: StepInput = { phase: 'denoiser', batch: { images, masks, imageShape, maskShape }, draw, layers };
    const group = await ReplicaGroup.start(recipe, [localEndpoint((port) => serveReplica(port, recipeOf()))]);
    const { state } = await group.gradients(input);
    await group.dispose();
    const halves = [0, 2].map(
      (from) => stepGradients(recipeOf(), { ...shareOf(input, from, from + 2), weight: 1 }).state,
    );
    expect(state.size).toBeGreaterThan(0);
    for (const [name, value] of state) {
      const [first, second] = halves.map((half) => half.get(name)!.dataSync());
      value.dataSync().forEach((mean, i) => void expect(mean).toBeCloseTo((first![i]! + second![i]!) / 2, 5));
    }
  });

  it('stay as they were where the loss is no number', () => {
    const recipe = recipeOf();
    const trainer = new Trainer(recipe, { seed: 1 });
    const before = mean(recipe.network);
    const batch = discBatch(0);
    const images = batch.images.map((value, i) => (i === 0 ? Number.NaN : value));
    expect(() => trainer.step({ ...batch, images }, 0)).toThrow(NonFiniteError);
    expect(mean(recipe.network)).toEqual(before);
  });
});

describe('a recipe that cannot be trained', () => {
  const loss = ({ masks }: StepData): tf.Scalar => tf.mean(masks) as tf.Scalar;
  const variables = new Map([['w', {} as tf.Variable]]);
  const network = { imageSize: [8, 8], maskChannels: 1, variables: () => variables };
  const phase: RecipePhase = { name: 'a', variables, loss };
  it.each<[string, unknown, string]>([
    [
      'a network',
      smallTrainer,
      'a recipe must be { network, phases }, such as anchoredRecipe(network, { schedule }), got a function',
    ],
    ['no phases', { network, phases: [] }, 'a recipe must have at least one phase, got none'],
    ['two of one name', { network, phases: [phase, phase] }, 'the names of phases must differ, got a twice'],
    [
      'a name with a blank',
      { network, phases: [{ ...phase, name: 'a b' }] },
      'name of a phase must be letters, digits, _ and -, got "a b"',
    ],
    [
      'a share below 0',
      { network, phases: [{ ...phase, share: -1 }] },
      'share of the phase a must be a number of at least 0, got -1',
    ],
    [
      'no share at all',
      { network, phases: [{ ...phase, share: 0 }] },
      'the shares of the phases must be above 0 together, got 0',
    ],
    [
      'no variables',
      { network, phases: [{ ...phase, variables: new Map() }] },
      'variables of the phase a must be a map of at least one variable by name, got Map',
    ],
    [
      'no loss',
      { network, phases: [{ ...phase, loss: undefined }] },
      'loss of the phase a must be a function, got undefined',
    ],
    ['a misspelt part', { network, phases: [{ ...phase, lose: loss }] }, 'a phase: options must be among'],
  ])('is refused: %s', (_, recipe, rule) => {
    expect(() => new Trainer(recipe as Recipe, { seed: 1 })).toThrow(`Trainer: ${rule}`);
  });

  const step = (more: Partial<RecipePhase>): (() => unknown) => {
    const w = tf.variable(tf.scalar(1));
    const own = new Map([['w', w]]);
    const reached = ({ masks }: StepData): tf.Scalar => tf.tidy(() => tf.mul<tf.Scalar>(tf.mean(masks), w));
    const phases = [{ name: 'a', variables: own, loss: reached, ...more } as RecipePhase];
    return () =>
      new Trainer({ network: { ...network, variables: () => own }, phases }, { seed: 1 }).step(discBatch(0), 0);
  };
  it.each<[string, Partial<Record<keyof RecipePhase, unknown>>, string]>([
    [
      'a rate that is no function',
      { learningRate: 1e-3 },
      'Trainer: learningRate of the phase a must be a function of its progress, got 0.001',
    ],
    [
      'a rate that is no number',
      { learningRate: () => Number.NaN },
      'Trainer: learningRate of the phase a must be a number of at least 0, got NaN',
    ],
    [
      'a rate below 0',
      { learningRate: () => -1 },
      'Trainer: learningRate of the phase a must be a number of at least 0, got -1',
    ],
    [
      'a loss per sample',
      { loss: ({ masks }: StepData) => tf.mean(masks, [1, 2, 3]) },
      'stepGradients: loss of the phase a must return a scalar tensor, got a tensor [4]; take its mean',
    ],
    [
      'a loss that is a number',
      { loss: () => 1 },
      'stepGradients: loss of the phase a must return a scalar tensor, got 1',
    ],
    [
      'draws that cannot be shared out',
      { draw: () => ({ t: new Float32Array(7) }) },
      'draw of the phase a must give each sample as many values, got t of 7 for 4 samples',
    ],
    [
      'a draw of another kind',
      { draw: () => ({ t: [1, 2, 3, 4] }) },
      'draw of the phase a must give numbers, Float32Array, Float64Array or Int32Array, got t: an array of 4',
    ],
    [
      'a draw that is awaited',
      { draw: async () => ({}) },
      'draw of the phase a must return an object of arrays and numbers, got Promise',
    ],
    [
      'a preparation that is awaited',
      { prepare: async () => null },
      'stepGradients: prepare of the phase a must return tensors, got Promise',
    ],
  ])('is refused at its step, and nothing is left: %s', async (_, more, rule) => {
    const run = step(more as Partial<RecipePhase>);
    expect(run).toThrow(rule);
  });

  it('is refused where its state is spoilt, which stays as it was', () => {
    const state = new Map([['seen', tf.variable(tf.scalar(2))]]);
    const w = tf.variable(tf.scalar(1));
    const loss = ({ masks }: StepData): tf.Scalar =>
      tf.tidy(() => {
        state.get('seen')!.assign(tf.scalar(Number.NaN));
        return tf.mul<tf.Scalar>(tf.mean(masks), w);
      });
    const trainer = new Trainer(
      { network, phases: [{ name: 'a', variables: new Map([['w', w]]), state, loss }] },
      { seed: 1 },
    );
    expect(() => trainer.step(discBatch(0), 0)).toThrow(/seen at step 0 is not finite/);
    expect([state.get('seen')!.dataSync()[0], w.dataSync()[0]]).toEqual([2, 1]);
  });

  it('is not resumed from the checkpoint of another seed, or of another recipe', () => {
    const bytes = encodeCheckpoint(new Trainer(ownRecipe(), { seed: 1 }));
    expect(() => restoreCheckpoint(new Trainer(ownRecipe(), { seed: 2 }), bytes, 'a')).toThrow(
      'a: the trainer must have the seed of the checkpoint, 1, it has 2',
    );
    expect(() => restoreCheckpoint(smallTrainer(1), bytes, 'a')).toThrow(
      'a: a checkpoint of this recipe must be in one of its phases, encoder, denoiser, got gain',
    );
  });

  it('is refused with a schedule in the place of the options', () => {
    expect(() => diffusionPhase(smallTrainer().model, cosineSchedule() as never)).toThrow(
      /diffusionPhase: options must be/,
    );
  });
});

import { register } from '@medseg/backend-wasm';
import { expectNoLeak } from '@medseg/test-support';
import { localEndpoint } from '@medseg/test-support/local-endpoint';
import { decodeSafetensors, encodeSafetensors, FormatError } from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeCheckpoint, restoreCheckpoint } from './checkpoint.ts';
import { constantRate } from './learning-rate.ts';
import type { PhaseLearnerOptions } from './phase-learner.ts';
import { maskPhase } from './phases/mask-phase.ts';
import type { Recipe } from './recipe.ts';
import { ReplicaGroup } from './replicas/replica-group.ts';
import { serveReplica } from './replicas/serve-replica.ts';
import { discBatch } from './small-trainer.fixture.ts';
import { type TrainEvent, type TrainOptions, train } from './train.ts';
import { Trainer } from './trainer.ts';

beforeAll(() => register());

const STEPS = 12;

/** A convolution of its own, whose learner has some options. */
function recipeOf(learner: PhaseLearnerOptions, start = 0.1): Recipe {
  const kernel = tf.variable(
    tf.tensor4d(
      Array.from({ length: 9 }, (_, i) => start * (i - 3)),
      [3, 3, 1, 1],
    ),
  );
  const bias = tf.variable(tf.tensor1d([start]));
  const variables = new Map<string, tf.Variable>([
    ['kernel', kernel],
    ['bias', bias],
  ]);
  const predict = (images: tf.Tensor4D): tf.Tensor =>
    tf.add(tf.conv2d(images, kernel as unknown as tf.Tensor4D, 1, 'same'), bias);
  return {
    network: { imageSize: [8, 8], maskChannels: 1, variables: () => variables },
    phases: [maskPhase(predict, { variables, learner, learningRate: constantRate({ peak: 0.05 }) })],
  };
}

const trainerOf = (learner: PhaseLearnerOptions): Trainer => new Trainer(recipeOf(learner), { seed: 1 });

const values = ({ recipe }: Trainer): number[] =>
  [...recipe.network.variables().values()].flatMap((variable) => [...variable.dataSync()]);

/** All that a checkpoint holds but the time that it took. */
const stateOf = (trainer: Trainer): unknown => {
  const { tensors, metadata } = decodeSafetensors(encodeCheckpoint(trainer));
  return { tensors, learners: metadata.learners, updates: metadata.updates };
};

/** Scores that a recipe of the trainer's weights decides, so that each average has its own. */
const scoreOf = (trainer: Trainer) => async (): Promise<number> => Math.abs(Math.sin(40 * values(trainer)[4]!));

async function go(trainer: Trainer, limit = STEPS, options: Partial<TrainOptions> = {}): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  const all = train(trainer, {
    budget: { steps: STEPS },
    batchAt: (step) => discBatch(step),
    validate: scoreOf(trainer),
    validations: 6,
    ...options,
  });
  for await (const event of all) {
    events.push(event);
    if (events.length === limit) break;
  }
  return events;
}

const essence = ({ step, loss, gradientNorm, learningRate, validation }: TrainEvent): unknown => ({
  step,
  loss,
  gradientNorm,
  learningRate,
  validation,
});

const choices: [string, PhaseLearnerOptions][] = [
  ['AdamW', {}],
  ['Adam', { optimizer: 'adam', weightDecay: 0.01 }],
  ['SGD', { optimizer: 'sgd', weightDecay: 0.01, clipNorm: Number.POSITIVE_INFINITY }],
  ['SGD without momentum', { optimizer: 'sgd', momentum: 0 }],
  ['averages without warm-up', { averageWarmUp: false, averageLimit: 0.99 }],
  ['several averages', { moreAverages: [0.5, 0] }],
  ['a plateau', { plateau: { factor: 0.5, patience: 0 } }],
];

describe.each(choices)('a learner with %s', (_, learner) => {
  it.each([1, 5, 9])('resumes after step %i to the same bits', async (limit) => {
    const whole = trainerOf(learner);
    const events = await go(whole);
    const first = trainerOf(learner);
    const before = await go(first, limit);
    const bytes = encodeCheckpoint(first);
    const second = new Trainer(recipeOf(learner, 0.7), { seed: 1 });
    restoreCheckpoint(second, bytes);
    const after = await go(second);
    expect([...before, ...after].map(essence)).toEqual(events.map(essence));
    expect(values(second)).toEqual(values(whole));
    expect(stateOf(second)).toEqual(stateOf(whole));
  });

  it('learns on two threads what it learns on one', async () => {
    const one = await go(trainerOf(learner));
    const trainer = trainerOf(learner);
    const worker = localEndpoint((port) => serveReplica(port, recipeOf(learner, 0.3)));
    const replicas = await ReplicaGroup.start(trainer.recipe, [worker], { adaptive: false });
    const two = await go(trainer, STEPS, { replicas });
    await replicas.dispose();
    two.forEach(({ loss }, i) => void expect(Math.abs(loss / one[i]!.loss - 1)).toBeLessThan(1e-5));
  });

  it('leaves no tensor behind', async () => {
    const trainer = trainerOf(learner);
    trainer.step(discBatch(0), 0);
    await expectNoLeak(() => void trainer.step(discBatch(1), 0.5));
  });
});

describe('a checkpoint', () => {
  const bytesOf = (learner: PhaseLearnerOptions): Uint8Array => encodeCheckpoint(trainerOf(learner));

  it('of another optimiser is refused by name', () => {
    expect(() => restoreCheckpoint(trainerOf({ optimizer: 'sgd' }), bytesOf({}), 'a')).toThrow(
      "a: the optimizer of the phase encoder must be that of the checkpoint, 'adamw', it is 'sgd'",
    );
    expect(() => restoreCheckpoint(trainerOf({}), bytesOf({ optimizer: 'adam' }), 'a')).toThrow(
      "must be that of the checkpoint, 'adam', it is 'adamw'",
    );
    const still = bytesOf({ optimizer: 'sgd', momentum: 0 });
    expect(() => restoreCheckpoint(trainerOf({ optimizer: 'sgd' }), still, 'a')).toThrow(
      /must hold velocity\/encoder.kernel/,
    );
  });

  it('of other averages is refused by name', () => {
    expect(() => restoreCheckpoint(trainerOf({}), bytesOf({ moreAverages: [0.5] }), 'a')).toThrow(
      'a: moreAverages of the phase encoder must be those of the checkpoint, [0.5], they are []',
    );
    expect(() => restoreCheckpoint(trainerOf({ moreAverages: [0.5, 0.9] }), bytesOf({ moreAverages: [0.5] }))).toThrow(
      /\[0.5\], they are \[0.5,0.9\]/,
    );
  });

  it('of an earlier version is of AdamW with one average', () => {
    const { tensors, metadata } = decodeSafetensors(bytesOf({}));
    const { checksum: _, learners: __, ...rest } = metadata;
    const earlier = encodeSafetensors(tensors, { ...rest, format: 'medseg-checkpoint-1' });
    expect(() => restoreCheckpoint(trainerOf({}), earlier, 'a')).not.toThrow();
    expect(() => restoreCheckpoint(trainerOf({ optimizer: 'adam' }), earlier, 'a')).toThrow(
      "the optimizer of the phase encoder must be that of the checkpoint, 'adamw', it is 'adam'",
    );
  });

  it('whose learners are none is refused', () => {
    const { tensors, metadata } = decodeSafetensors(bytesOf({ plateau: { factor: 0.5, patience: 1 } }));
    const { checksum: _, ...rest } = metadata;
    const changed = (learners: string): Uint8Array =>
      encodeSafetensors(tensors, { ...rest, format: 'medseg-checkpoint-1', learners });
    const trainer = trainerOf({ plateau: { factor: 0.5, patience: 1 } });
    for (const learners of ['', '3', '{}', '{"encoder":{}}', rest.learners!.replace('"scale":1', '"scale":-1')]) {
      expect(() => restoreCheckpoint(trainer, changed(learners), 'a')).toThrow(FormatError);
      expect(() => restoreCheckpoint(trainer, changed(learners), 'a')).toThrow('its learners cannot be read');
    }
    expect(() => restoreCheckpoint(trainer, changed(rest.learners!), 'a')).not.toThrow();
  });
});

describe('several averages', () => {
  it('are validated each, and the best is kept', async () => {
    const trainer = trainerOf({ averageLimit: 0.99, moreAverages: [0.5, 0] });
    const seen: number[][] = [];
    const validate = async (): Promise<number> => {
      seen.push(values(trainer));
      return seen.length === 2 ? 0.8 : 0.2; // the second is the best
    };
    const events = await go(trainer, STEPS, { validate, validations: 1 });
    const { validation } = events.at(-1)!;
    expect(validation).toEqual({
      dice: 0.8,
      improved: true,
      averages: [
        { limit: 0.99, dice: 0.2 },
        { limit: 0.5, dice: 0.8 },
        { limit: 0, dice: 0.2 },
      ],
    });
    const { best } = trainer.learners.get('encoder')!;
    expect([...best.values()].flatMap((tensor) => [...tensor.dataSync()])).toEqual(seen[1]);
    expect(seen[1]).not.toEqual(seen[0]);
    expect(seen[2]).toEqual(values(trainer)); // of limit 0: the trained weights
  });
});

describe('a plateau', () => {
  it('reduces the rate by its factor after its patience', async () => {
    const trainer = trainerOf({ plateau: { factor: 0.5, patience: 1 } });
    const events = await go(trainer, STEPS, { validate: async () => 0.5, validations: STEPS });
    const rates = events.map(({ learningRate }) => learningRate / 0.05);
    expect(rates.map((rate) => Number(rate.toFixed(6)))).toEqual([
      1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625, 0.03125,
    ]);
  });

  it('is refused without scores', async () => {
    const trainer = trainerOf({ plateau: { factor: 0.5, patience: 1 } });
    const events = train(trainer, { budget: { steps: 1 }, batchAt: () => discBatch(0) });
    await expect(events.next()).rejects.toThrow('train: plateau of the phase encoder needs validate, got none');
    expect(trainer.progress.step).toBe(0);
  });
});

describe('options that are none', () => {
  it.each([
    [{ averageWarmUp: 1 }, 'PhaseLearner: averageWarmUp must be true or false, got 1'],
    [{ moreAverages: 0.5 }, 'PhaseLearner: moreAverages must be a list of limits, got 0.5'],
    [
      { moreAverages: [2] },
      'PhaseLearner: a limit of moreAverages must be a number of at least 0 and at most 1, got 2',
    ],
    [{ moreAverages: [0.9999] }, 'PhaseLearner: the limits of averages must differ, got 0.9999 twice'],
    [
      { plateau: { factor: 2, patience: 1 } },
      'PhaseLearner: factor of plateau must be a number above 0 and below 1, got 2',
    ],
    [
      { plateau: { factor: 0.5, patiance: 1 } },
      'PhaseLearner: plateau: options must be among factor, patience, got patiance; did you mean patience?',
    ],
  ])('%o', (learner, message) => {
    expect(() => trainerOf(learner as PhaseLearnerOptions)).toThrow(message);
  });
});

import { register } from '@medseg/backend-wasm';
import {
  addNoise,
  calibrationLoss,
  cosineSchedule,
  crossEntropyLoss,
  diceLoss,
  hybridLoss,
  linearSchedule,
  mseLoss,
  type Network,
  trainingTarget,
} from '@medseg/diffusion';
import { DeepmancerUNet, Lucidrains, MedSegDiffV2, OfficialNew, OfficialV1, UNet } from '@medseg/models';
import { createRandom } from '@medseg/random';
import { expectNoLeak } from '@medseg/test-support';
import { localEndpoint } from '@medseg/test-support/local-endpoint';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeCheckpoint, restoreCheckpoint } from '../checkpoint.ts';
import { constantRate } from '../learning-rate.ts';
import { encodeModel, loadModel } from '../model-file.ts';
import { phaseLoss } from '../phase-loss.ts';
import type { Draw, Recipe } from '../recipe.ts';
import { ReplicaGroup } from '../replicas/replica-group.ts';
import { serveReplica } from '../replicas/serve-replica.ts';
import { discBatch } from '../small-trainer.fixture.ts';
import { type TrainEvent, type TrainOptions, train } from '../train.ts';
import { Trainer } from '../trainer.ts';
import { diffusionRecipe } from './diffusion-recipe.ts';
import { maskRecipe } from './mask-recipe.ts';
import { medSegDiffV2Recipe } from './med-seg-diff-v2-recipe.ts';
import { officialRecipe } from './official-recipe.ts';

beforeAll(() => register());

const COUNT = 4;
const batch = discBatch(0, COUNT);
const schedule = linearSchedule({ steps: 100, scaleToSteps: true });
const common = { imageSize: [8, 8] as [number, number], imageChannels: 1, maskChannels: 1 };
const official = {
  ...common,
  channels: 8,
  blocks: 1,
  attentionReductions: [],
  groups: 4,
  highway: { channels: 2, poolings: 3, maxChannels: 8 },
};
const twin = { ...common, imageSize: 8, channels: 8, linearAttention: [true], heads: 2, headChannels: 4 };
const rate = { learningRate: constantRate({ peak: 1e-3 }) };

const networks = {
  'official-new': (seed: number) => new OfficialNew({ ...official, multipliers: [1, 2], seed }),
  'official-v1': (seed: number) => new OfficialV1({ ...official, multipliers: [1, 1, 2, 2], seed }),
  v2: (seed: number) =>
    new MedSegDiffV2({ ...common, conditionChannels: [8, 8], diffusionChannels: [8, 8], formers: 1, seed }),
  seed: (seed: number) => new DeepmancerUNet({ ...twin, timeChannels: 8, seed }),
  lucidrains: (seed: number) => new Lucidrains({ ...twin, multipliers: [1], selfCondition: true, seed }),
  unet: (seed: number) => new UNet({ ...common, channels: [8, 8], blocks: 1, seed }),
};
const recipes: Readonly<Record<keyof typeof networks, (seed: number) => Recipe>> = {
  'official-new': (seed) => officialRecipe(networks['official-new'](seed), { schedule, ...rate }),
  'official-v1': (seed) => officialRecipe(networks['official-v1'](seed), { schedule, ...rate }),
  v2: (seed) => medSegDiffV2Recipe(networks.v2(seed), { schedule, conditionDropout: 0.2, ...rate }),
  seed: (seed) => diffusionRecipe(networks.seed(seed), { schedule, ...rate, learner: { optimizer: 'adam' } }),
  lucidrains: (seed) =>
    diffusionRecipe(networks.lucidrains(seed), { schedule: cosineSchedule(), selfConditioning: 0.5, ...rate }),
  unet: (seed) => maskRecipe(networks.unet(seed), { ...rate, learner: { optimizer: 'sgd' } }),
};
const names = Object.keys(recipes) as (keyof typeof networks)[];

async function go(trainer: Trainer, options: Partial<TrainOptions> = {}, limit = 4): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  const all = train(trainer, { budget: { steps: 4 }, batchAt: (step) => discBatch(step, COUNT), ...options });
  for await (const event of all) {
    events.push(event);
    if (events.length === limit) break;
  }
  return events;
}

const values = ({ network }: Recipe): number[] =>
  [...network.variables().values()].flatMap((variable) => [...variable.dataSync()]);

describe.each(names)('the recipe of %s', (name) => {
  const trainerOf = (seed = 1): Trainer => new Trainer(recipes[name](seed), { seed: 1 });

  it('trains every trainable variable, and keeps the others as state', () => {
    const { network, phases } = recipes[name](1);
    const [phase] = phases;
    const all = [...network.variables()];
    expect([...phase!.variables.keys()]).toEqual(all.filter(([, { trainable }]) => trainable).map(([key]) => key));
    expect([...phase!.state!.keys()]).toEqual(all.filter(([, { trainable }]) => !trainable).map(([key]) => key));
    expect(phase!.state!.size > 0).toBe(name.startsWith('official'));
  });

  it('is resumed to the same bits, and its model is loaded again', async () => {
    const whole = trainerOf();
    const before = values(whole.recipe);
    const events = await go(whole);
    expect(values(whole.recipe)).not.toEqual(before);
    const first = trainerOf();
    await go(first, {}, 2);
    const second = trainerOf(2);
    restoreCheckpoint(second, encodeCheckpoint(first));
    const rest = await go(second);
    expect(rest.map(({ loss }) => loss)).toEqual(events.slice(2).map(({ loss }) => loss));
    expect(values(second.recipe)).toEqual(values(whole.recipe));
    const copy = recipes[name](3);
    loadModel(copy.network, encodeModel(second));
    await second.withAveragedWeights(async () => expect(values(copy)).toEqual(values(second.recipe)));
  });

  it('is on two threads what it is on one; with statistics of batches it is the same each time', async () => {
    const onTwo = async (): Promise<TrainEvent[]> => {
      const trainer = trainerOf();
      const worker = localEndpoint((port) => serveReplica(port, recipes[name](5)));
      const replicas = await ReplicaGroup.start(trainer.recipe, [worker], { adaptive: false });
      const events = await go(trainer, { replicas });
      await replicas.dispose();
      return events;
    };
    const two = await onTwo();
    if (name.startsWith('official')) {
      expect((await onTwo()).map(({ loss }) => loss)).toEqual(two.map(({ loss }) => loss));
      return;
    }
    const one = await go(trainerOf());
    two.forEach(({ loss, samples }, i) => {
      expect(Math.abs(loss / one[i]!.loss - 1)).toBeLessThan(1e-5);
      expect(samples?.t).toEqual(one[i]!.samples?.t);
    });
  });

  it('leaves no tensor behind', async () => {
    const trainer = trainerOf();
    trainer.step(batch, 0);
    await expectNoLeak(() => void trainer.step(batch, 0));
    const phase = trainer.progress.phase;
    await expectNoLeak(() => void phaseLoss(trainer.recipe, { phase, batch, seed: 1 }));
  });
});

const tensor = (data: Float32Array): tf.Tensor4D => tf.tensor4d(data, [COUNT, 8, 8, 1]);
const masks = (): tf.Tensor4D => tensor(batch.masks);
const images = (): tf.Tensor4D => tensor(batch.images);

/** The loss of a recipe in evaluation mode, with what is drawn replaced in part, and what the parts of it are made of. */
function lossOf(recipe: Recipe, given: Partial<Draw> = {}): { loss: number; draw: Draw } {
  const phase = recipe.phases[0]!;
  const drawn: { draw?: Draw } = {};
  const changed = {
    ...phase,
    draw: (...all: Parameters<NonNullable<typeof phase.draw>>): Draw => {
      drawn.draw = { ...phase.draw?.(...all), ...given } as Draw;
      return drawn.draw;
    },
  };
  const { loss } = phaseLoss({ ...recipe, phases: [changed] }, { phase: phase.name, batch, seed: 3 });
  return { loss, draw: drawn.draw! };
}
const numberOf = (loss: tf.Tensor): number => loss.dataSync()[0]!;
const noisyOf = (x0: tf.Tensor, { t, noise }: Draw): tf.Tensor4D =>
  addNoise(schedule, x0, tensor(noise as Float32Array), t as Int32Array) as tf.Tensor4D;
const stepsOf = ({ t }: Draw): tf.Tensor1D => tf.tensor1d(t as Int32Array, 'int32');

describe('officialRecipe', () => {
  it('is the hybrid loss and ten times the calibration loss of the mask of the condition branch', () => {
    for (const name of ['official-new', 'official-v1'] as const) {
      const network = networks[name](1);
      const { loss, draw } = lossOf(officialRecipe(network as unknown as Network<never>, { schedule }));
      const x = noisyOf(masks(), draw);
      const condition = network.encode(images()) as never;
      const anchor =
        network instanceof OfficialV1
          ? network.predict(x, stepsOf(draw), condition).anchor
          : (condition as { anchor: tf.Tensor }).anchor;
      const output = network.denoise(x, stepsOf(draw), condition);
      const noise = tensor(draw.noise as Float32Array);
      const hybrid = numberOf(hybridLoss(schedule, output, masks(), noise, x, draw.t as Int32Array));
      const calibration = numberOf(mseLoss(tf.sigmoid(anchor), masks()));
      expect(loss / (hybrid + 10 * calibration), name).toBeCloseTo(1, 5);
      const other = lossOf(
        officialRecipe(network as unknown as Network<never>, { schedule, calibrationWeight: 3 }),
      ).loss;
      expect(other / (hybrid + 3 * calibration), name).toBeCloseTo(1, 5);
    }
  });

  it('learns noise alone where there is no variance, and leaves out samples without an image', () => {
    const network = new OfficialNew({ ...official, outChannels: 1, multipliers: [1, 2], seed: 1 });
    const dropped = Int32Array.of(0, 1, 0, 1);
    const { loss, draw } = lossOf(officialRecipe(network, { schedule, conditionDropout: 0.5 }), { dropped });
    const seen = tf.mul(images(), tf.tensor4d([1, 0, 1, 0], [COUNT, 1, 1, 1]));
    const condition = network.encode(seen);
    const x = noisyOf(masks(), draw);
    const error = numberOf(mseLoss(network.denoise(x, stepsOf(draw), condition), tensor(draw.noise as Float32Array)));
    const weights = [1, 0, 1, 0];
    const calibration = numberOf(calibrationLoss(tf.sigmoid(condition.anchor), masks(), { weights }));
    expect(loss / (error + calibration)).toBeCloseTo(1, 5);
  });

  it('refuses a network without a mask of its condition, and what is no option', () => {
    const lucidrains = networks.lucidrains(1);
    const trainer = new Trainer(officialRecipe(lucidrains, { schedule }), { seed: 1 });
    expect(() => trainer.step(batch, 0)).toThrow(
      'officialRecipe: the network must give the mask logits of its condition branch, by predict(x, t, condition) or as anchor of its condition, got images',
    );
    expect(() =>
      officialRecipe(networks['official-new'](1), { schedule, beside: () => tf.scalar(1) } as never),
    ).toThrow(/officialRecipe: options must be among .*, got beside/);
    expect(() => officialRecipe({} as never, { schedule })).toThrow(/must be a network/);
    expect(() => officialRecipe(networks['official-v1'](1), { schedule, selfConditioning: 0.5 })).toThrow(
      'selfConditioning needs a network that takes its own prediction, got one that does not',
    );
  });
});

describe('medSegDiffV2Recipe', () => {
  it('adds Dice and ten times cross-entropy of the samples whose time is a multiple of 5', () => {
    const network = networks.v2(1);
    const t = Int32Array.of(0, 7, 95, 99);
    const { loss, draw } = lossOf(medSegDiffV2Recipe(network, { schedule }), { t });
    const x0 = tf.sub<tf.Tensor4D>(tf.mul(masks(), 2), 1);
    const x = noisyOf(x0, draw);
    const condition = network.encode(images());
    const noise = tensor(draw.noise as Float32Array);
    const target = trainingTarget(schedule, 'epsilon', x0, noise, t);
    const error = numberOf(mseLoss(network.denoise(x, stepsOf(draw), condition), target));
    const at = (z: tf.Tensor4D, i: number): tf.Tensor4D => tf.slice(z, [i, 0, 0, 0], [1, -1, -1, -1]);
    const own = [0, 2].map((i) => {
      const [logits, truth] = [at(condition.anchor, i), at(masks(), i)];
      return numberOf(diceLoss(logits, truth)) + 10 * numberOf(crossEntropyLoss(logits, truth));
    });
    expect(loss / (error + (own[0]! + own[1]!) / COUNT)).toBeCloseTo(1, 5);
    const without = medSegDiffV2Recipe(network, { schedule, conditionEvery: 97, crossEntropyWeight: 2 });
    const first = numberOf(diceLoss(at(condition.anchor, 0), at(masks(), 0)));
    const entropy = numberOf(crossEntropyLoss(at(condition.anchor, 0), at(masks(), 0)));
    expect(lossOf(without, { t }).loss / (error + (first + 2 * entropy) / COUNT)).toBeCloseTo(1, 5);
    const dropping = medSegDiffV2Recipe(network, { schedule, conditionDropout: 0.5 });
    const dropped = Int32Array.of(1, 1, 1, 1);
    const blank = network.encode(tf.zerosLike(images()));
    const blankError = numberOf(mseLoss(network.denoise(x, stepsOf(draw), blank), target));
    expect(lossOf(dropping, { t, dropped }).loss / blankError).toBeCloseTo(1, 5);
  });

  it('refuses what does not fit', () => {
    const trainer = new Trainer(medSegDiffV2Recipe(networks.seed(1), { schedule }), { seed: 1 });
    expect(() => trainer.step(batch, 0)).toThrow(
      "medSegDiffV2Recipe: the network's condition must hold the mask logits of its condition model as anchor, got images",
    );
    expect(() => medSegDiffV2Recipe(networks.v2(1), { schedule, conditionEvery: 0 })).toThrow(
      'medSegDiffV2Recipe: conditionEvery must be a positive whole number, got 0',
    );
    expect(() => medSegDiffV2Recipe(networks.v2(1), { schedule, crossEntropyWeight: -1 })).toThrow(
      'medSegDiffV2Recipe: crossEntropyWeight must be a number of at least 0, got -1',
    );
  });
});

describe('diffusionRecipe and maskRecipe', () => {
  it('refuse what has nothing to train, and what is no option', () => {
    const network = networks.seed(1);
    expect(() => diffusionRecipe({} as never, { schedule })).toThrow(
      'diffusionRecipe: the first argument must be a network with variables(), got an object',
    );
    expect(() => diffusionRecipe({ ...network, variables: () => new Map() } as never, { schedule })).toThrow(
      'diffusionRecipe: the network must have a trainable variable, got none',
    );
    expect(() => diffusionRecipe(network, { schedule, variables: new Map() } as never)).toThrow(
      /diffusionRecipe: options must be among .*, got variables/,
    );
    expect(() => diffusionRecipe(network, { schedule, selfConditioning: 0.5 })).toThrow(
      'selfConditioning needs a network that takes its own prediction, got one that does not',
    );
    expect(() => maskRecipe(network as never)).toThrow(
      'maskRecipe: the first argument must be a network with predict(), got DeepmancerUNet',
    );
    expect(() => maskRecipe(networks.unet(1), { shares: 1 } as never)).toThrow(/maskRecipe: options must be among/);
  });

  it('maskRecipe learns Dice and cross-entropy of what the network predicts', () => {
    const network = networks.unet(1);
    const { loss } = phaseLoss(maskRecipe(network), { phase: 'encoder', batch, seed: 1 });
    const logits = network.predict(images());
    expect(loss).toBeCloseTo(numberOf(diceLoss(logits, masks())) + numberOf(crossEntropyLoss(logits, masks())), 5);
  });

  it('draw what a seed decides', () => {
    const { phases } = recipes.seed(1);
    expect(phases[0]!.draw!(2, 64, createRandom(1))).toEqual(phases[0]!.draw!(2, 64, createRandom(1)));
  });
});

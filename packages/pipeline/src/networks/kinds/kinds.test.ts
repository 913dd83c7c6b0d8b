import { expectNoLeak, startBackend } from '@medseg/test-support';
import { Trainer, type TrainingBatch } from '@medseg/training';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Classes } from '../../run/classes.ts';
import { type ConfigInput, type RunConfig, resolveConfig } from '../../run/config.ts';
import { recipeOf } from '../../training/recipe-of.ts';
import { buildNetwork } from '../load.ts';
import { NETWORK_NAMES, type NetworkName } from './kinds.ts';
import { SMALL_NETWORKS } from './small-networks.fixture.ts';

const SIDE = 16;
const classes: Classes = { names: ['lesion'], exclusive: false };

function configOf(name: NetworkName, rest: ConfigInput = {}): RunConfig {
  return resolveConfig({
    data: { dir: '.', layout: 'folder', imageSize: [SIDE, SIDE] },
    network: { name, ...SMALL_NETWORKS[name] },
    ...rest,
  });
}

/** Two images whose bright half is their mask. */
function batchOf(count = 2): TrainingBatch {
  const size = count * SIDE * SIDE;
  const masks = Float32Array.from({ length: size }, (_, i) => (i % SIDE < SIDE / 2 ? 1 : 0));
  return {
    images: Float32Array.from(masks, (mask, i) => mask - 0.5 + 0.1 * Math.sin(i)),
    masks,
    imageShape: [count, SIDE, SIDE, 1],
    maskShape: [count, SIDE, SIDE, 1],
    ids: Array.from({ length: count }, (_, i) => `${i}`),
  };
}

/** The losses of some steps in the last phase of a training. */
function lossesOf(config: RunConfig, steps: number): number[] {
  const network = buildNetwork(config, { imageChannels: 1, classes });
  const trainer = new Trainer(recipeOf(network, { config, classes }), { seed: 1 });
  const losses = Array.from({ length: steps }, () => trainer.step(batchOf(), 0.5).loss);
  trainer.dispose();
  network.dispose();
  return losses;
}

beforeAll(() => startBackend('wasm'));

describe('every network', () => {
  it.each(NETWORK_NAMES)('%s learns, to the same losses again, and leaves no tensor behind', async (name) => {
    const config = configOf(name, { training: { learningRate: 3e-3, rate: 'constant' } });
    const losses: number[] = [];
    await expectNoLeak(() => void losses.push(...lossesOf(config, 12)));
    expect(lossesOf(config, 3)).toEqual(losses.slice(0, 3));
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(losses.slice(-4))).toBeLessThan(mean(losses.slice(0, 4)));
  });
});

describe('settings of a training', () => {
  const CASES: [what: string, settings: ConfigInput][] = [
    [
      'v, min-SNR, constant Adam',
      {
        objective: { prediction: 'v_prediction', weighting: 'min-snr', minSnrGamma: 4 },
        training: { optimizer: 'adam', rate: 'constant' },
      },
    ],
    [
      'x_0 with self-conditioning, SGD',
      {
        objective: { prediction: 'sample', selfConditioning: 1 },
        training: { optimizer: 'sgd', momentum: 0.5, rate: 'linear', warmUp: 0.1 },
      },
    ],
    [
      'flow with dropped conditions',
      { objective: { prediction: 'flow', conditionDropout: 0.5 }, training: { decays: 'all', averageWarmUp: false } },
    ],
    [
      'logits with recycling',
      { objective: { prediction: 'logits' }, training: { recycling: 1, moreAverages: [0.9], plateau: {} } },
    ],
    [
      'loss-aware times, zero terminal SNR',
      { objective: { prediction: 'v_prediction', times: 'loss-aware', zeroTerminalSnr: true, referenceSide: 8 } },
    ],
  ];
  it.each(CASES)('%s: train, and change the loss', (_, settings) => {
    const [usual] = lossesOf(configOf('lucidrains'), 1);
    const losses = lossesOf(configOf('lucidrains', settings), 2);
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(losses[0]).not.toBe(usual);
  });
});

describe('settings that cannot go together', () => {
  const CASES: [name: NetworkName, settings: ConfigInput, message: string][] = [
    [
      'medseg',
      { objective: { prediction: 'epsilon' } },
      'objective.prediction: the network medseg can be trained for logits, got epsilon',
    ],
    [
      'lucidrains',
      { objective: { learnedVariance: true } },
      'objective.learnedVariance: the network lucidrains has no variance',
    ],
    [
      'deepmancer',
      { objective: { learnedVariance: true, prediction: 'logits' } },
      'objective.learnedVariance: needs a prediction of epsilon, sample or v_prediction, got logits',
    ],
    [
      'deepmancer',
      { objective: { selfConditioning: 0.5 } },
      'objective.selfConditioning: the network deepmancer does not take its own prediction; lucidrains does, got 0.5',
    ],
    [
      'lucidrains',
      { training: { recycling: 0.5 } },
      'training.recycling: needs a prediction of sample or logits, got 0.5 with epsilon',
    ],
    [
      'lucidrains',
      { objective: { prediction: 'sample', selfConditioning: 0.6 }, training: { recycling: 0.5 } },
      'training.recycling: must be at most 1 together with objective.selfConditioning, got 1.1',
    ],
    [
      'official-v1',
      { objective: { weighting: 'min-snr' } },
      'objective.weighting: min-snr needs a prediction without a variance that is not flow, got a learned variance',
    ],
    [
      'v2',
      { objective: { zeroTerminalSnr: true } },
      'objective.zeroTerminalSnr: needs another prediction than epsilon',
    ],
    [
      'unet',
      { objective: { timesteps: 50 } },
      'objective.timesteps: the network unet learns the mask without noise, got 50',
    ],
    ['unet', { training: { recycling: 0.5 } }, 'training.recycling: the network unet has no denoiser, got 0.5'],
    [
      'lucidrains',
      { evaluation: { fast: true } },
      'evaluation.fast: the network lucidrains has no anchor head that could be scored, got true',
    ],
    [
      'v2',
      { training: { encoderShare: 0.5 } },
      'training.encoderShare: is of the network medseg, which is trained in two phases, got 0.5',
    ],
    [
      'v2',
      { objective: { prediction: 'logits', conditionDropout: 0.1 } },
      'objective.conditionDropout: the network v2 predicts logits that start from an anchor, which a zero image does not have, got 0.1',
    ],
    [
      'lucidrains',
      { sampling: { guidance: 2 } },
      'sampling.guidance: needs a network that was trained with objective.conditionDropout, got 2',
    ],
    [
      'lucidrains',
      { objective: { prediction: 'flow', zeroTerminalSnr: true } },
      'objective.zeroTerminalSnr: a prediction of flow follows a straight path, without a schedule, got true',
    ],
    [
      'lucidrains',
      { objective: { prediction: 'flow' }, sampling: { timestepSpacing: 'leading' } },
      'timestepSpacing is of other schedulers than flow-matching, got leading',
    ],
    [
      'lucidrains',
      { objective: { maskWeight: 1 } },
      'objective.maskWeight: the network lucidrains has no mask of its own beside its prediction, got 1',
    ],
    ['unet', { sampling: { steps: 7 } }, 'sampling.steps: the network unet samples nothing, got 7'],
    ['unet', { evaluation: { members: 2 } }, 'evaluation.members: the network unet samples nothing, got 2'],
    [
      'lucidrains',
      { training: { optimizer: 'sgd', beta1: 0.5 } },
      'training.beta1 and beta2: are of adamw and adam, got 0.5 and 0.999 with sgd',
    ],
    [
      'deepmancer',
      { sampling: { scheduler: 'ddpm', variance: 'learned_range' } },
      'variance learned_range needs a network that has learned one, got one without',
    ],
    ['deepmancer', { sampling: { steps: 200 } }, 'steps must be a whole number from 1 to 100, got 200'],
    ['deepmancer', { training: { validationSteps: 101 } }, 'steps must be a whole number from 1 to 100, got 101'],
    ['lucidrains', { sampling: { scheduler: 'lcm', steps: 60 } }, 'steps must be a whole number from 1 to 50, got 60'],
    ['lucidrains', { training: { momentum: 0.5 } }, 'training.momentum: is of the optimizer sgd, got 0.5 with adamw'],
    [
      'medseg',
      { objective: { times: 'loss-aware' } },
      'objective.times: of the network medseg is uniform, got loss-aware',
    ],
    [
      'v2',
      { objective: { maskWeight: 3 } },
      'objective.maskWeight: of the network v2 is 1, or 0 to leave the loss out, got 3',
    ],
    [
      'medseg',
      { sampling: { scheduler: 'flow-matching' } },
      'a network that predicts flow is sampled by flow-matching, and no other is, got flow-matching for a prediction of sample',
    ],
    [
      'lucidrains',
      { objective: { prediction: 'flow' }, sampling: { scheduler: 'ddim' } },
      'got ddim for a prediction of flow',
    ],
    ['medseg', { sampling: { scheduler: 'unipc', eta: 0.5 } }, 'eta is of the scheduler ddim, got 0.5 with unipc'],
    [
      'medseg',
      { sampling: { variance: 'fixed_large' } },
      'variance is of the scheduler ddpm, got fixed_large with ddim',
    ],
    ['deepmancer', { objective: { schedule: 'linear-scaled', timesteps: 2 } }, 'objective and sampling:'],
  ];
  it.each(CASES)('of %s: %o', (name, settings, message) => {
    expect(() => configOf(name, settings)).toThrow(message);
  });
});

describe('the defaults of a network', () => {
  it('are its own, and the old name of deepmancer is still taken', () => {
    expect(resolveConfig({ data: { dir: '.', layout: 'folder' } })).toMatchObject({
      network: { name: 'medseg' },
      objective: { prediction: 'logits', schedule: 'cosine', timesteps: 1000 },
      training: { learningRate: 2e-3, recycling: 0.5, validationCases: 64, validationSteps: 3 },
      sampling: { scheduler: 'ddim', steps: 3, members: 5 },
    });
    expect(resolveConfig({ data: { dir: '.', layout: 'folder' }, network: { name: 'seed' } })).toMatchObject({
      network: { name: 'deepmancer', channels: 16 },
      objective: { prediction: 'epsilon', timesteps: 100, learnedVariance: false },
      training: { learningRate: 2e-4, recycling: 0, validationSteps: 10 },
      sampling: { scheduler: 'ddim', steps: 50 },
    });
    const flow = configOf('v2', { objective: { prediction: 'flow' } });
    expect(flow).toMatchObject({
      objective: { learnedVariance: false },
      sampling: { scheduler: 'flow-matching', steps: 20 },
    });
    expect(configOf('official-new').objective).toMatchObject({ learnedVariance: true, maskWeight: 10 });
  });

  it('takes v and x0 for the predictions that they are short for', () => {
    expect(configOf('v2', { objective: { prediction: 'v' } }).objective.prediction).toBe('v_prediction');
    expect(configOf('v2', { objective: { prediction: 'x0' } }).objective.prediction).toBe('sample');
  });

  it('says the value that breaks a rule', () => {
    expect(() => configOf('v2', { sampling: { eta: 2 } })).toThrow(/sampling\.eta: .*, got 2$/);
  });

  it('refuses an option of another network by name', () => {
    expect(() => configOf('unet', { network: { name: 'unet', formers: 2 } })).toThrow(/network: .*formers/);
    expect(() => configOf('unet', { network: { name: 'transformer' } })).toThrow('configuration: network');
  });
});

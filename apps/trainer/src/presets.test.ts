import { NETWORK_KINDS, type NetworkName, resolveConfig } from '@medseg/pipeline';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { PRESET_NAMES, presetText } from './presets.ts';
import { overlay, readPreset } from './run/config-file.ts';
import { runCli } from './run-cli.fixture.ts';

const data = { dir: '.', layout: 'folder' };

describe.each(PRESET_NAMES)('preset %s', (name) => {
  it('is a configuration of its network, which can be built', () => {
    const config = resolveConfig(overlay({ data }, readPreset(name)));
    expect(config.network.name).toBe(name);
    expect(config.data).toMatchObject(data);
    const kind = NETWORK_KINDS[config.network.name as NetworkName];
    expect(kind.predictions).toContain(config.objective.prediction);
  });

  it('says at its top what it is, and is printed whole by medseg config', async () => {
    expect(presetText(name)).toMatch(/^# /);
    const { code, stdout } = await runCli('config', '--preset', name);
    expect(code).toBe(0);
    const printed = parseDocument(stdout).toJS() as Record<string, object>;
    const config = resolveConfig(overlay({ data }, readPreset(name)));
    // What is printed is the whole configuration again, but for the data and the threads of the machine.
    const { dir: _d, layout: _l, ...settings } = config.data;
    const { workers: _w, ...training } = config.training;
    expect(printed).toEqual(JSON.parse(JSON.stringify({ ...config, data: settings, training })));
    expect(resolveConfig(overlay(printed, { data }))).toEqual(config);
  });
});

it('of the references has the settings of their own programs', () => {
  const of = (name: (typeof PRESET_NAMES)[number]) => resolveConfig(overlay({ data }, readPreset(name)));
  expect(of('deepmancer')).toMatchObject({
    data: { imageSize: [32, 32], normalization: { mode: 'photo', signed: true } },
    network: { linearAttention: [true, false], timeCode: 'product', affinityWeighs: 'normalised' },
    objective: { prediction: 'epsilon', schedule: 'cosine', timesteps: 100 },
    training: { batchSize: 16, learningRate: 2e-4, rate: 'constant', weightDecay: 0, averageDecay: 0 },
    sampling: { scheduler: 'ddpm', steps: 100, limit: 'none' },
  });
  expect(of('lucidrains').training).toMatchObject({ batchSize: 8, learningRate: 5e-4, beta1: 0.95, weightDecay: 1e-6 });
  expect(of('official-new')).toMatchObject({
    objective: { learnedVariance: true, schedule: 'linear-scaled', maskWeight: 10 },
    training: { learningRate: 1e-4, batchSize: 8 },
  });
});

it('takes settings on top, in order: preset, file, options, --set', async () => {
  const lines = async (...args: string[]) => (await runCli('config', ...args)).stdout;
  const printed = parseDocument(
    await lines('--preset', 'seed', '--objective', 'v', '--set', 'training.batchSize=3'),
  ).toJS();
  expect(printed).toMatchObject({
    network: { name: 'deepmancer', timeCode: 'product' },
    objective: { prediction: 'v_prediction', timesteps: 100 },
    training: { batchSize: 3, learningRate: 2e-4 },
  });
  // A network of another name has its own options; all else stays the preset's.
  const other = parseDocument(await lines('--preset', 'lucidrains', '--network', 'deepmancer')).toJS();
  expect(other.network).toMatchObject({ name: 'deepmancer', channels: 16 });
  expect(other.network).not.toHaveProperty('multipliers');
  expect(other.training).toMatchObject({ beta1: 0.95, learningRate: 5e-4 });
  const plain = await runCli('config', '--preset', 'deepmancer', '--network', 'unet');
  expect(plain.code).not.toBe(0);
  expect(plain.stderr).toContain('objective.prediction: the network unet can be trained for logits, got epsilon');
  const unknown = await runCli('config', '--preset', 'nobody');
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain('Allowed choices are medseg, unet, deepmancer');
});

import { describe, expect, it } from 'vitest';
import { ConfigError, RunError } from '../errors.ts';
import { type RunConfig, resolveConfig } from './config.ts';
import type { RunInfo, TrainedInfo } from './info.ts';
import { type MetricsLine, Run } from './run.ts';
import { memoryStore, type RunStore } from './store.ts';
import type { TrainingData } from './training-data.ts';

const info: RunInfo = {
  format: 'medseg-run-5',
  kind: 'trained',
  config: resolveConfig({ data: { dir: '/data', layout: 'lgg' } }, { workers: 2 }),
  imageChannels: 3,
  classes: { names: ['tumour'], exclusive: true },
  preparation: { imageSize: [64, 64], normalization: { mode: 'mri' } },
  patients: { train: ['a'], validation: ['b'], test: [] },
  machine: { backend: 'wasm', cores: 2 },
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const line = (step: number): MetricsLine => ({
  step,
  phase: 'encoder',
  loss: 1 / step,
  gradientNorm: 1,
  learningRate: 1e-3,
  seconds: step,
});

describe('Run', () => {
  it('is read back as it was written', async () => {
    const store = memoryStore();
    await Run.create(store, info, { model: Uint8Array.of(1, 2), checkpoint: Uint8Array.of(3) });
    const run = await Run.open(store);
    expect(run.info).toEqual(info);
    expect([...(await run.readModel())]).toEqual([1, 2]);
    expect([...(await run.readCheckpoint())]).toEqual([3]);
    expect(run.defaults.sampling).toMatchObject({ scheduler: 'ddim', steps: 3, members: 5, eta: 0, guidance: 1 });
  });

  it('refuses a preparation that is not that of its configuration', async () => {
    const open = (preparation: object, data: object = {}): Promise<Run> => {
      const config = {
        ...info,
        config: { ...(info as TrainedInfo).config, data: { dir: 'd', layout: 'lgg', ...data } },
      };
      return Run.open(memoryStore({ 'run.json': bytes(JSON.stringify({ ...config, preparation })) }));
    };
    const mri = { mode: 'mri' };
    for (const [preparation, data, rule] of [
      [
        { imageSize: [48, 64], normalization: mri },
        {},
        'preparation.imageSize: must be that of config.data, [64,64], got [48,64]',
      ],
      [
        { imageSize: [64, 64], normalization: mri },
        { normalization: { mode: 'photo' } },
        'preparation.normalization: must be that of config.data, {"mode":"photo"}, got {"mode":"mri"}',
      ],
      [
        { imageSize: [64, 64], normalization: mri, view: { plane: 'axial' } },
        {},
        'preparation.view: must be that of config.data, nothing, got {"plane":"axial"}',
      ],
    ] as const)
      await expect(open(preparation, data)).rejects.toThrow(`memory/run.json: ${rule}`);
    await expect(open({ imageSize: [64, 64], normalization: { mode: 'photo' } })).resolves.toBeInstanceOf(Run);
  });

  it('names the line of metrics.jsonl that is not its own', async () => {
    const store = memoryStore();
    const run = await Run.create(store, info, {});
    await store.append('metrics.jsonl', bytes('{"step":1}\nwhat\n'));
    await expect(run.readMetrics()).rejects.toThrow(/metrics.jsonl: line 2 must be JSON with a step, got "what"/);
    await expect(run.truncateMetrics(1)).rejects.toThrow(RunError);
  });

  it('keeps the ranges of the training data, and opens runs that have none', async () => {
    const trainingData = {
      volumes: {
        count: 3,
        size: [
          [20, 24],
          [20, 20],
          [10, 12],
        ],
        spacing: [
          [1, 1],
          [1, 1],
          [2, 2],
        ],
        extent: [
          [20, 24],
          [20, 20],
          [20, 24],
        ],
      },
      intensities: [{ low: [1, 2], high: [399, 896] }],
      types: ['int16'],
      modalities: ['MR'],
    } satisfies TrainingData as TrainingData;
    const store = memoryStore();
    await Run.create(store, { ...info, trainingData }, {});
    expect((await Run.open(store)).trainingData).toEqual(trainingData);
    const earlier = memoryStore();
    await Run.create(earlier, info, {});
    expect((await Run.open(earlier)).trainingData).toBeUndefined();
    const broken = memoryStore();
    const text = JSON.stringify({ ...info, trainingData: { ...trainingData, types: 'int16' } });
    await broken.write('run.json', bytes(text));
    await expect(Run.open(broken)).rejects.toThrow('run.json: trainingData.types: ');
  });

  it('keeps lines of metrics, drops what a crash cut short and what is done again', async () => {
    const store = memoryStore();
    const run = await Run.create(store, info, {});
    expect(await run.readMetrics()).toEqual([]);
    for (const step of [1, 2, 3]) await run.log(line(step));
    await store.append('metrics.jsonl', bytes('{"step":4,"pha'));
    expect((await run.readMetrics()).map(({ step }) => step)).toEqual([1, 2, 3]);
    await run.truncateMetrics(2);
    await run.log(line(3));
    expect((await run.readMetrics()).map(({ step }) => step)).toEqual([1, 2, 3]);
    await run.truncateMetrics(0);
    expect(new TextDecoder().decode(await store.read('metrics.jsonl'))).toBe('');
  });

  it('leaves nothing where a file cannot be written', async () => {
    const store = memoryStore();
    const full: RunStore = {
      ...store,
      write: async (path, data) => {
        if (path === 'run.json') throw new Error('the disk is full');
        await store.write(path, data);
      },
    };
    await expect(Run.create(full, info, { model: Uint8Array.of(1) })).rejects.toThrow('the disk is full');
    expect(await store.read('model.safetensors')).toBeUndefined();
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['an empty store', {}, /^memory: not a run of medseg: it has no run\.json$/],
    ['broken JSON', { 'run.json': '{' }, /^memory\/run\.json: not valid JSON$/],
    ['another format', { 'run.json': '{"format":"x"}' }, /format must be medseg-run-5, got "x"$/],
    ['a wrong field', { 'run.json': JSON.stringify({ ...info, imageChannels: 0 }) }, /run\.json: imageChannels: /],
  ])('refuses %s', async (_, files, message) => {
    const stored = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, bytes(text)]));
    const opened = Run.open(memoryStore(stored));
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toBeInstanceOf(RunError);
  });

  it('names what it lacks', async () => {
    const run = await Run.create(memoryStore({}, 'runs/mine'), info, {});
    await expect(run.readModel()).rejects.toThrow(/^runs\/mine\/model\.safetensors: not found/);
    await expect(run.readCheckpoint()).rejects.toThrow(/^runs\/mine\/checkpoints\/last\.safetensors: not found/);
  });
});

describe('run.json of format 2', () => {
  it('opens: threads that load, the layout of a list and the names of references are renamed', async () => {
    const { loaderThreads, ...data } = (info as { config: { data: { loaderThreads: number } } }).config.data;
    const old = {
      ...info,
      format: 'medseg-run-2',
      config: { ...(info as { config: object }).config, data: { ...data, readers: 3, layout: 'list' } },
    };
    const run = await Run.open(memoryStore({ 'run.json': bytes(JSON.stringify(old)) }));
    expect(run.trained.config.data).toMatchObject({ loaderThreads: 3, layout: 'manifest' });
    expect(run.info.format).toBe('medseg-run-5');
    expect(run.trained.config.network).toMatchObject({ name: 'medseg', headPadding: 'zeros' });
    expect(loaderThreads).toBe(1);
    const imported = {
      format: 'medseg-run-2',
      kind: 'imported',
      source: { file: 'x.pt', reference: 'seed' },
      options: {},
      process: { schedule: 'cosine', timesteps: 100, prediction: 'epsilon' },
      preparation: info.preparation,
      classes: info.classes,
      sampling: {},
      seed: 0,
      patients: { train: [], validation: [], test: [] },
      machine: {},
    };
    const other = await Run.open(memoryStore({ 'run.json': bytes(JSON.stringify(imported)) }));
    expect(other.info).toMatchObject({ source: { file: 'x.pt', reference: 'deepmancer' } });
    expect(() => other.trained).toThrow('was imported from x.pt, not trained here');
  });
});

describe('run.json of format 3', () => {
  it('opens: its last convolutions pad with zeros, those of new runs replicate', async () => {
    const { config } = info as { config: { network: object } };
    const network = { ...config.network, headPadding: undefined };
    const old = { ...info, format: 'medseg-run-3', config: { ...config, network } };
    const run = await Run.open(memoryStore({ 'run.json': bytes(JSON.stringify(old)) }));
    expect(run.info.format).toBe('medseg-run-5');
    expect(run.trained.config.network).toMatchObject({ name: 'medseg', headPadding: 'zeros' });
    expect(resolveConfig({ data: { dir: 'd', layout: 'lgg' } }).network).toMatchObject({ headPadding: 'replicate' });
  });
});

describe('run.json of format 4', () => {
  it('opens as a run of our network, trained and sampled as it was', async () => {
    const { config } = info as { config: RunConfig };
    const { name: _n, ...network } = config.network as Record<string, unknown>;
    const { steps, batchSize, learningRate, weightDecay, clipNorm, encoderShare, recycling } = config.training;
    const { validations, validationCases, patience, checkpointSeconds, workers } = config.training;
    const training = {
      ...{ steps, batchSize, learningRate, weightDecay, clipNorm, encoderShare, recycling },
      ...{ validations, validationCases, patience, checkpointSeconds, workers },
    };
    const sampling = { scheduler: 'ddim', steps: 24, members: 5 };
    const { objective: _o, ...rest } = config;
    const old = { ...info, format: 'medseg-run-4', config: { ...rest, network, training, sampling } };
    const run = await Run.open(memoryStore({ 'run.json': bytes(JSON.stringify(old)) }));
    expect(run.info.format).toBe('medseg-run-5');
    const expected = { ...config, sampling: { ...config.sampling, steps: 24 } };
    // Validations took the steps of sampling.
    expect(run.trained.config).toEqual({ ...expected, training: { ...config.training, validationSteps: 24 } });
  });
});

describe('resolveConfig', () => {
  it('takes a fold with the number of folds', () => {
    const folded = (data: object): unknown => resolveConfig({ data: { dir: 'd', layout: 'lgg', ...data } }).data.fold;
    expect(folded({ folds: 3, fold: 2 })).toBe(2);
    expect(() => folded({ folds: 3 })).toThrow('configuration: data.folds: needs data.fold, too');
    expect(() => folded({ fold: 0 })).toThrow('configuration: data.fold: needs data.folds, too');
    expect(() => folded({ folds: 3, fold: 3 })).toThrow('configuration: data.fold: must be from 0 to 2, got 3');
  });

  it('fills in defaults, those of the machine from its options', () => {
    const { training, data } = resolveConfig({ data: { dir: 'd', layout: 'lgg' } }, { workers: 3 });
    expect([training.workers, training.batchSize, data.loaderThreads]).toEqual([3, 16, 1]);
    const given = resolveConfig({ data: { dir: 'd', layout: 'lgg' }, training: { workers: 5 } }, { workers: 3 });
    expect(given.training.workers).toBe(5);
  });

  it('names the field at fault', () => {
    const wrong = (): unknown => resolveConfig({ data: { dir: 'd', layout: 'lgg', imageSize: [64] } });
    expect(wrong).toThrow(ConfigError);
    expect(wrong).toThrow(/^configuration: data\.imageSize/);
    for (const percentiles of [
      [99, 1],
      [5, 5],
      [-1, 99],
      [1, 101],
    ])
      expect(() =>
        resolveConfig({ data: { dir: 'd', layout: 'lgg', normalization: { mode: 'mri', percentiles } } }),
      ).toThrow(/^configuration: data\.normalization\.percentiles/);
    const both = { data: { dir: 'd', layout: 'lgg' }, training: { steps: 1, minutes: 2 } };
    expect(() => resolveConfig(both, { source: 'x.yaml' })).toThrow(
      /^x\.yaml: give training\.steps or training\.minutes/,
    );
  });
});

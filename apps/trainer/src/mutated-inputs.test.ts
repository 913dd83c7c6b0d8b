import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LAYOUTS, readSplit } from '@medseg/datasets/node';
import { cosineSchedule } from '@medseg/diffusion';
import { createImage, encodePng } from '@medseg/image-io';
import { AnchoredDiffusion } from '@medseg/models';
import { exportModel, memoryStore, parseEvaluation, Run, type RunInfo, resolveConfig } from '@medseg/pipeline';
import { openRun } from '@medseg/pipeline/node';
import { anchoredRecipe, encodeCheckpoint, encodeModel, loadModel, restoreCheckpoint, Trainer } from '@medseg/training';
import { decodeSafetensors, encodeSafetensors } from '@medseg/weights';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMutator, type Mutator } from './mutate.fixture.ts';
import { applySettings, readConfigFile, resolveHere } from './run/config-file.ts';
import { patientPattern } from './run/patient-pattern.ts';
import { readPathList } from './segmentation/path-list.ts';
import { startBackend } from './terminal/backend.ts';
import { fileSystemRule } from './terminal/file-system-rules.ts';
import { isForUser } from './terminal/report-error.ts';

// What commands read besides images: run.json, configurations, checkpoints and lists, broken in every way. None ends in
// an internal error, changes a prototype, takes 2 s or 256 MiB. `npm run fuzz:inputs` breaks 100,000 files.

const runs = Number(process.env.MEDSEG_MUTATIONS ?? 3000);
const secondsEach = 2;
const mebibytes = 256;

const folder = mkdtempSync(join(tmpdir(), 'medseg-mutated-'));
const at = (...names: string[]): string => join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true }));

/** Reads a broken form of a file as a command does. */
type Reader = (mutator: Mutator) => unknown;
const readers: Record<string, Reader> = {};

const network = {
  encoderChannels: [4, 8],
  denoiserChannels: [4, 8],
  encoderBlocks: 1,
  timeChannels: 8,
  heads: 2,
  groups: 2,
};
const config = {
  seed: 3,
  data: { dir: 'data', layout: 'folder', imageSize: [8, 8], patientPattern: '^(\\w+)_', classes: 'a=1, b=2+3' },
  network,
  training: { steps: 40, batchSize: 4, learningRate: 0.002 },
  sampling: { scheduler: 'ddim', steps: 3, members: 2 },
};
const info: RunInfo = {
  format: 'medseg-run-5',
  kind: 'trained',
  config: resolveConfig(config, { workers: 2 }),
  imageChannels: 1,
  classes: { names: ['lesion'], exclusive: true },
  preparation: { imageSize: [8, 8], normalization: { mode: 'mri' } },
  patients: { train: ['a', 'b'], validation: ['c'], test: ['d'] },
  machine: { backend: 'wasm', cores: 2 },
  extensions: [{ from: { steps: 20 }, to: { steps: 40 }, step: 20 }],
  trainingData: {
    images: {
      count: 2,
      size: [
        [20, 24],
        [20, 20],
      ],
    },
    intensities: [{ low: [0, 1], high: [200, 255] }],
    types: ['uint8'],
    modalities: [],
    fingerprints: ['abc'],
  },
};
const imported = {
  format: 'medseg-run-5',
  kind: 'imported',
  source: { file: 'model.pt', reference: 'lucidrains' },
  options: { image_size: 8, dim: 16 },
  process: { schedule: 'cosine', timesteps: 1000, prediction: 'epsilon' },
  preparation: { imageSize: [8, 8], normalization: { mode: 'photo' }, signed: true },
  classes: { names: ['lesion'], exclusive: false },
  sampling: { scheduler: 'ddim', steps: 50, members: 5 },
  seed: 0,
  patients: { train: [], validation: [], test: [] },
  machine: {},
};
const probability = {
  ...{ dice: 0.5, iou: 0.3, hausdorff95: 2, assd: null, sensitivity: 1, precision: 0.5, ece: 0.1 },
  ...{ area: 4, confidence: 0.5 },
};
const scores = { id: 'a', patient: 'a', ...probability, trueArea: 3, anchor: probability };
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const model = (seed: number): AnchoredDiffusion =>
  new AnchoredDiffusion({ imageSize: [8, 8], imageChannels: 1, maskChannels: 1, ...network, seed });

/** Reads a list in a folder of its own, where it has the name that a layout looks for. */
const inFolder = (name: string, read: (dir: string, file: string) => unknown): ((text: string) => unknown) => {
  const dir = at(name.replaceAll(/\W/g, '-'));
  mkdirSync(join(dir, 'imagesTr'), { recursive: true });
  mkdirSync(join(dir, 'labelsTr'));
  for (const part of ['imagesTr/a_0000.png', 'imagesTr/a.png', 'labelsTr/a.png'])
    writeFileSync(
      join(dir, part),
      encodePng(createImage({ width: 2, height: 2, channels: 1, data: new Uint8Array(4) })),
    );
  return (text) => {
    writeFileSync(join(dir, name), text);
    return read(dir, join(dir, name));
  };
};

beforeAll(async () => {
  await startBackend();
  const trainer = new Trainer(anchoredRecipe(model(1), { schedule: cosineSchedule({ steps: 1000 }) }), { seed: 1 });
  trainer.progress.budget = { steps: 40 };
  const [checkpoint, weights] = [encodeCheckpoint(trainer), encodeModel(trainer)];
  const { tensors, metadata } = decodeSafetensors(checkpoint);
  // Without a checksum, so that what is broken is read.
  const { checksum: _, ...rest } = metadata;
  const unsealed = encodeSafetensors(tensors, { ...rest, format: 'medseg-checkpoint-1' });
  const files = { 'run.json': bytesOf(JSON.stringify(info)), 'model.safetensors': weights };
  const exported = await exportModel(await Run.open(memoryStore(files)));
  const open = async (text: string): Promise<void> => {
    const { info: read } = await Run.open(memoryStore({ ...files, 'run.json': bytesOf(text) }));
    const pattern = read.kind === 'trained' ? read.config.data.patientPattern : undefined;
    if (pattern !== undefined) patientPattern(pattern, 'data.patientPattern').exec('abc');
  };
  const resolved = (input: ReturnType<typeof readConfigFile>): unknown => resolveHere(input);
  const yaml = [
    'seed: 3 # a comment',
    'data: { dir: data, layout: lgg, imageSize: [8, 8] }',
    'training: &a',
    '  steps: 40',
    '  learningRate: 2e-3',
    'sampling:',
    '  scheduler: "ddim"',
    '',
  ].join('\n');
  const list = inFolder('list.txt', (_, file) => readPathList(file));
  const table = inFolder('split.csv', (dir) => readSplit(dir));
  const split = inFolder('split.json', (dir) => readSplit(dir));
  const nnunet = inFolder('dataset.json', async (dir) => [await LAYOUTS.nnunet(dir), await LAYOUTS.decathlon(dir)]);
  const manifest = inFolder('cases.csv', (_, file) => LAYOUTS.manifest(file));
  const manifestJson = inFolder('cases.json', (_, file) => LAYOUTS.manifest(file));
  const classes = inFolder('classes.json', (dir) => LAYOUTS.folder(dir));
  const patients = inFolder('patients.csv', (dir) => LAYOUTS.folder(dir));
  Object.assign(readers, {
    'run.json of a trained run': (m: Mutator) => open(m.json(info)),
    'run.json of an imported run': (m: Mutator) => open(m.json(imported)),
    'run.json of an earlier version': (m: Mutator) => open(m.json({ ...info, format: 'medseg-run-2' })),
    'a configuration': (m: Mutator) => {
      writeFileSync(at('config.yaml'), m.text(yaml));
      return resolved(readConfigFile(at('config.yaml')));
    },
    'a configuration in JSON': (m: Mutator) => {
      writeFileSync(at('config.json'), m.json(config));
      return resolved(readConfigFile(at('config.json')));
    },
    'a setting': (m: Mutator) => resolved(applySettings(config, [m.text('network.encoderChannels=[4, 8]')])),
    'a checkpoint': (m: Mutator) => restoreCheckpoint(trainer, m.safetensors(unsealed), 'a'),
    'a checkpoint with a checksum': (m: Mutator) => restoreCheckpoint(trainer, m.safetensors(checkpoint), 'a'),
    'a model': (m: Mutator) => loadModel(trainer.recipe.network, m.safetensors(weights), 'a'),
    'an exported model': (m: Mutator) => {
      writeFileSync(at('exported.safetensors'), m.safetensors(exported));
      return openRun(at('exported.safetensors'));
    },
    'metrics.jsonl': async (m: Mutator) => {
      const lines = [1, 2, 3].map((step) => JSON.stringify({ step, phase: 'encoder', loss: 1 / step, seconds: step }));
      const text = m.text(`${lines.join('\n')}\n`);
      await (await Run.open(memoryStore({ ...files, 'metrics.jsonl': bytesOf(text) }))).readMetrics();
    },
    'a list of paths': (m: Mutator) => list(m.text('a.png\n"b c.png", d.png\n# no path\n\'e\'\n')),
    'split.csv': (m: Mutator) => table(m.text('patient,split\na,train\n"b ""x""",val\nc;d,test\n')),
    'split.json': (m: Mutator) => split(m.json({ train: ['a'], validation_patients: ['b'], test_ids: ['c'] })),
    'dataset.json': (m: Mutator) =>
      nnunet(
        m.json({
          channel_names: { 0: 'T1' },
          modality: { 0: 'MRI' },
          labels: { background: 0, disc: 1, cup: [1, 2], ignore: 3 },
          numTraining: 1,
          file_ending: '.png',
          training: [{ image: './imagesTr/a.png', label: './labelsTr/a.png' }],
        }),
      ),
    'a manifest': (m: Mutator) =>
      manifest(m.text('patient,image:t1,mask\nA,imagesTr/a.png,labelsTr/a.png\nB,"imagesTr/a.png",labelsTr/a.png\n')),
    'a manifest in JSON': (m: Mutator) =>
      manifestJson(m.json([{ patient: 'A', image: { t1: 'imagesTr/a.png' }, mask: ['labelsTr/a.png'] }])),
    'classes.json': (m: Mutator) => classes(m.json({ disc: [1, 2], cup: 2, ignore: 255 })),
    'patients.csv': (m: Mutator) => patients(m.text('image,patient\na,A\nb,B\n')),
    'a file of evaluate --json': (m: Mutator) =>
      parseEvaluation(
        m.json({ run: 'a', data: 'b', split: 'test', unit: 'px', trainedOn: ['x'], images: [scores] }),
        'a',
      ),
  } satisfies Record<string, Reader>);
});

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype];
const ownNames = (): number => prototypes.flatMap((each) => Reflect.ownKeys(each)).length;

it('mutated files are read or refused, soon, in little memory, and change no prototype', { timeout: 0 }, async () => {
  const mutator = createMutator(Number(process.env.MEDSEG_SEED ?? 1));
  const before = ownNames();
  const bad: string[] = [];
  const counts: Record<string, { read: number; refused: number; slowest: number }> = {};
  for (const name of Object.keys(readers)) counts[name] = { read: 0, refused: 0, slowest: 0 };
  const memory = process.memoryUsage.rss();
  let most = memory;
  for (let k = 0; k < runs && bad.length < 20; k++) {
    const [name, read] = Object.entries(readers)[k % Object.keys(readers).length]!;
    const count = counts[name]!;
    const start = performance.now();
    try {
      await read(mutator);
      count.read++;
    } catch (error) {
      count.refused++;
      if (!isForUser(error) && fileSystemRule(error) === undefined)
        bad.push(`${name} (${k}): ${(error as Error).stack}`);
    }
    const took = performance.now() - start;
    count.slowest = Math.max(count.slowest, took);
    if (took > secondsEach * 1000) bad.push(`${name} (${k}): took ${took.toFixed(0)} ms`);
    if (ownNames() !== before || Object.hasOwn(Object.prototype, 'polluted')) bad.push(`${name} (${k}): polluted`);
    if (k % 50 === 0) most = Math.max(most, process.memoryUsage.rss());
  }
  if (process.env.MEDSEG_MUTATIONS)
    process.stderr.write(
      `${runs} mutated files, at most ${((most - memory) / 2 ** 20).toFixed(0)} MiB more\n${Object.entries(counts)
        .map(
          ([name, { read, refused, slowest }]) =>
            `  ${name}: ${read} read, ${refused} refused, slowest ${slowest.toFixed(0)} ms\n`,
        )
        .join('')}`,
    );
  expect(bad).toEqual([]);
  expect((most - memory) / 2 ** 20).toBeLessThan(mebibytes);
  for (const [name, { refused }] of Object.entries(counts)) expect(refused, name).toBeGreaterThan(0);
});

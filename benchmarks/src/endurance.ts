import '@tensorflow/tfjs-layers';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { register } from '@medseg/backend-wasm';
import { type Case, caseTruth, createBatcher } from '@medseg/datasets';
import { listLgg, openCases, readCase, writePhantom } from '@medseg/datasets/node';
import {
  activationOf,
  buildNetwork,
  evaluateCases,
  processOf,
  recipeOf,
  resolveConfig,
  type TruthCase,
  validate,
} from '@medseg/pipeline';
import { encodeCheckpoint, Trainer, train } from '@medseg/training';
import * as tf from '@tensorflow/tfjs-core';
import { collectGarbage } from './process/collect-garbage.ts';

// All that `medseg train` and `medseg evaluate` do, on a small network for long: steps with a reading thread, augmentation,
// validation and checkpoints, and then images that are scored one after another. The number of tensors and the resident
// memory must stay flat.
// npm run bench -- endurance [--steps 10000] [--images 2000]

/** Looks at steps, and at images. */
const LOOKS = 40;
/** The looks that later ones are held against, as shares of all: before them the process is still growing. */
const EARLY = [0.25, 0.45] as const;
const LATE = 0.8;
/** The median of the last looks may be this much of that of the early ones. */
const GROWTH = 1.05;
const SIZE: [number, number] = [16, 16];

const { values } = parseArgs({
  options: { steps: { type: 'string', default: '10000' }, images: { type: 'string', default: '2000' } },
});
const [steps, images] = (['steps', 'images'] as const).map((name) => {
  const count = Number(values[name]);
  if (!Number.isInteger(count) || count < LOOKS || count % LOOKS !== 0) {
    throw new RangeError(`endurance: --${name} must be a positive multiple of ${LOOKS}, got ${values[name]}`);
  }
  return count;
}) as [number, number];

interface Look {
  readonly at: number;
  readonly tensors: number;
  readonly resident: number;
  /** Of the resident memory what V8 has for the main thread: its heap, what is in use of it, and what is beside it. */
  readonly heap: number;
  readonly used: number;
  readonly external: number;
}

/** Looks now and then at what is in memory. */
function watch(count: number): { looks: Look[]; note(at: number): Promise<void> } {
  const looks: Look[] = [];
  return {
    looks,
    note: async (at) => {
      if (at % (count / LOOKS) !== 0) return;
      await collectGarbage();
      const { rss: resident, heapTotal: heap, heapUsed: used, external } = process.memoryUsage();
      looks.push({ at, tensors: tf.memory().numTensors, resident, heap, used, external });
    },
  };
}

const medianOf = (looks: readonly Look[]): number =>
  looks.map(({ resident }) => resident).sort((a, b) => a - b)[looks.length >> 1]!;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

function report(what: string, looks: readonly Look[]): boolean {
  for (const { at, tensors, resident, heap, used, external } of looks.filter((_, i) => i % 4 === 3)) {
    const parts = `${megabytes(used)} in use of a heap of ${megabytes(heap)}, ${megabytes(external)} beside it`;
    console.log(`${what} ${at}: ${tensors} tensors, ${megabytes(resident)} resident; ${parts}`);
  }
  const place = (share: number): number => Math.floor(share * looks.length);
  const early = medianOf(looks.slice(place(EARLY[0]), place(EARLY[1])));
  const late = medianOf(looks.slice(place(LATE)));
  const [first, last] = [looks[place(EARLY[0])]!.tensors, looks.at(-1)!.tensors];
  const kept = first === last && late <= GROWTH * early;
  console.log(
    `${kept ? 'ok  ' : 'MISS'} ${what}: ${first} tensors early, ${last} at the end; resident memory ${megabytes(early)} early, ${megabytes(late)} at the end, ratio ${(late / early).toFixed(3)} (at most ${GROWTH})`,
  );
  return kept;
}

await register();
const folder = mkdtempSync(join(tmpdir(), 'medseg-endurance-'));
try {
  await writePhantom(folder, { patients: 8, slicesPerPatient: 2, size: 32, seed: 1 });
  const { cases } = await listLgg(folder);
  const config = resolveConfig({
    data: { dir: folder, layout: 'lgg', imageSize: SIZE },
    network: {
      encoderChannels: [4, 8],
      denoiserChannels: [4, 8],
      encoderBlocks: 1,
      timeChannels: 8,
      heads: 2,
      groups: 2,
    },
    training: { steps, batchSize: 2, encoderShare: 0.5 },
  });
  const classes = { names: ['lesion'], exclusive: false };
  const activation = activationOf(classes);
  const preparation = { imageSize: SIZE, normalization: { mode: 'mri' } } as const;
  const network = buildNetwork(config, { imageChannels: 3, classes });
  const recipe = recipeOf(network, { config, classes });
  const trainer = new Trainer(recipe, { seed: 1 });
  const source = openCases(cases.slice(0, 12), { ...preparation, workers: 1 });
  const held = openCases(cases.slice(12), preparation);
  const batcher = createBatcher(source, {
    batchSize: 2,
    seed: 1,
    augment: { ...config.augmentation, rotate: 10 },
    prefetch: 2,
  });
  const ensemble = { scheduler: 'ddim', steps: 1, seed: 1, limit: 4 } as const;
  const model = { network, process: processOf(config), activation };

  const training = watch(steps);
  let bytes = 0;
  const events = train(trainer, {
    budget: { steps },
    batchAt: (step) => batcher.batchAt(step),
    validate: (phase) => validate(model, held, { ...ensemble, phase }),
    validations: 20,
  });
  // The best weights come with the first validation of each phase.
  const phases = { encoder: [] as Look[], denoiser: [] as Look[] };
  for await (const { step, phase } of events) {
    if (step % 500 === 0) bytes = encodeCheckpoint(trainer).length;
    const before = training.looks.length;
    await training.note(step);
    if (training.looks.length > before) phases[phase as 'encoder' | 'denoiser'].push(training.looks.at(-1)!);
  }
  await batcher.close();
  console.log(`checkpoints of ${bytes} bytes`);
  const flat = [report('step of the encoder', phases.encoder), report('step of the denoiser', phases.denoiser)];

  async function* truths(all: readonly Case[]): AsyncGenerator<TruthCase> {
    for (let i = 0; i < images; i++) {
      const c = all[i % all.length]!;
      const { scan, masks } = await readCase(c);
      yield { id: `${c.id} ${i}`, patient: c.patient, scan, truth: caseTruth({ masks }, c) };
    }
  }
  const evaluation = watch(images);
  let scored = 0;
  const drawn = { scheduler: 'ddim', steps: 2, members: 2, seed: 1, preparation, classNames: classes.names } as const;
  for await (const { dice } of evaluateCases(model, truths(cases), drawn)) {
    if (!(dice >= 0)) throw new Error(`endurance: a Dice of ${dice}`);
    await evaluation.note(++scored);
  }
  flat.push(report('image', evaluation.looks));
  process.exitCode = flat.every(Boolean) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

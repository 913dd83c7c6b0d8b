import { createImage, encodePng } from '@medseg/image-io';
import { createRandom } from '@medseg/random';
import { encodeVariables } from '@medseg/training';
import * as tf from '@tensorflow/tfjs-core';
import { buildNetwork } from '../networks/load.ts';
import { resolveConfig } from '../run/config.ts';
import type { RunInfo } from '../run/info.ts';
import { RUN_FILES, Run } from '../run/run.ts';
import { memoryStore, type RunStore } from '../run/store.ts';

const SMALL = {
  encoderChannels: [4, 8],
  encoderBlocks: 1,
  denoiserChannels: [4, 8],
  timeChannels: 8,
  heads: 2,
  groups: 2,
};

/** What {@link smallRun} says of its patients and paths, which nobody else may read. */
export const SECRETS: readonly string[] = [
  'Jane Doe',
  'John Roe',
  'home/roe/scans',
  'roe-series',
  'workstation-7',
  'workstation-8',
  'print-of-jane',
];

/** A run of a network with drawn weights, small unless `network` says otherwise. */
export async function smallRun({
  size = 16,
  network = SMALL,
  classes = { names: ['tumour'], exclusive: true },
}: {
  size?: number;
  network?: object;
  classes?: RunInfo['classes'];
} = {}): Promise<RunStore> {
  const imageSize: [number, number] = [size, size];
  const config = resolveConfig({
    seed: 3,
    network,
    data: {
      dir: '/home/roe/scans',
      layout: 'lgg',
      imageSize,
      series: 'roe-series',
      patientPattern: '(Jane Doe)',
      classes: 'Jane Doe=1',
    },
  });
  const store = memoryStore({}, 'mine');
  const info: RunInfo = {
    format: 'medseg-run-5',
    kind: 'trained',
    config,
    extensions: [{ from: { steps: 1 }, to: { steps: 2 }, step: 1 }],
    resumed: [{ step: 1, machine: { host: 'workstation-8' } }],
    imageChannels: 1,
    classes,
    preparation: { imageSize, normalization: { mode: 'mri' } },
    patients: { train: ['Jane Doe'], validation: ['John Roe'], test: [] },
    machine: { host: 'workstation-7' },
    trainingData: {
      images: {
        count: 2,
        size: [
          [16, 64],
          [16, 64],
        ],
      },
      intensities: [{ low: [0, 10], high: [200, 255] }],
      types: ['uint8'],
      modalities: [],
      fingerprints: ['print-of-jane'],
    },
  };
  const drawn = buildNetwork(config, { imageChannels: 1, classes });
  const random = createRandom(5);
  for (const variable of drawn.variables().values()) {
    // An untrained network has zeros in its last layer: its masks would not depend on the noise.
    const values = random.fillNormal(new Float32Array(variable.size)).map((v) => 0.3 * v);
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
  await Run.create(store, info, { model: encodeVariables(drawn.variables(), { step: '7' }) });
  drawn.dispose();
  return store;
}

/** The files of a run by name. */
export async function filesOf(store: RunStore): Promise<Record<string, Uint8Array>> {
  const names = [RUN_FILES.info, RUN_FILES.model];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, (await store.read(name))!] as const)));
}

/** A picture for {@link smallRun}: `brain.png`, 24 x 20. */
export function smallImage(value: (i: number) => number = (i) => (i * 37) % 251): { name: string; bytes: Uint8Array } {
  const data = new Uint8Array(24 * 20).map((_, i) => value(i));
  return { name: 'brain.png', bytes: encodePng(createImage({ width: 24, height: 20, channels: 1, data })) };
}

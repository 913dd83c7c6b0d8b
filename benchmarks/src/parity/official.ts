import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import '@tensorflow/tfjs-layers'; // registers the gradients that models may need
import { OfficialNew, OfficialV1, officialOptions } from '@medseg/models';
import { importWeights, type NamedArray, officialNames } from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { startBackend } from './backends.ts';
import type { ParityCheck, ParityLine } from './line.ts';
import { networkFixtures } from './network-fixtures.ts';
import { readSafetensors, type StoredArray } from './safetensors.ts';

interface Fixture {
  readonly config: Readonly<Record<string, unknown>> & { readonly version: string | number };
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

const TOLERANCE = 1e-4;

/** Prediction and calibration of every `official-*` fixture, on each backend. */
export const checkOfficial: ParityCheck = async function* (fixtures, backends) {
  for (const { name: label, kind } of networkFixtures(fixtures)) {
    if (kind === undefined)
      yield { name: `${label}: a network of no known reference`, error: Number.NaN, tolerance: 0 };
    if (kind !== 'official') continue;
    for (const backend of backends) {
      await startBackend(backend);
      try {
        const fixture = JSON.parse(readFileSync(join(fixtures, `${label}.json`), 'utf8')) as Fixture;
        const arrays = readSafetensors(join(fixtures, `${label}.io.safetensors`));
        yield* checkFixture(`${label} ${backend}`, fixture, arrays);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        yield { name: `${label} ${backend} ${reason}`, error: Number.POSITIVE_INFINITY, tolerance: TOLERANCE };
      }
    }
  }
};

function* checkFixture(label: string, fixture: Fixture, arrays: Map<string, StoredArray>): Generator<ParityLine> {
  const ours = predict(fixture, arrays);
  for (const [name, values] of Object.entries(ours)) {
    const reference = arrays.get(`output.${name}`);
    if (!reference) throw new Error(`the fixture has no output.${name}`);
    yield { name: `${label} ${name}`, error: relativeError(values, reference.data), tolerance: TOLERANCE };
  }
}

function predict(
  { config, parameters }: Fixture,
  arrays: Map<string, StoredArray>,
): { prediction: Float32Array; calibration: Float32Array } {
  const input = arrays.get('input.x')!;
  const network = build({ ...config, image_size: input.shape.slice(2) }); // upstream's own is not looked at
  try {
    return tf.tidy(() => {
      load(network, parameters);
      const { imageChannels, maskChannels } = network.config;
      const joined = tf.transpose(tf.tensor(input.data as Float32Array, input.shape), [0, 2, 3, 1]);
      const [images, x] = tf.split(joined, [imageChannels, maskChannels], 3) as [tf.Tensor4D, tf.Tensor4D];
      const t = tf.tensor1d(arrays.get('input.time')!.data as Int32Array, 'int32');
      const label = arrays.get('input.y') ?? arrays.get('input.label');
      const options = label === undefined ? {} : { labels: tf.tensor1d(label.data as Int32Array, 'int32') };
      const values = (map: tf.Tensor): Float32Array =>
        tf.transpose(map, [0, 3, 1, 2]).dataSync().slice() as Float32Array;
      if (network instanceof OfficialV1) {
        const { prediction, anchor } = network.predict(x, t, network.encode(images, options));
        return { prediction: values(prediction), calibration: values(tf.sigmoid(anchor)) };
      }
      const condition = network.encode(images, options);
      return {
        prediction: values(network.denoise(x, t, condition)),
        calibration: values(tf.sigmoid(condition.anchor)),
      };
    });
  } finally {
    network.dispose();
  }
}

function build(config: Fixture['config']): OfficialNew | OfficialV1 {
  if (config.version === 'new') return new OfficialNew(officialOptions(config));
  if (['v1', '1', 1].includes(config.version)) return new OfficialV1(officialOptions(config));
  throw new RangeError(`version must be new, v1 or 1, got ${JSON.stringify(config.version)}`);
}

/** Puts the fixture's weights, a formula of name and shape, into the network; every one must find its place. */
function load(network: OfficialNew | OfficialV1, parameters: Fixture['parameters']): void {
  const variables = network.variables();
  const shapes = new Map([...variables].map(([name, variable]) => [name, variable.shape]));
  const counted = parameters.filter(({ name }) => !name.endsWith('num_batches_tracked'));
  const stateDict = new Map(counted.map(({ name, shape }) => [name, weight(name, shape)]));
  nameEmbedding(stateDict, shapes);
  const { weights, report } = importWeights(stateDict, shapes, officialNames);
  for (const [what, names] of Object.entries({ missing: report.missing, 'left over': report.leftOver })) {
    if (names.length > 0) throw new Error(`weights ${what}: ${names.join(', ')}`);
  }
  for (const [name, { shape, data }] of weights) {
    tf.tidy(() => variables.get(name)!.assign(tf.tensor(data as Float32Array, [...shape])));
  }
}

/**
 * V1's convolution that upstream makes anew at every forward has no name there: whoever keeps it gives it one. The one
 * convolution of the highway that stands nowhere else, of that shape, gets ours; its values follow its own name.
 */
function nameEmbedding(stateDict: Map<string, NamedArray>, shapes: ReadonlyMap<string, readonly number[]>): void {
  const places = officialNames.locate(shapes);
  const known = new Set([...places.values()].map(({ name }) => name));
  for (const part of ['weight', 'bias']) {
    const place = places.get(`hwm.embedding.${part}`);
    if (place === undefined || stateDict.has(place.name)) continue;
    const unplaced = [...stateDict].filter(
      ([name, { shape }]) => !known.has(name) && name.endsWith(`.${part}`) && `${shape}` === `${place.shape}`,
    );
    if (unplaced.length !== 1) continue; // reported as missing and left over
    const [name, array] = unplaced[0]!;
    stateDict.delete(name);
    stateDict.set(place.name, array);
  }
}

/** The weight that the fixtures' formula gives an entry of this name and shape. */
function weight(name: string, shape: readonly number[]): NamedArray {
  const size = shape.reduce((a, b) => a * b, 1);
  let factor = 0.05;
  let middle = 0;
  if (name.endsWith('running_var')) [middle, factor] = [1, 0.2];
  else if (name.endsWith('running_mean')) factor = 0.1;
  else if (shape.length === 1 && name.endsWith('weight')) [middle, factor] = [1, 0.1];
  else if (shape.length > 1) factor = Math.sqrt((name.startsWith('hwm') ? 4 : 3) / (size / shape[0]!));
  const data = new Float32Array(size);
  let x = crc32(name);
  for (let i = 0; i < size; i++) {
    x = (Math.imul(1664525, x) + 1013904223) >>> 0;
    data[i] = middle + factor * (x / 2 ** 31 - 1);
  }
  return { shape, data };
}

/** Largest difference over the largest reference value. */
function relativeError(ours: Float32Array, reference: ArrayLike<number>): number {
  if (ours.length !== reference.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < ours.length; i++) {
    const error = Math.abs(ours[i]! - reference[i]!);
    if (!(error <= difference)) difference = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    scale = Math.max(scale, Math.abs(reference[i]!));
  }
  return difference / scale;
}

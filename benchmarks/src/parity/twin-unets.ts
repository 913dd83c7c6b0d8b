import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { DeepmancerUNet, deepmancerUNetConfigFrom, Lucidrains, lucidrainsConfigFrom } from '@medseg/models';
import { adamw } from '@medseg/ops';
import {
  decodeSafetensors,
  decodeTorch,
  fromReference,
  importWeights,
  lucidrainsNames,
  type NamedArray,
  type NameMap,
  type ReferenceWeight,
  seedNames,
} from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, model as layersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { startBackend } from './backends.ts';
import type { ParityCheck, ParityLine } from './line.ts';
import { type NetworkKind, networkFixtures } from './network-fixtures.ts';

type Arrays = ReadonlyMap<string, NamedArray>;

interface Network {
  readonly model: LayersModel;
  variables(): Map<string, tf.Variable>;
  dispose(): void;
}

interface Reference {
  readonly kind: NetworkKind;
  readonly names: NameMap;
  readonly build: (options: Readonly<Record<string, unknown>>) => Network;
}

const references: readonly Reference[] = [
  { kind: 'seed', names: seedNames, build: (options) => new DeepmancerUNet(deepmancerUNetConfigFrom(options)) },
  {
    kind: 'lucidrains',
    names: lucidrainsNames,
    build: (options) => new Lucidrains(lucidrainsConfigFrom(options)),
  },
];

const OUTPUT = 1e-4;
const GRADIENT = 1e-3;

/**
 * Both networks with twin encoders against their references: prediction, loss, activations, the gradient of every
 * parameter and the prediction after one Adam step, from every weight file of a fixture, on each backend.
 */
export const checkTwinUnets: ParityCheck = async function* (fixtures, backends) {
  for (const backend of backends) {
    await startBackend(backend);
    for (const reference of references) {
      for (const { name, kind } of networkFixtures(fixtures)) {
        if (kind !== reference.kind) continue;
        try {
          yield* checkFixture(fixtures, name, reference, backend);
        } catch (error) {
          yield failing(`${name} on ${backend}: ${(error as Error).message}`);
        }
      }
    }
  }
};

function* checkFixture(folder: string, name: string, reference: Reference, backend: string): Iterable<ParityLine> {
  const description = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as {
    config: Record<string, unknown>;
  };
  const { name: _, ...options } = description.config;
  const io = decodeSafetensors(readFileSync(join(folder, `${name}.io.safetensors`)), `${name}.io.safetensors`).tensors;
  const files = readdirSync(folder).filter(
    (file) => file.startsWith(name) && /^\.weights(\.[\w-]+)*\.(safetensors|pth?)$/.test(file.slice(name.length)),
  );
  if (files.length === 0) yield failing(`${name} on ${backend}: no file of weights`);
  for (const file of files.sort((a, b) => b.localeCompare(a))) {
    const bytes = readFileSync(join(folder, file));
    const { tensors } = file.endsWith('.safetensors') ? decodeSafetensors(bytes, file) : decodeTorch(bytes, file);
    const network = reference.build(options);
    const whole = backend !== 'cpu' || file.endsWith('.safetensors');
    try {
      const variables = network.variables();
      const shapes = new Map([...variables].map(([key, variable]) => [key, variable.shape]));
      const { weights, report } = importWeights(tensors, shapes, reference.names);
      const about = (quantity: string): string => `${file} on ${backend}: ${quantity}`;
      yield { name: about('weights missing'), error: report.missing.length, tolerance: 0 };
      yield { name: about('weights left over'), error: report.leftOver.length, tolerance: 0 };
      for (const [key, { data, shape }] of weights) {
        tf.tidy(() => variables.get(key)!.assign(tf.tensor(data as Float32Array, [...shape])));
      }
      yield* compare(network, io, reference.names.locate(shapes), about, whole);
    } finally {
      network.dispose();
    }
  }
}

function* compare(
  network: Network,
  io: Arrays,
  places: ReadonlyMap<string, ReferenceWeight>,
  about: (quantity: string) => string,
  gradients: boolean,
): Iterable<ParityLine> {
  const line = (name: string, actual: tf.Tensor, tolerance: number): ParityLine => ({
    name: about(name),
    error: largest(difference(actual, expected(io, name))) / (largest(expected(io, name)) || 1),
    tolerance,
  });
  const variables = network.variables();
  const activations = [...io.keys()].filter((name) => name.startsWith('activation.'));
  const known = activations.filter((name) => layerOf(network.model, name) !== undefined);
  const outputs = [network.model.outputs[0]!, ...known.map((name) => layerOf(network.model, name)!)];
  const tapped = layersModel({ inputs: network.model.inputs, outputs });
  const predict = (model: LayersModel): tf.Tensor[] =>
    [model.apply(inputs(io, model.inputs.length)) as tf.Tensor | tf.Tensor[]].flat();
  const loss = (prediction: tf.Tensor): tf.Scalar =>
    tf.mean(tf.square(tf.sub(prediction, channelsLast(io.get('input.noise')!))));

  for (const name of activations) if (!known.includes(name)) yield failing(about(`${name} is no layer here`));
  const seen = tf.tidy(() => predict(tapped));
  yield line('output.prediction', seen[0]!, OUTPUT);
  for (const [i, name] of known.entries()) yield line(name, seen[i + 1]!, OUTPUT);
  tf.dispose(seen);
  if (!gradients) return; // the slow cpu backend takes them from one file of a fixture

  const { value, grads } = tf.variableGrads(() => loss(predict(network.model)[0]!), [...variables.values()]);
  yield line('output.loss', value, OUTPUT);
  const scale = Math.max(...[...io].filter(([name]) => name.startsWith('grad.')).map(([, { data }]) => largest(data)));
  const ours = new Set([...places.values()].map(({ name }) => `grad.${name}`));
  for (const name of io.keys()) {
    if (name.startsWith('grad.') && !ours.has(name)) yield failing(about(`${name} is no parameter here`));
  }
  for (const [name, variable] of variables) {
    const place = places.get(name)!;
    const reference = io.get(`grad.${place.name}`);
    if (reference === undefined) continue; // a parameter that the reference itself does not use
    const gradient = grads[variable.name] ?? tf.zerosLike(variable);
    const { data } = fromReference(reference, place, variable.shape);
    const error = largest(difference(gradient, data)) / Math.max(largest(data), 1e-3 * scale);
    yield { name: about(`grad.${place.name}`), error, tolerance: GRADIENT };
  }
  if (io.has('output.prediction_after_adam')) {
    adamStep(variables, grads);
    const after = tf.tidy(() => {
      const prediction = predict(network.model)[0]!;
      return [prediction, loss(prediction)] as const;
    });
    yield line('output.prediction_after_adam', after[0], OUTPUT);
    yield line('output.loss_after_adam', after[1], OUTPUT);
    tf.dispose([...after]);
  }
  tf.dispose([value, grads]);
}

/** One step as the fixtures say: learning rate 2e-4, betas 0.9 and 0.999, epsilon 1e-8. */
function adamStep(variables: ReadonlyMap<string, tf.Variable>, grads: tf.NamedTensorMap): void {
  for (const variable of variables.values()) {
    tf.tidy(() => {
      const zeros = tf.zerosLike(variable);
      const gradient = grads[variable.name] ?? zeros;
      variable.assign(adamw<tf.Tensor>(variable, gradient, zeros, zeros, { learningRate: 2e-4, step: 1 })[0]);
    });
  }
}

/** The output of the layer that an activation is named after; a module of the reference ends with its last layer. */
function layerOf(model: LayersModel, activation: string): SymbolicTensor | undefined {
  const name = activation.slice('activation.'.length);
  const ends = [name, `${name}.block`, `${name}.conv_fuser`];
  const layer = model.layers.find((candidate) => ends.includes(candidate.name));
  return layer?.output as SymbolicTensor | undefined;
}

/** What the network takes; the reference takes zeros for a previous prediction that is not there. */
function inputs(io: Arrays, count: number): tf.Tensor[] {
  const x = channelsLast(io.get('input.x')!);
  const time = Array.from(io.get('input.time')!.data as ArrayLike<number | bigint>, Number);
  const all = [x, tf.tensor2d(time, [time.length, 1], 'float32'), channelsLast(io.get('input.image')!)];
  const previous = io.get('input.self_condition');
  if (count > 3) all.push(previous === undefined ? tf.zerosLike(x) : channelsLast(previous));
  return all;
}

function channelsLast({ data, shape }: NamedArray): tf.Tensor {
  return tf.tidy(() => tf.transpose(tf.tensor(data as Float32Array, [...shape]), [0, 2, 3, 1]));
}

/** A reference's array in our layout. */
function expected(io: Arrays, name: string): ArrayLike<number> {
  const array = io.get(name)!;
  if (array.shape.length !== 4) return array.data as Float32Array;
  const tensor = channelsLast(array);
  const data = tensor.dataSync();
  tensor.dispose();
  return data;
}

function difference(actual: tf.Tensor, wanted: ArrayLike<number | bigint>): Float64Array {
  const data = actual.dataSync();
  if (data.length !== wanted.length) throw new RangeError(`${data.length} values against ${wanted.length}`);
  return Float64Array.from(data, (value, i) => value - Number(wanted[i]));
}

function largest(values: ArrayLike<number | bigint>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(Number(values[i]));
    if (Number.isNaN(size)) return size;
    most = Math.max(most, size);
  }
  return most;
}

function failing(name: string): ParityLine {
  return { name, error: Number.NaN, tolerance: 0 };
}

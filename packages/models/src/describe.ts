import { requireObject } from '@medseg/arguments';
import { type OptionNames, requireOptions } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { LayersModel, type Shape } from '@tensorflow/tfjs-layers';

/** What one layer costs at one image size. */
export interface LayerDescription {
  /** Its name in the model, whole. */
  readonly name: string;
  /** Class of the layer, such as `MedsegResidualBlock`. */
  readonly kind: string;
  /** Shape of its output for the batch, without the batch. */
  readonly output: readonly number[];
  /** Numbers in its weights. */
  readonly parameters: number;
  /** Multiplications with addition in its convolutions, matrix products, attention and Fourier transforms. */
  readonly multiplyAdds: number;
  /** Bytes of everything that its operations put out: what a training step holds of it, at most. */
  readonly activationBytes: number;
}

/** What a network costs: its layers in order, and their sums. */
export interface NetworkDescription {
  /** One for each layer, in order; inputs are left out. */
  readonly layers: readonly LayerDescription[];
  /** Numbers in all weights. */
  readonly parameters: number;
  /** Sum over the layers; see {@link LayerDescription.multiplyAdds}. */
  readonly multiplyAdds: number;
  /** Sum over the layers; see {@link LayerDescription.activationBytes}. */
  readonly activationBytes: number;
}

/** Options of {@link describe}. */
export interface DescribeOptions {
  /** Images in the batch; by default 1. */
  batch?: number;
  /** Height and width, needed where a model leaves them open. */
  imageSize?: readonly number[];
}

/**
 * Layers, parameters, multiply-adds and activation memory of a network, measured by running every layer once on zeros
 * on the current backend. `network`: a tf.layers model, or an object that holds some, as every network of this package
 * does. Throws TypeError where there is no model in it, RangeError where a size is open and not given.
 *
 * @example console.log(formatDescription(await describe(new UNet({ imageSize: [64, 64] }))));
 */
export async function describe(network: object, options: DescribeOptions = {}): Promise<NetworkDescription> {
  requireOptions('describe', options, { batch: true, imageSize: true } satisfies OptionNames<DescribeOptions>);
  const { batch = 1, imageSize } = options;
  requireObject('describe: network', network, []);
  const models = network instanceof LayersModel ? [network] : Object.values(network).filter(isModel);
  if (models.length === 0)
    throw new TypeError('describe: needs a tf.layers model or an object that holds one, got none');
  const layers: LayerDescription[] = [];
  for (const { layers: parts } of models) {
    for (const layer of parts) {
      if (layer.getClassName() === 'InputLayer') continue;
      const shapes = toShapes(layer.inboundNodes[0]!.inputShapes).map((shape) => concrete(shape, batch, imageSize));
      const { output, multiplyAdds, activationBytes } = await measure(shapes, (inputs) =>
        layer.apply(inputs.length === 1 ? inputs[0]! : inputs),
      );
      const parameters = layer.countParams();
      const kind = layer.getClassName();
      layers.push({ name: layer.name, kind, output: output.slice(1), parameters, multiplyAdds, activationBytes });
    }
  }
  const sum = (field: 'parameters' | 'multiplyAdds' | 'activationBytes'): number =>
    layers.reduce((total, layer) => total + layer[field], 0);
  return {
    layers,
    parameters: sum('parameters'),
    multiplyAdds: sum('multiplyAdds'),
    activationBytes: sum('activationBytes'),
  };
}

/** A description as a table of text, a line a layer and a line of sums. */
export function formatDescription(networkDescription: NetworkDescription): string {
  requireObject('formatDescription: networkDescription', networkDescription, [
    'layers',
    'parameters',
    'multiplyAdds',
    'activationBytes',
  ]);
  const { layers, ...sums } = networkDescription;
  const head = ['layer', 'kind', 'output', 'parameters', 'multiply-adds', 'activations'];
  const costs = (d: Omit<NetworkDescription, 'layers'>): string[] => [
    d.parameters.toLocaleString('en-US'),
    d.multiplyAdds.toLocaleString('en-US'),
    `${(d.activationBytes / 2 ** 20).toFixed(2)} MiB`,
  ];
  const rows = [
    head,
    ...layers.map((layer) => [layer.name, layer.kind, layer.output.join(' x '), ...costs(layer)]),
    ['total', '', '', ...costs(sums)],
  ];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]): string =>
    row.map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}

async function measure(
  shapes: readonly number[][],
  run: (inputs: tf.Tensor[]) => unknown,
): Promise<{ output: number[]; multiplyAdds: number; activationBytes: number }> {
  const inputs = shapes.map((shape) => tf.zeros(shape));
  let output: number[] = [];
  const { kernels } = await tf.profile(() =>
    tf.tidy(() => {
      const result = run(inputs) as tf.Tensor | tf.Tensor[];
      output = (Array.isArray(result) ? result[0]! : result).shape;
      return [];
    }),
  );
  tf.dispose(inputs);
  let multiplyAdds = 0;
  let activationBytes = 0;
  for (const kernel of kernels) {
    const out = (Array.isArray(kernel.outputShapes[0]) ? kernel.outputShapes : [kernel.outputShapes]) as number[][];
    multiplyAdds += multiplyAddsOf(kernel.name, kernel.inputShapes as number[][], out[0]!);
    if (!views.has(kernel.name)) activationBytes += 4 * out.reduce((total, shape) => total + size(shape), 0);
  }
  return { output, multiplyAdds, activationBytes };
}

/** Operations whose output shares its input's memory. */
const views = new Set(['Reshape', 'Identity']);

function multiplyAddsOf(kernel: string, inputs: readonly number[][], output: readonly number[]): number {
  const [a, b] = inputs;
  if (/Conv2D$/.test(kernel)) return (size(output) * size(b!)) / b!.at(-1)!; // filter [kh, kw, in, out]
  if (/MatMul$|^MedsegDense$/.test(kernel))
    return Math.max(size(a!), size(output.slice(0, -2)) * size(a!.slice(-2))) * output.at(-1)!;
  if (kernel === 'MedsegAttention') {
    const [batch, queries, channels] = a as [number, number, number];
    return batch * queries * b![1]! * (channels + inputs[2]![2]!);
  }
  if (kernel === 'MedsegLinearAttention') {
    const [hidden, to] = inputs[2] as [number, number]; // queries, keys, keys' pixels; then one map out
    return (size(a!) / a!.at(-1)!) * hidden * (3 * a!.at(-1)! + to);
  }
  if (kernel === 'MedsegSpectralFilter') {
    const [, height, width] = a as [number, number, number, number];
    return size(a!) * (4 * Math.log2(height * width) + 4); // two transforms of radix 2, one complex product
  }
  return 0;
}

function size(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function isModel(value: unknown): value is LayersModel {
  return value instanceof LayersModel;
}

function toShapes(shape: Shape | Shape[]): Shape[] {
  return (Array.isArray(shape[0]) ? shape : [shape]) as Shape[];
}

function concrete(shape: Shape, batch: number, imageSize: readonly number[] | undefined): number[] {
  return shape.map((side, axis) => {
    if (axis === 0) return batch;
    if (side !== null && side !== undefined) return side;
    const given = imageSize?.[axis - 1];
    if (given === undefined) {
      throw new RangeError(`describe: the model leaves its size open, pass imageSize; got [${shape.join(', ')}]`);
    }
    return given;
  });
}

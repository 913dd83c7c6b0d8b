import {
  describeOnBackends,
  directionalErrors,
  expectNoLeak,
  fingerprint,
  randomTensor,
  reloaded,
} from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, type LayerVariable, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import type { Block, BlockOptions } from './block.ts';
import { layerClasses, registerLayers } from './register-layers.ts';
import type { SpecTree } from './weight-spec.ts';

type AnyBlock = Block<BlockOptions, SpecTree>;
type Refused = readonly [options: object, inputs: readonly (readonly number[])[], rule: RegExp];

type Shapes = readonly (readonly number[])[];

interface LayerCase {
  readonly options: object;
  /** Shapes of the inputs without the batch. */
  readonly inputs: Shapes;
  /** Further forms whose gradients are checked: options that change those above, and inputs where they differ. */
  readonly variants?: readonly (readonly [options: object, inputs?: Shapes])[];
  /** What building it refuses: options that change those above, and inputs. */
  readonly refused: readonly Refused[];
}

const map = [4, 4, 4];
const vector = [3];
const flat: Refused = [{}, [[4, 4]], /takes inputs of ranks \[4\].*, got shapes \[, 4, 4\]/];
const odd: Refused = [{}, [[5, 4, 4]], /height and width must be even.* got 5x4/];
const few: Refused = [{ channels: 0 }, [map], /channels must be a positive integer, got 0/];

/** Every layer of the package in a small form, by class name. */
const cases: Readonly<Record<string, LayerCase>> = {
  Affinity: {
    options: {},
    inputs: [map, map],
    variants: [[{ weighs: 'normalised' }]],
    refused: [
      [{}, [map, [4, 2, 4]], /must have one shape, got 4x4x4 and 4x2x4/],
      [{}, [map], /takes inputs of ranks \[4, 4\], got shapes \[, 4, 4, 4\]/],
    ],
  },
  AnchorAttention: {
    options: { size: 3 },
    inputs: [map, [4, 4, 2]],
    variants: [[{ learnedMean: true }]],
    refused: [
      [{}, [map, [2, 4, 2]], /must have one size, got 4x4 and 2x4/],
      [{ size: 4 }, [map, map], /size must be odd, got 4/],
    ],
  },
  AttentiveFusion: {
    options: {},
    inputs: [map, [4, 4, 2]],
    refused: [[{}, [map, [4, 2, 4]], /must have one size, got 4x4 and 4x2/]],
  },
  ComplexFFParser: {
    options: {},
    inputs: [map],
    variants: [
      [{}, [[5, 6, 3]]],
      [{}, [[4, 7, 2]]],
    ],
    refused: [flat, [{}, [[null as never, 4, 4]], /needs a fixed height/]],
  },
  Convolution: {
    options: { channels: 3, size: 3, strides: 2 },
    inputs: [map],
    variants: [[{ strides: 1, bias: false }], [{ size: 1, deviation: 0.1 }]],
    refused: [
      flat,
      few,
      [{ size: 2 }, [map], /size must be odd, got 2/],
      [{ strides: 0.5 }, [map], /strides must be a positive integer, got 0.5/],
    ],
  },
  ConvolutionBlock: {
    options: { channels: 3, dropout: 0.5 },
    inputs: [map],
    refused: [flat, few, [{ dropout: 1 }, [map], /dropout must be at least 0 and less than 1, got 1/]],
  },
  Downsample: { options: {}, inputs: [map], refused: [flat, odd] },
  Dropout: { options: { rate: 0.5 }, inputs: [map], refused: [flat, [{ rate: -1 }, [map], /got -1/]] },
  DynamicFFParser: {
    options: { patchSize: 2, heads: 2, headChannels: 3, depth: 1 },
    inputs: [map, map],
    refused: [
      [{ patchSize: 3 }, [map, map], /patchSize must divide .* got 3 for 4x4/],
      [{}, [map, [4, 4, 2]], /must have one shape, got 4x4x4 and 4x4x2/],
    ],
  },
  FFParser: {
    options: {},
    inputs: [map],
    variants: [[{ cutoff: 1.5 }], [{}, [[5, 6, 4]]], [{}, [[6, 5, 3]]]],
    refused: [flat, [{ cutoff: 0 }, [map], /cutoff must be positive, got 0/]],
  },
  GuidedTimeEmbedding: {
    options: { frequencies: 4, channels: 3, classes: 5 },
    inputs: [[1], [1]],
    variants: [[{ classes: undefined }, [[1]]]],
    refused: [
      [{}, [[1]], /takes a class exactly where classes is given, got classes 5 and 1 inputs/],
      [{ frequencies: 3 }, [[1], [1]], /frequencies must be even and at least 2, got 3/],
    ],
  },
  HighwayGate: {
    options: {},
    inputs: [map, [4, 4, 2]],
    refused: [[{}, [map, [2, 2, 2]], /must have one size, got 4x4 and 2x2/]],
  },
  LinearAttention: {
    options: { heads: 2, headChannels: 3 },
    inputs: [map],
    refused: [flat, [{ heads: 0 }, [map], /heads must be a positive integer, got 0/]],
  },
  OutputHead: {
    options: { channels: 2, groups: 2 },
    inputs: [map],
    variants: [[{ zero: false }], [{ padding: 'replicate' }]],
    refused: [flat, few, [{ groups: 3 }, [map], /multiple of groups, got 4 channels in 3 groups/]],
  },
  PixelAttention: {
    options: { heads: 2, headChannels: 3 },
    inputs: [map],
    refused: [flat, [{ headChannels: 1.5 }, [map], /headChannels must be a positive integer, got 1.5/]],
  },
  ResidualBlock: {
    options: { channels: 6, groups: 2, dropout: 0.5 },
    inputs: [map, vector],
    variants: [
      [{ resample: 'up' }],
      [{ resample: 'down' }],
      [{ time: 'add', channels: 4 }],
      [{ time: 'add', resample: 'up' }],
      [{ zero: true, channels: 4 }, [map]],
    ],
    refused: [
      few,
      [{ channels: 5 }, [map], /multiple of groups, got 5 channels in 2 groups/],
      [{ resample: 'down' }, [[5, 4, 4]], /must be even to be halved, got 5x4/],
    ],
  },
  ScaleShiftBlock: {
    options: { channels: 6, groups: 2 },
    inputs: [map, vector],
    refused: [few, [{ groups: 4 }, [map, vector], /multiple of groups, got 6 channels in 4 groups/]],
  },
  SelfAttention: {
    options: { heads: 2, groups: 2 },
    inputs: [map],
    variants: [[{ order: 'heads' }], [{ heads: 1, zero: true }]],
    refused: [
      flat,
      [{ heads: 3 }, [map], /multiple of heads, got 4 channels and 3 heads/],
      [{ groups: 3 }, [map], /multiple of groups, got 4 channels in 3 groups/],
    ],
  },
  SpectrumSpaceFormer: {
    options: { hidden: 4 },
    inputs: [map, map, vector],
    variants: [
      [{}, [[3, 5, 4], [3, 5, 4], vector]],
      [{ filterBlocks: 2 }],
      [{ filterSize: 3, filterBlocks: 3 }, [[2, 3, 4], [2, 3, 4], vector]],
    ],
    refused: [
      [{}, [map, [4, 4, 2], vector], /must have one shape, got \[4,4,4\] and \[4,4,2\]/],
      [{ hidden: 0 }, [map, map, vector], /hidden must be a positive integer, got 0/],
      [{ filterSize: 2 }, [map, map, vector], /filterSize must be odd, got 2/],
      [{ filterBlocks: 0 }, [map, map, vector], /filterBlocks must be a positive integer, got 0/],
    ],
  },
  TimeEmbedding: {
    options: { frequencies: 4, channels: 3 },
    inputs: [[1]],
    variants: [[{ code: 'product' }], [{ activation: 'gelu' }], [{ code: 'product', activation: 'gelu' }]],
    refused: [
      [{ frequencies: 5 }, [[1]], /frequencies must be even and at least 4, got 5/],
      [{ channels: 0 }, [[1]], /channels must be a positive integer, got 0/],
    ],
  },
  Transformer: {
    options: { heads: 2, headChannels: 3, depth: 1 },
    inputs: [map],
    refused: [flat, [{ depth: -1 }, [map], /depth must be a whole number, got -1/]],
  },
  UnshuffleDownsample: { options: { channels: 3 }, inputs: [map], refused: [flat, few, odd] },
  Upsample: { options: {}, inputs: [map], refused: [flat] },
  UpsampleConvolution: { options: { channels: 3 }, inputs: [map], refused: [flat, few] },
  UpsampleLinear: {
    options: { factor: 2 },
    inputs: [map],
    variants: [[{ factor: 3 }, [[3, 2, 2]]]],
    refused: [flat, [{ factor: 0.5 }, [map], /factor.* got 0.5/]],
  },
};

const classNamed = new Map(layerClasses.map((layer) => [layer.name, layer]));
const make = (name: string, options: object): AnyBlock =>
  new (classNamed.get(name) as unknown as new (options: object) => AnyBlock)(options);

/** One value of each input; times and classes are whole numbers. */
const valuesOf = (name: string, inputs: Shapes = cases[name]!.inputs): tf.Tensor[] =>
  inputs.map((shape, i) =>
    name.endsWith('TimeEmbedding') ? tf.tensor2d([[3], [1 + i]]) : randomTensor([2, ...shape] as [number], i + 1),
  );

/** Moves weights away from where they start as zero, and what leaky ReLU sees away from its kink, on both sides. */
function stir(layer: AnyBlock): void {
  for (const [i, weight] of (layer.weights as LayerVariable[]).entries()) {
    const noise = randomTensor(weight.shape as [number], 100 + i);
    const values = weight
      .read()
      .dataSync()
      .map((value, at) => {
        if (layer.getClassName() === 'MedsegConvolutionBlock') {
          if (weight.originalName.endsWith('norm.bias')) return at % 2 === 0 ? 3 : -3;
          if (weight.originalName.endsWith('norm.weight')) return 0.3;
        }
        if (weight.originalName.endsWith('running_var')) return value;
        return value === 0 ? 0.2 * noise.dataSync()[at]! : value;
      }) as Float32Array;
    tf.tidy(() => void weight.write(tf.tensor(values, weight.shape as number[])));
    noise.dispose();
  }
}

function modelOf(layer: AnyBlock, shapes: Shapes): LayersModel {
  const inputs = shapes.map((shape) => input({ shape: [...shape] }));
  return model({ inputs, outputs: layer.on(...inputs) });
}

it('knows every layer of the package', () => {
  expect(Object.keys(cases).sort()).toEqual([...classNamed.keys()].sort());
});

interface Built {
  label?: string;
  options?: object;
  inputs?: Shapes;
}

describeOnBackends('every layer', (backend) => {
  const names = Object.keys(cases);
  let count = 0;
  const built = (
    name: string,
    { label = `${name}_${backend}_${count++}`, options = {}, inputs = cases[name]!.inputs }: Built = {},
  ): { layer: AnyBlock; network: LayersModel } => {
    const layer = make(name, { ...cases[name]!.options, ...options, name: label, seed: 4 });
    return { layer, network: modelOf(layer, inputs) };
  };
  const run = (network: LayersModel, name: string): tf.Tensor =>
    tf.tidy(() => {
      const inputs = valuesOf(name);
      return network.apply(inputs.length === 1 ? inputs[0]! : inputs) as tf.Tensor;
    });

  const forms = Object.entries(cases).flatMap(([name, { inputs, variants = [] }]) =>
    [[{}] as const, ...variants].map(([options, own = inputs]) => [name, options, own] as const),
  );
  it.each(forms)('%s with %j has the gradient of finite differences in inputs and weights', (name, options, shapes) => {
    const { layer, network } = built(name, { options, inputs: shapes });
    stir(layer);
    const inputs = valuesOf(name, shapes).map((value) => tf.variable(value));
    const variables = new Map(
      layer.trainableWeights.map((w) => [w.originalName, (w as LayerVariable).read() as tf.Variable]),
    );
    if (!name.endsWith('TimeEmbedding')) for (const [i, x] of inputs.entries()) variables.set(`input ${i}`, x);
    const errors = directionalErrors(
      variables,
      () => network.apply(inputs.length === 1 ? inputs[0]! : inputs) as tf.Tensor,
    );
    expect(errors.size).toBeGreaterThan(0.7 * variables.size);
    for (const [what, error] of errors) expect(error, what).toBeLessThan(2e-3);
  });

  it.each(names)('%s is saved and loaded with equal outputs, and summarised', async (name) => {
    registerLayers();
    const { layer, network } = built(name);
    stir(layer);
    const loaded = await reloaded(network);
    expect([...run(loaded, name).dataSync()]).toEqual([...run(network, name).dataSync()]);
    expect(loaded.layers.at(-1)!.getConfig()).toEqual(layer.getConfig());
    layer.trainable = false;
    expect((await reloaded(network)).trainableWeights).toEqual([]);
    const lines: string[] = [];
    network.summary(240, undefined, (line) => lines.push(line));
    expect(lines.join('\n')).toContain(`Medseg${name}`);
  });

  it.each(names)('%s starts alike from one seed, in float32, and leaves no tensor behind', async (name) => {
    const label = `${name}_${backend}_twin`;
    const [one, same] = [built(name, { label }), built(name, { label })];
    const values = ({ layer }: { layer: AnyBlock }): string =>
      fingerprint(new Map(layer.weights.map((w) => [w.originalName, (w as LayerVariable).read() as tf.Variable])));
    expect(values(same)).toBe(values(one));
    expect([...run(same.network, name).dataSync()]).toEqual([...run(one.network, name).dataSync()]);
    expect(run(one.network, name).dtype).toBe('float32');
    for (const weight of one.layer.weights) expect((weight as LayerVariable).read().dtype, weight.name).toBe('float32');
    await expectNoLeak(() => {
      run(one.network, name).dispose();
    });
  });
});

describe('every layer', () => {
  const refusals = Object.entries(cases).flatMap(([name, { options, refused }]) =>
    refused.map(([change, inputs, rule]) => [name, { ...options, ...change }, inputs, rule] as const),
  );
  it.each(refusals)('%s refuses %j on %j when it is built', (name, options, inputs, rule) => {
    const symbols = inputs.map((shape) => input({ shape: [...shape] })) as SymbolicTensor[];
    expect(() => make(name, options).on(...symbols)).toThrow(rule);
  });
});

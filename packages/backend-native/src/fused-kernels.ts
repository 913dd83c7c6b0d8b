import * as tf from '@tensorflow/tfjs-core';
import { correctedKernels } from './corrected-kernels.ts';

/** The part of tfjs-node's backend that these kernels use. */
interface NodeBackend extends tf.KernelBackend {
  readonly binding: { TF_ATTR_INT: number; TF_ATTR_FLOAT: number };
  executeMultipleOutputs(name: string, attributes: object[], inputs: tf.TensorInfo[], outputs: number): tf.TensorInfo[];
}

interface Call {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  /** The inputs in the order in which the operation gave them. */
  readonly list: readonly tf.TensorInfo[];
  readonly attrs: tf.NamedAttrMap;
}

/** One call of an operation of kernels/: what it takes and the shapes of what it makes. */
interface Plan {
  readonly inputs: readonly tf.TensorInfo[];
  readonly shapes: readonly (readonly number[])[];
  readonly ints?: readonly number[];
  readonly floats?: readonly number[];
  /** Name of the operation, where it is not that of the kernel. */
  readonly operation?: string;
  /** Made for this call alone. */
  readonly disposeAfter?: tf.Tensor;
}

/** What runs for the operations of @medseg/ops and for convolutions: each one call of an operation in kernels/. */
const plans: Readonly<Record<string, (call: Call) => Plan>> = {
  MedsegConv2D: ({ inputs: { x, filter, bias }, attrs }) => {
    const info = geometry(x!.shape, filter!.shape, attrs);
    return { inputs: present(x, filter, bias), shapes: [info.outShape], ints: sides(info) };
  },
  Conv2DBackpropInput: ({ inputs: { dy, filter }, attrs }) => {
    const shape = attrs.inputShape as number[];
    const ints = sides(geometry(shape, filter!.shape, attrs));
    return { inputs: [dy!, filter!], shapes: [shape], ints, operation: 'MedsegConv2DBackpropInput' };
  },
  Conv2DBackpropFilter: ({ inputs: { x, dy }, attrs }) => {
    const shape = attrs.filterShape as number[];
    const ints = sides(geometry(x!.shape, shape, attrs));
    return { inputs: [x!, dy!], shapes: [shape], ints, operation: 'MedsegConv2DBackpropFilter' };
  },
  MedsegDense: ({ inputs: { x, kernel, bias } }) => ({
    inputs: present(x, kernel, bias),
    shapes: [[x!.shape[0]!, kernel!.shape[1]!]],
  }),
  MedsegGroupNorm: ({ list, attrs }) => {
    const [batch] = list[0]!.shape as [number];
    const shapes = [list[0]!.shape, [batch, attrs.groups as number, 2]];
    return { inputs: list, shapes, ints: groupNormInts(attrs), floats: [attrs.epsilon as number] };
  },
  MedsegGroupNormGrad: ({ list, attrs }) => ({
    inputs: list,
    shapes: list.slice(0, -2).map(({ shape }) => shape),
    ints: groupNormInts(attrs),
  }),
  MedsegLayerNorm: ({ inputs: { x, gamma, beta }, attrs }) => ({
    inputs: present(x, gamma, beta),
    shapes: [x!.shape, [rowsOf(x!), 2]],
    floats: [attrs.epsilon as number],
  }),
  MedsegLayerNormGrad: ({ inputs: { x, gamma, statistics, dy } }) => {
    const channels = x!.shape.slice(-1);
    return { inputs: present(x, gamma, statistics, dy), shapes: [x!.shape, channels, channels] };
  },
  MedsegSilu: ({ inputs: { x } }) => ({ inputs: [x!], shapes: [x!.shape] }),
  MedsegSiluGrad: ({ inputs: { x, dy } }) => ({ inputs: [x!, dy!], shapes: [x!.shape] }),
  MedsegAttention: ({ inputs: { q, k, v }, attrs }) => {
    const [batch, queries] = q!.shape as [number, number];
    const shapes = [
      [batch, queries, v!.shape[2]!],
      [batch, attrs.heads as number, queries],
    ];
    return { inputs: present(q, k, v), shapes, ints: [attrs.heads as number], floats: [attrs.scale as number] };
  },
  MedsegAttentionGrad: ({ inputs: { q, k, v, y, logSum, dy }, attrs }) => ({
    inputs: present(q, k, v, y, logSum, dy),
    shapes: [q!.shape, k!.shape, v!.shape],
    ints: [attrs.heads as number],
    floats: [attrs.scale as number],
  }),
  MedsegLinearAttention: ({ inputs: { x, qkv, out, bias }, attrs }) => {
    const [batch, pixels] = x!.shape as [number, number];
    const [inner, values] = out!.shape as [number, number];
    const heads = attrs.heads as number;
    const shapes = [
      [batch, pixels, values],
      [batch, pixels * 3 * inner + (inner * inner) / heads],
    ];
    return { inputs: present(x, qkv, out, bias), shapes, ints: [heads], floats: [attrs.scale as number] };
  },
  MedsegLinearAttentionGrad: ({ inputs: { x, qkv, out, state, dy }, attrs }) => ({
    inputs: present(x, qkv, out, state, dy),
    shapes: [x!.shape, qkv!.shape, out!.shape],
    ints: [attrs.heads as number],
    floats: [attrs.scale as number],
  }),
  MedsegAdamW: ({ inputs: { param, grad, m, v }, attrs }) => {
    const { stepSize, variance, decay, beta1, beta2, epsilon, gradientScale } = attrs as Record<string, number>;
    // A tensor, not attributes: they change at every step, and TensorFlow keeps a kernel for each set of attributes.
    const numbers = [stepSize!, variance!, decay!, beta1!, beta2!, 1 - beta1!, 1 - beta2!, epsilon!, gradientScale!];
    const factors = tf.tensor1d(numbers, 'float32');
    const shapes = [param!.shape, param!.shape, param!.shape];
    return { inputs: present(param, grad, m, v, factors), shapes, disposeAfter: factors };
  },
  MedsegColumnSum: ({ inputs: { x } }) => ({ inputs: [x!], shapes: [x!.shape.slice(-1)] }),
  MedsegSumOfSquares: ({ list }) => ({ inputs: list, shapes: [[]] }),
  MedsegUpsample: ({ inputs: { x }, attrs }) => {
    const { factor, scale } = attrs as { factor: number; scale: number };
    const [batch, height, width, channels] = x!.shape as [number, number, number, number];
    return { inputs: [x!], shapes: [[batch, height * factor, width * factor, channels]], ints: [factor], floats: [scale] };
  },
  MedsegSumPool: ({ inputs: { x }, attrs }) => {
    const { factor, scale } = attrs as { factor: number; scale: number };
    const [batch, height, width, channels] = x!.shape as [number, number, number, number];
    return { inputs: [x!], shapes: [[batch, height / factor, width / factor, channels]], ints: [factor], floats: [scale] };
  },
};

type Kernel = Pick<tf.KernelConfig, 'kernelName' | 'kernelFunc'>;

/** The kernel of tfjs that runs a plan as one operation of TensorFlow. */
function kernelOf(kernelName: string, plan: (call: Call) => Plan): Kernel {
  const stock = correctedKernels.find((kernel) => kernel.kernelName === kernelName);
  return {
    kernelName,
    kernelFunc: (args) => {
      if (stock && args.attrs?.dataFormat === 'NCHW') return stock.kernelFunc(args);
      const backend = args.backend as NodeBackend;
      const named = args.inputs as Record<string, tf.TensorInfo>;
      const { inputs, shapes, ints = [], floats = [], operation = kernelName, disposeAfter } = plan({
        inputs: named,
        list: Object.values(named),
        attrs: (args.attrs ?? {}) as tf.NamedAttrMap,
      });
      const { TF_ATTR_INT, TF_ATTR_FLOAT } = backend.binding;
      const attributes = [
        { name: 'N', type: TF_ATTR_INT, value: inputs.length },
        { name: 'M', type: TF_ATTR_INT, value: shapes.length },
        { name: 'shapes', type: TF_ATTR_INT, value: shapes.flatMap((shape) => [shape.length, ...shape]) },
        { name: 'ints', type: TF_ATTR_INT, value: ints },
        { name: 'floats', type: TF_ATTR_FLOAT, value: floats },
      ];
      const outputs = backend.executeMultipleOutputs(operation, attributes, [...inputs], shapes.length);
      disposeAfter?.dispose();
      return outputs.length === 1 ? outputs[0]! : outputs;
    },
  };
}

/** Each as one operation of TensorFlow, which the binding of an install registers. */
export const fusedKernels: readonly Kernel[] = Object.entries(plans).map(([name, plan]) => kernelOf(name, plan));

function present(...tensors: (tf.TensorInfo | undefined)[]): tf.TensorInfo[] {
  return tensors.filter((tensor) => tensor !== undefined);
}

function rowsOf({ shape }: tf.TensorInfo): number {
  return tf.util.sizeFromShape(shape.slice(0, -1));
}

function groupNormInts({ groups, silu, hasScale, hasShift }: tf.NamedAttrMap): number[] {
  return [groups as number, silu ? 1 : 0, hasScale ? 1 : 0, hasShift ? 1 : 0];
}

type Shape4 = [number, number, number, number];

function geometry(x: number[], filter: number[], attrs: tf.NamedAttrMap): tf.backend_util.Conv2DInfo {
  const { strides, pad, dimRoundingMode } = attrs as unknown as tf.Conv2DBackpropInputAttrs;
  // tfjs computes the width of a filter that is not square from its height when padding is one number.
  const side: [number, number] = [Number(pad), Number(pad)];
  const padding = typeof pad === 'number' ? ([[0, 0], side, side, [0, 0]] as tf.backend_util.ExplicitPadding) : pad;
  return tf.backend_util.computeConv2DInfo(x as Shape4, filter as Shape4, strides, 1, padding, dimRoundingMode);
}

function sides({ strideHeight, strideWidth, padInfo }: tf.backend_util.Conv2DInfo): number[] {
  return [strideHeight, strideWidth, padInfo.top, padInfo.left];
}

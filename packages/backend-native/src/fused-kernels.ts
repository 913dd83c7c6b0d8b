import * as tf from '@tensorflow/tfjs-core';

/** The part of tfjs-node's binding that these kernels use. */
interface Binding {
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_FLOAT: number;
  createTensor(shape: number[], dtype: number, values: Float32Array): number;
  deleteTensor(id: number): void;
  executeOp(name: string, attributes: object[], inputs: number[], outputs: number): object[];
}

/** The part of tfjs-node's backend that they use. */
interface NodeBackend extends tf.KernelBackend {
  readonly binding: Binding;
  getInputTensorIds(inputs: readonly tf.TensorInfo[]): number[];
  createOutputTensor(description: object): tf.TensorInfo;
}

interface Call {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  /** The inputs in the order in which the operation gave them. */
  readonly list: readonly tf.TensorInfo[];
  readonly attrs: tf.NamedAttrMap;
  readonly backend: NodeBackend;
}

/** One call of an operation of kernels/: what it takes and the shapes of what it makes. */
interface Plan {
  readonly inputs: readonly tf.TensorInfo[];
  readonly shapes: readonly (readonly number[])[];
  readonly ints?: readonly number[];
  readonly floats?: readonly number[];
  /** Name of the operation, where it is not that of the kernel. */
  readonly operation?: string;
  /** A last input, from the host. */
  readonly array?: readonly number[];
  /** Tensors that become the last outputs as they are, or as the operation has overwritten them. */
  readonly shared?: readonly tf.TensorInfo[];
  /** Called with the outputs. */
  readonly note?: (outputs: readonly tf.TensorInfo[]) => void;
  /** Whether the outputs are a list also where there is one. */
  readonly many?: boolean;
}

/** Moments that the operation itself has made: others may be memory that the program still has. */
const ownMoments = new WeakSet<tf.DataId>();

/** Inputs: parameters, gradients and moments of one weight or of many, all of the first kind first. */
function adamw({ list, attrs, backend }: Call): Plan {
  const { stepSize, variance, decay, beta1, beta2, epsilon, gradientScale } = attrs as Record<string, number>;
  // An array, not attributes: they change at every step, and TensorFlow keeps a kernel for each set of attributes.
  const array = [stepSize!, variance!, decay!, beta1!, beta2!, 1 - beta1!, 1 - beta2!, epsilon!, gradientScale!];
  const count = list.length / 4;
  const shapes = list.slice(0, count).map(({ shape }) => shape);
  const moments = list.slice(2 * count);
  if (attrs.reuse && moments.every(({ dataId }) => ownMoments.has(dataId) && backend.refCount(dataId) === 1)) {
    return { inputs: list, array, shapes, shared: moments };
  }
  const note = (outputs: readonly tf.TensorInfo[]): void => {
    for (const { dataId } of outputs.slice(count)) ownMoments.add(dataId);
  };
  return { inputs: list, array, shapes: [...shapes, ...shapes, ...shapes], note };
}

/**
 * What runs for the operations of @medseg/ops, for convolutions and products: each one call of an operation in kernels/;
 * undefined where tfjs-node's own kernel takes it.
 */
const plans: Readonly<Record<string, (call: Call) => Plan | undefined>> = {
  MedsegConv2D: ({ inputs: { x, filter, bias, offset, plus }, attrs }) => {
    const info = geometry(x!.shape, filter!.shape, attrs);
    const ints = [...sides(info), ...flags(bias, offset, plus)];
    return { inputs: present(x, filter, bias, offset, plus), shapes: [info.outShape], ints };
  },
  MedsegConv2DGrad: ({ inputs: { x, filter, dy }, attrs }) => {
    const channels = filter!.shape[3]!;
    const [shapes, ints] = wanted(attrs, {
      x: x!.shape,
      filter: filter!.shape,
      bias: [channels],
      offset: [x!.shape[0]!, channels],
    });
    const info = geometry(x!.shape, filter!.shape, attrs);
    return { inputs: [x!, filter!, dy!], shapes, ints: [...sides(info), ...ints] };
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
  MedsegDense: ({ inputs: { x, kernel, bias }, attrs }) => ({
    inputs: present(x, kernel, bias),
    shapes: [[x!.shape[0]!, kernel!.shape[1]!]],
    ints: [attrs.silu ? 1 : 0],
  }),
  MedsegDenseGrad: ({ inputs: { x, kernel, dy }, attrs }) => {
    const [shapes, ints] = wanted(attrs, { x: x!.shape, kernel: kernel!.shape, bias: [kernel!.shape[1]!] });
    return { inputs: [x!, kernel!, dy!], shapes, ints: [attrs.silu ? 1 : 0, ...ints] };
  },
  BatchMatMul: ({ inputs: { a, b }, attrs }) => {
    const { transposeA, transposeB } = attrs as { transposeA?: boolean; transposeB?: boolean };
    const [outer, [rows, columns]] = [
      a!.shape.slice(0, -2),
      [a!.shape.at(transposeA ? -1 : -2)!, b!.shape.at(transposeB ? -2 : -1)!],
    ];
    if (!tf.util.arraysEqual(outer, b!.shape.slice(0, -2))) return undefined;
    const ints = [transposeA ? 1 : 0, transposeB ? 1 : 0];
    return { inputs: [a!, b!], shapes: [[...outer, rows, columns]], ints, operation: 'MedsegMatMul' };
  },
  Add: ({ inputs: { a, b } }) => {
    if (!tf.util.arraysEqual(a!.shape, b!.shape)) return undefined;
    return { inputs: [a!, b!], shapes: [a!.shape], operation: 'MedsegAdd' };
  },
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
  Reshape: ({ inputs: { x }, attrs }) => {
    const shape = tf.util.inferFromImplicitShape(attrs.shape as number[], tf.util.sizeFromShape(x!.shape));
    if (tf.util.arraysEqual(shape, x!.shape)) return { inputs: [], shapes: [], shared: [x!] };
    return { inputs: [x!], shapes: [shape], operation: 'MedsegReshape' };
  },
  Cast: ({ inputs: { x }, attrs }) => {
    return attrs.dtype === 'float32' ? { inputs: [], shapes: [], shared: [x!] } : undefined;
  },
  Concat: ({ list, attrs }) => {
    const axis = tf.util.parseAxisParam(attrs.axis as number, list[0]!.shape)[0]!;
    const shape = tf.backend_util.computeOutShape(
      list.map((part) => part.shape),
      axis,
    );
    return { inputs: list, shapes: [shape], ints: parts(list, axis), operation: 'MedsegConcat' };
  },
  SplitV: ({ inputs: { x }, attrs }) => {
    const axis = tf.util.parseAxisParam(attrs.axis as number, x!.shape)[0]!;
    const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, attrs.numOrSizeSplits as number[], axis);
    const shapes = sizes.map((size) => x!.shape.map((length, i) => (i === axis ? size : length)));
    const ints = parts(
      shapes.map((shape) => ({ shape })),
      axis,
    );
    return { inputs: [x!], shapes, ints, operation: 'MedsegSplit', many: true };
  },
  // Tensors are never written to once made, so a copy serves nothing.
  Identity: ({ inputs: { x } }) => ({ inputs: [], shapes: [], shared: [x!] }),
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
  MedsegAdamW: adamw,
  MedsegMovingAverage: ({ list, attrs }) => {
    const decay = attrs.decay as number;
    const shapes = list.slice(0, list.length / 2).map(({ shape }) => shape);
    return { inputs: list, array: [decay, 1 - decay], shapes };
  },
  MedsegColumnSum: ({ inputs: { x } }) => ({ inputs: [x!], shapes: [x!.shape.slice(-1)] }),
  MedsegSumOfSquares: ({ list }) => ({ inputs: list, shapes: [[]] }),
  MedsegUpsample: ({ inputs: { x }, attrs }) => {
    const { factor, scale } = attrs as { factor: number; scale: number };
    const [batch, height, width, channels] = x!.shape as [number, number, number, number];
    return {
      inputs: [x!],
      shapes: [[batch, height * factor, width * factor, channels]],
      ints: [factor],
      floats: [scale],
    };
  },
  MedsegSumPool: ({ inputs: { x }, attrs }) => {
    const { factor, scale } = attrs as { factor: number; scale: number };
    const [batch, height, width, channels] = x!.shape as [number, number, number, number];
    return {
      inputs: [x!],
      shapes: [[batch, height / factor, width / factor, channels]],
      ints: [factor],
      floats: [scale],
    };
  },
};

/** Registers them, each as one operation of TensorFlow, which the binding of an install brings. */
export function registerFusedKernels(backendName: string): void {
  for (const [kernelName, plan] of Object.entries(plans)) {
    const stock = tf.getKernel(kernelName, backendName);
    if (stock) tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({ kernelName, backendName, kernelFunc: kernelOf(kernelName, plan, stock?.kernelFunc) });
  }
}

/** The kernel of tfjs that runs a plan; what ours do not take goes to the one that was there. */
function kernelOf(
  kernelName: string,
  plan: (call: Call) => Plan | undefined,
  stock: tf.KernelFunc | undefined,
): tf.KernelFunc {
  return (args) => {
    const named = args.inputs as Record<string, tf.TensorInfo>;
    const attrs = (args.attrs ?? {}) as tf.NamedAttrMap;
    const list = Object.values(named);
    const backend = args.backend as NodeBackend;
    const ours = attrs.dataFormat !== 'NCHW' && list.every((x) => x?.dtype === 'float32');
    const planned = stock && !ours ? undefined : plan({ inputs: named, list, attrs, backend });
    if (!planned) return stock!(args);
    const { shapes, shared = [], note, many = false } = planned;
    const outputs = shapes.length === 0 ? [] : execute(backend, kernelName, planned);
    for (const { dataId, shape, dtype } of shared) {
      backend.incRef(dataId);
      outputs.push({ dataId, shape, dtype });
    }
    note?.(outputs);
    return outputs.length === 1 && !many ? outputs[0]! : outputs;
  };
}

function execute(
  backend: NodeBackend,
  kernelName: string,
  { inputs, shapes, ints = [], floats = [], operation = kernelName, array }: Plan,
): tf.TensorInfo[] {
  const { binding } = backend;
  const { TF_ATTR_INT, TF_ATTR_STRING } = binding;
  const ids = backend.getInputTensorIds(inputs);
  if (array) ids.push(hostArray(binding, array));
  const sizes = shapes.flatMap((shape) => [shape.length, ...shape]);
  const attributes = [
    { name: 'N', type: TF_ATTR_INT, value: ids.length },
    { name: 'M', type: TF_ATTR_INT, value: shapes.length },
    { name: 'call', type: TF_ATTR_STRING, value: `${sizes.join(' ')}|${ints.join(' ')}|${floats.join(' ')}` },
  ];
  const described = binding.executeOp(operation, attributes, ids, shapes.length);
  return described.map((description) => backend.createOutputTensor(description));
}

/** The last few arrays from the host: the weights of a step share theirs. */
const hostArrays = new WeakMap<Binding, { values: number[]; id: number }[]>();

function hostArray(binding: Binding, values: readonly number[]): number {
  const kept = hostArrays.get(binding) ?? [];
  hostArrays.set(binding, kept);
  const found = kept.find((entry) => tf.util.arraysEqual(entry.values, [...values]));
  if (found) return found.id;
  if (kept.length === 4) binding.deleteTensor(kept.shift()!.id);
  const id = binding.createTensor([values.length], binding.TF_FLOAT, Float32Array.from(values));
  kept.push({ values: [...values], id });
  return id;
}

function present(...tensors: (tf.TensorInfo | undefined)[]): tf.TensorInfo[] {
  return tensors.filter((tensor) => tensor !== undefined);
}

function flags(...tensors: (tf.TensorInfo | undefined)[]): number[] {
  return tensors.map((tensor) => (tensor ? 1 : 0));
}

/** Of the shapes of all gradients those that `attrs.wanted` names, and for each of all whether it does. */
function wanted({ wanted: names }: tf.NamedAttrMap, all: Readonly<Record<string, number[]>>): [number[][], number[]] {
  const takes = Object.keys(all).map((name) => (names as string[]).includes(name));
  return [Object.values(all).filter((_, i) => takes[i]), takes.map(Number)];
}

/** How many rows parts of a tensor have that lie side by side along an axis, and how long each of theirs is. */
function parts(all: readonly { shape: number[] }[], axis: number): number[] {
  const rows = tf.util.sizeFromShape(all[0]!.shape.slice(0, axis));
  return [rows, ...all.map(({ shape }) => tf.util.sizeFromShape(shape.slice(axis)))];
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

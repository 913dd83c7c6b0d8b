import * as tf from '@tensorflow/tfjs-core';

/** The part of tfjs-node's backend that its kernels use. */
interface NodeBackend extends tf.KernelBackend {
  readonly binding: { TF_ATTR_INT: number; TF_ATTR_STRING: number; TF_ATTR_TYPE: number; TF_FLOAT: number };
  executeSingleOutput(name: string, attributes: object[], inputs: tf.Tensor[]): tf.Tensor;
}

type Kernel = Pick<tf.KernelConfig, 'kernelName' | 'kernelFunc'>;
type Gradient = 'Conv2DBackpropInput' | 'Conv2DBackpropFilter';

/** Kernels of tfjs-node that refuse what TensorFlow can do, or read what they need not. */
export const correctedKernels: readonly Kernel[] = [
  {
    kernelName: tf.Conv2DBackpropInput,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { dy, filter } = inputs as { dy: tf.Tensor4D; filter: tf.Tensor4D };
      const shape = (attrs as { inputShape: Shape4 }).inputShape;
      const sizes = { x: shape, filter: filter.shape };
      return gradient('Conv2DBackpropInput', sizes, attrs, backend as NodeBackend, (s) => [s, filter, dy], shape);
    },
  },
  {
    kernelName: tf.Conv2DBackpropFilter,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { x, dy } = inputs as { x: tf.Tensor4D; dy: tf.Tensor4D };
      const shape = (attrs as { filterShape: Shape4 }).filterShape;
      const sizes = { x: x.shape, filter: shape };
      return gradient('Conv2DBackpropFilter', sizes, attrs, backend as NodeBackend, (s) => [x, s, dy], shape);
    },
  },
  {
    // tfjs-node reads x, which the gradient of `where` may have let go; the other backends only use its shape.
    kernelName: tf.ZerosLike,
    kernelFunc: ({ inputs }) => {
      const x = inputs.x as tf.Tensor;
      return tf.fill(x.shape, x.dtype === 'string' ? '' : 0, x.dtype);
    },
  },
];

type Shape4 = [number, number, number, number];

/** Gradients of a convolution whose padding is named side by side, which tfjs-node only supports in the forward pass. */
function gradient(
  name: Gradient,
  sizes: { x: Shape4; filter: Shape4 },
  attrs: unknown,
  backend: NodeBackend,
  inputs: (shape: tf.Tensor) => tf.Tensor[],
  shape: Shape4,
): tf.TensorInfo {
  const { strides, pad, dataFormat, dimRoundingMode } = attrs as unknown as tf.Conv2DBackpropInputAttrs;
  const format = tf.backend_util.convertConv2DDataFormat(dataFormat);
  const info = tf.backend_util.computeConv2DInfo(
    sizes.x,
    sizes.filter,
    strides,
    1,
    pad,
    dimRoundingMode,
    false,
    format,
  );
  const { TF_ATTR_INT, TF_ATTR_STRING, TF_ATTR_TYPE, TF_FLOAT } = backend.binding;
  const { type, top, bottom, left, right } = info.padInfo;
  const channelsLast = info.dataFormat === 'channelsLast';
  const spatial = <T>(outer: T, inner: T[]): T[] =>
    channelsLast ? [outer, ...inner, outer] : [outer, outer, ...inner];
  const attributes = [
    { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
    { name: 'strides', type: TF_ATTR_INT, value: spatial(1, [info.strideHeight, info.strideWidth]) },
    { name: 'padding', type: TF_ATTR_STRING, value: type },
    { name: 'data_format', type: TF_ATTR_STRING, value: channelsLast ? 'NHWC' : 'NCHW' },
    ...(type === 'EXPLICIT'
      ? [{ name: 'explicit_paddings', type: TF_ATTR_INT, value: paddings(channelsLast, [top, bottom, left, right]) }]
      : []),
  ];
  const sizeTensor = tf.tensor1d(shape, 'int32');
  const result = backend.executeSingleOutput(name, attributes, inputs(sizeTensor));
  sizeTensor.dispose();
  return result;
}

function paddings(channelsLast: boolean, sides: number[]): number[] {
  return channelsLast ? [0, 0, ...sides, 0, 0] : [0, 0, 0, 0, ...sides];
}

import { type OptionNames, requireOptions } from '@medseg/arguments';
import * as tf from '@tensorflow/tfjs-core';
import { composedConv2d } from './conv2d-composed.ts';
import { ensureGradient, gradientsTogether, hasKernel, runKernelSingle } from './fused.ts';
import { requireFloatTensor } from './require-tensor.ts';

/** 'same' (as TensorFlow: the output is ceil(input / strides)), 'valid', or zeros on each side, in pixels. */
export type Padding = 'same' | 'valid' | number;

/** Options of {@link conv2d}. */
export interface Conv2dOptions {
  /** Step of the filter in pixels, along both axes. Default 1. */
  strides?: number;
  /** What is added around the image. Default 'same'. */
  padding?: Padding;
  /** [B, Cout]: added to every pixel of its sample, as the time is in a residual block. Default none. */
  offset?: tf.Tensor | undefined;
  /** Of the shape of the result, and added to it, as the shortcut of a residual block is. Default none. */
  plus?: tf.Tensor | undefined;
}

const optionNames: OptionNames<Conv2dOptions> = { strides: true, padding: true, offset: true, plus: true };

const gradient: tf.GradConfig = {
  kernelName: 'MedsegConv2D',
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, [x, filter], attrs) => {
    const shared = { strides: attrs.strides!, pad: attrs.pad!, dataFormat: 'NHWC' };
    const grad = dy as tf.Tensor;
    if (hasKernel('MedsegConv2DGrad')) {
      const inputs = { x: x!, filter: filter!, dy: grad };
      const names = ['x', 'filter', 'bias', 'offset'];
      return { ...gradientsTogether('MedsegConv2DGrad', inputs, shared, names), plus: () => tf.clone(grad) };
    }
    return {
      x: () =>
        runKernelSingle('Conv2DBackpropInput', { dy: grad, filter: filter! }, { ...shared, inputShape: x!.shape }),
      filter: () =>
        runKernelSingle('Conv2DBackpropFilter', { x: x!, dy: grad }, { ...shared, filterShape: filter!.shape }),
      bias: () => runKernelSingle('MedsegColumnSum', { x: grad }),
    };
  },
};

/**
 * 2-D convolution (cross-correlation) with bias and what else is to be added.
 * x: [B, H, W, Cin], filter: [kh, kw, Cin, Cout], bias: [Cout] or null. Returns [B, H', W', Cout].
 * Throws RangeError when channels do not match, strides or padding are not whole numbers, the filter is larger than the
 * padded image, or offset or plus have another shape.
 *
 * @example const y = conv2d(x, filter, bias, { strides: 2, padding: 1 }); // PyTorch's Conv2d(…, 3, 2, 1)
 */
export function conv2d(
  x: tf.Tensor,
  filter: tf.Tensor,
  bias: tf.Tensor | null,
  options: Conv2dOptions = {},
): tf.Tensor4D {
  requireOptions('conv2d', options, optionNames);
  const { strides = 1, padding = 'same', offset, plus } = options;
  requireFloatTensor('conv2d: x', x, '[B, H, W, Cin]');
  requireFloatTensor('conv2d: filter', filter, '[kh, kw, Cin, Cout]');
  if (bias) requireFloatTensor('conv2d: bias', bias, '[Cout]');
  if (offset) requireFloatTensor('conv2d: offset', offset, '[B, Cout]');
  if (plus) requireFloatTensor('conv2d: plus', plus, '[B, H, W, Cout]');
  check(x, filter, bias, strides, padding);
  const attrs = { strides, pad: explicitPadding(padding) };
  checkAdded(x, filter, attrs, offset, plus);
  const fused = hasKernel('MedsegConv2D');
  if (fused) ensureGradient(gradient);
  const inputs: tf.NamedTensorMap = bias ? { x, filter, bias } : { x, filter };
  if (fused && (hasKernel('MedsegConv2DGrad') || !(offset || plus))) {
    if (offset) inputs.offset = offset;
    if (plus) inputs.plus = plus;
    return runKernelSingle('MedsegConv2D', inputs, attrs) as tf.Tensor4D;
  }
  return tf.tidy(() => {
    let y: tf.Tensor4D;
    if (fused) {
      y = runKernelSingle('MedsegConv2D', inputs, attrs) as tf.Tensor4D;
    } else {
      y = composedConv2d(x, filter, strides, attrs.pad);
      if (bias) y = tf.add(y, bias);
    }
    if (offset) y = tf.add(y, tf.reshape(offset, [-1, 1, 1, filter.shape[3]]));
    return plus ? tf.add(y, plus) : y;
  });
}

/** tfjs computes the width of a filter that is not square from its height when padding is one number: name each side. */
export function explicitPadding(padding: Padding): 'same' | 'valid' | tf.backend_util.ExplicitPadding {
  if (typeof padding === 'string') return padding;
  const side: [number, number] = [padding, padding];
  return [[0, 0], side, side, [0, 0]];
}

function check(x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D | null, strides: number, padding: Padding): void {
  if (x.shape[3] !== filter.shape[2]) {
    throw new RangeError(
      `conv2d: x [B, H, W, Cin] and filter [kh, kw, Cin, Cout] must agree in Cin, got [${x.shape}] and [${filter.shape}]`,
    );
  }
  if (bias && bias.shape[0] !== filter.shape[3]) {
    throw new RangeError(`conv2d: bias must be [${filter.shape[3]}] for filter [${filter.shape}], got [${bias.shape}]`);
  }
  if (!(Number.isInteger(strides) && strides >= 1)) {
    throw new RangeError(`conv2d: strides must be a whole number of at least 1, got ${strides}`);
  }
  if (
    typeof padding === 'number'
      ? !(Number.isInteger(padding) && padding >= 0)
      : padding !== 'same' && padding !== 'valid'
  ) {
    throw new RangeError(`conv2d: padding must be 'same', 'valid' or a whole number of pixels, got ${padding}`);
  }
  const border = typeof padding === 'number' ? 2 * padding : 0;
  const [, h, w] = x.shape;
  const [kh, kw] = filter.shape;
  if (padding !== 'same' && (h + border < kh || w + border < kw)) {
    throw new RangeError(
      `conv2d: the padded image must be at least as large as the filter ${kh}x${kw}, got ${h + border}x${w + border}`,
    );
  }
}

function checkAdded(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  { strides, pad }: { strides: number; pad: ReturnType<typeof explicitPadding> },
  offset: tf.Tensor2D | undefined,
  plus: tf.Tensor4D | undefined,
): void {
  const [batch, channels] = [x.shape[0], filter.shape[3]];
  if (offset && !tf.util.arraysEqual(offset.shape, [batch, channels])) {
    throw new RangeError(`conv2d: offset must be [${batch}, ${channels}], got [${offset.shape}]`);
  }
  if (!plus) return;
  const { outShape } = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, strides, 1, pad);
  if (!tf.util.arraysEqual(plus.shape, outShape)) {
    throw new RangeError(`conv2d: plus must be [${outShape}] as the result, got [${plus.shape}]`);
  }
}

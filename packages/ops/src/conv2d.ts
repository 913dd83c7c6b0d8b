import * as tf from '@tensorflow/tfjs-core';
import { composedConv2d } from './conv2d-composed.ts';
import { ensureGradient, hasKernel, runKernelSingle } from './fused.ts';

/** 'same' (as TensorFlow: the output is ceil(input / strides)), 'valid', or zeros on each side, in pixels. */
export type Padding = 'same' | 'valid' | number;

export interface Conv2dOptions {
  strides?: number;
  padding?: Padding;
}

const gradient: tf.GradConfig = {
  kernelName: 'MedsegConv2D',
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, [x, filter], attrs) => {
    const shared = { strides: attrs.strides!, pad: attrs.pad!, dataFormat: 'NHWC' };
    const grad = dy as tf.Tensor;
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
 * 2-D convolution (cross-correlation) with bias.
 * x: [B, H, W, Cin], filter: [kh, kw, Cin, Cout], bias: [Cout] or null. Returns [B, H', W', Cout].
 * Throws RangeError when channels do not match, strides or padding are not whole numbers, or the filter is larger
 * than the padded image.
 *
 * @example const y = conv2d(x, filter, bias, { strides: 2, padding: 1 }); // PyTorch's Conv2d(…, 3, 2, 1)
 */
export function conv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | null,
  { strides = 1, padding = 'same' }: Conv2dOptions = {},
): tf.Tensor4D {
  check(x, filter, bias, strides, padding);
  if (hasKernel('MedsegConv2D')) {
    ensureGradient(gradient);
    const inputs: tf.NamedTensorMap = bias ? { x, filter, bias } : { x, filter };
    return runKernelSingle('MedsegConv2D', inputs, { strides, pad: explicitPadding(padding) }) as tf.Tensor4D;
  }
  return tf.tidy(() => {
    const y = composedConv2d(x, filter, strides, explicitPadding(padding));
    return bias ? tf.add(y, bias) : y;
  });
}

/** tfjs computes the width of a filter that is not square from its height when padding is one number: name each side. */
export function explicitPadding(padding: Padding): 'same' | 'valid' | tf.backend_util.ExplicitPadding {
  if (typeof padding === 'string') return padding;
  const side: [number, number] = [padding, padding];
  return [[0, 0], side, side, [0, 0]];
}

function check(x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D | null, strides: number, padding: Padding): void {
  if (x.rank !== 4 || filter.rank !== 4 || x.shape[3] !== filter.shape[2]) {
    throw new RangeError(
      `conv2d: x [B, H, W, Cin] and filter [kh, kw, Cin, Cout] must agree in Cin, got [${x.shape}] and [${filter.shape}]`,
    );
  }
  if (bias && (bias.rank !== 1 || bias.shape[0] !== filter.shape[3])) {
    throw new RangeError(`conv2d: bias must be [${filter.shape[3]}] for filter [${filter.shape}], got [${bias.shape}]`);
  }
  if (!(Number.isInteger(strides) && strides >= 1)) {
    throw new RangeError(`conv2d: strides must be a whole number of at least 1, got ${strides}`);
  }
  if (typeof padding === 'number' && !(Number.isInteger(padding) && padding >= 0)) {
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

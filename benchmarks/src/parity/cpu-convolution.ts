import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';

type Kernel = Parameters<typeof tf.registerKernel>[0]['kernelFunc'];
type Four = [number, number, number, number];

/** The part of tfjs's cpu backend that a kernel needs. */
interface HostBackend {
  readonly data: { get(id: object): { readonly values: Float32Array } };
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: Float32Array): tf.TensorInfo;
}

/**
 * Puts plain loops in the place of the cpu backend's convolution and its gradients, which are some thirty times slower
 * (0.01 GFLOP/s for a filter's gradient); the network fixtures would take minutes on them.
 */
export function useFastCpuConvolution(): void {
  replace('Conv2D', (inputs, attrs, values, make) => {
    const [x, filter] = [inputs.x!, inputs.filter!];
    const plan = planOf(x.shape as Four, filter.shape as Four, attrs);
    const [source, weights] = [values(x), values(filter)];
    const result = new Float32Array(tf.util.sizeFromShape(plan.outShape));
    visit(plan, (at, tap, to) => {
      for (let i = 0; i < plan.inChannels; i++) {
        const value = source[at + i]!;
        const row = tap + i * plan.outChannels;
        for (let o = 0; o < plan.outChannels; o++) result[to + o]! += value * weights[row + o]!;
      }
    });
    return make(plan.outShape, result);
  });
  replace('Conv2DBackpropFilter', (inputs, attrs, values, make) => {
    const [x, dy] = [inputs.x!, inputs.dy!];
    const shape = attrs.filterShape as Four;
    const plan = planOf(x.shape as Four, shape, attrs);
    const [source, slope] = [values(x), values(dy)];
    const result = new Float32Array(tf.util.sizeFromShape(shape));
    visit(plan, (at, tap, to) => {
      for (let i = 0; i < plan.inChannels; i++) {
        const value = source[at + i]!;
        const row = tap + i * plan.outChannels;
        for (let o = 0; o < plan.outChannels; o++) result[row + o]! += value * slope[to + o]!;
      }
    });
    return make(shape, result);
  });
  replace('Conv2DBackpropInput', (inputs, attrs, values, make) => {
    const [dy, filter] = [inputs.dy!, inputs.filter!];
    const shape = attrs.inputShape as Four;
    const plan = planOf(shape, filter.shape as Four, attrs);
    const [slope, weights] = [values(dy), values(filter)];
    const result = new Float32Array(tf.util.sizeFromShape(shape));
    visit(plan, (at, tap, to) => {
      for (let i = 0; i < plan.inChannels; i++) {
        const row = tap + i * plan.outChannels;
        let sum = 0;
        for (let o = 0; o < plan.outChannels; o++) sum += slope[to + o]! * weights[row + o]!;
        result[at + i]! += sum;
      }
    });
    return make(shape, result);
  });
}

function replace(
  kernelName: string,
  work: (
    inputs: tf.NamedTensorInfoMap,
    attrs: Record<string, unknown>,
    values: (info: tf.TensorInfo) => Float32Array,
    make: (shape: number[], values: Float32Array) => tf.TensorInfo,
  ) => tf.TensorInfo,
): void {
  const kernelFunc: Kernel = ({ inputs, backend, attrs }) => {
    const host = backend as unknown as HostBackend;
    return work(
      inputs,
      attrs as Record<string, unknown>,
      (info) => host.data.get(info.dataId).values,
      (shape, values) => host.makeTensorInfo(shape, 'float32', values),
    );
  };
  tf.unregisterKernel(kernelName, 'cpu');
  tf.registerKernel({ kernelName, backendName: 'cpu', kernelFunc });
}

function planOf(x: Four, filter: Four, attrs: Record<string, unknown>): tf.backend_util.Conv2DInfo {
  const {
    strides,
    pad,
    dilations = 1,
    dimRoundingMode,
  } = attrs as {
    strides: number;
    pad: 'same' | 'valid' | number;
    dilations?: number;
    dimRoundingMode?: 'floor';
  };
  return tf.backend_util.computeConv2DInfo(x, filter, strides, dilations, pad, dimRoundingMode);
}

/** Calls `work` with the places of each input pixel, filter tap and output pixel that meet. */
function visit(plan: tf.backend_util.Conv2DInfo, work: (at: number, tap: number, to: number) => void): void {
  const { batchSize, inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth } = plan;
  for (let b = 0; b < batchSize; b++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        const to = ((b * outHeight + y) * outWidth + x) * plan.outChannels;
        for (let i = 0; i < filterHeight; i++) {
          const row = y * plan.strideHeight + i * plan.dilationHeight - plan.padInfo.top;
          if (row < 0 || row >= inHeight) continue;
          for (let j = 0; j < filterWidth; j++) {
            const column = x * plan.strideWidth + j * plan.dilationWidth - plan.padInfo.left;
            if (column < 0 || column >= inWidth) continue;
            const at = ((b * inHeight + row) * inWidth + column) * plan.inChannels;
            work(at, (i * filterWidth + j) * plan.inChannels * plan.outChannels, to);
          }
        }
      }
    }
  }
}

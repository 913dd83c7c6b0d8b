import * as tf from '@tensorflow/tfjs-core';
import type { Heap } from './heap.ts';

export interface ActivationAttrs {
  activation?: string | null;
  leakyreluAlpha?: number;
}

const kernelNames: Record<string, string> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  prelu: 'Prelu',
  leakyrelu: 'LeakyRelu',
};

/** Applies the activation of a fused stock operation and frees its input. Throws RangeError for an unknown one. */
export function activate(
  heap: Heap,
  x: tf.TensorInfo,
  weights: tf.TensorInfo | undefined,
  { activation, leakyreluAlpha }: ActivationAttrs,
): tf.TensorInfo {
  if (!activation || activation === 'linear') return x;
  const kernelName = kernelNames[activation];
  if (!kernelName) throw new RangeError(`backend-wasm: no activation '${activation}' in a fused operation`);
  const y = tf.getKernel(kernelName, 'wasm').kernelFunc({
    inputs: weights ? { x, alpha: weights } : { x },
    attrs: { alpha: leakyreluAlpha ?? 0.2 },
    backend: heap.backend,
  }) as tf.TensorInfo;
  heap.backend.disposeData(x.dataId);
  return y;
}

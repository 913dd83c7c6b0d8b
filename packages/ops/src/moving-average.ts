import * as tf from '@tensorflow/tfjs-core';
import { hasKernel, runKernel } from './fused.ts';

/**
 * One step of exponential moving averages (Polyak & Juditsky 1992): decay * average + (1 - decay) * value of each; new
 * tensors, in one call where the backend has a kernel for it. Throws RangeError when a shape differs from its value's,
 * or unless decay is from 0 to 1.
 *
 * @example const [next] = movingAverages([average], [value], 0.999);
 */
export function movingAverages(
  averages: readonly tf.Tensor[],
  values: readonly tf.Tensor[],
  decay: number,
): tf.Tensor[] {
  if (!(decay >= 0 && decay <= 1)) throw new RangeError(`movingAverages: decay must be from 0 to 1, got ${decay}`);
  if (averages.length !== values.length) {
    throw new RangeError(`movingAverages: ${averages.length} averages for ${values.length} values`);
  }
  for (const [i, { shape }] of values.entries()) {
    if (!tf.util.arraysEqual(averages[i]!.shape, shape)) {
      throw new RangeError(`movingAverages: average ${i} must be [${shape}] as its value, got [${averages[i]!.shape}]`);
    }
  }
  if (values.length === 0) return [];
  if (hasKernel('MedsegMovingAverage')) return runKernel('MedsegMovingAverage', [...averages, ...values], { decay });
  return tf.tidy(() => values.map((value, i) => tf.add(tf.mul(averages[i]!, decay), tf.mul(value, 1 - decay))));
}

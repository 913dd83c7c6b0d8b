import type * as tf from '@tensorflow/tfjs-core';

/**
 * A network as the process sees it. x: [B, H, W, C], scaled as the scheduler asks; t: [B], the training step, int32
 * (float32 where a scheduler visits fractions of steps: Euler, Heun, flow matching); condition: whatever the network
 * takes; previous: its own last prediction of x0, zeros at first, for self-conditioning (Chen et al. 2022, "Analog Bits").
 * Returns [B, H, W, C] (2C channels with a learned variance), whose meaning is the scheduler's `predictionType`.
 * It is called inside a `tf.tidy`: intermediate tensors need no disposal, a cache must be kept with `tf.keep`.
 */
export type Denoiser<Condition> = (
  x: tf.Tensor4D,
  t: tf.Tensor1D,
  condition: Condition,
  previous: tf.Tensor4D,
) => tf.Tensor;

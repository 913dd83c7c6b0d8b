import { kindOf, requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Schedule } from '../schedule/schedule.ts';
import { perSample, requireSameShape } from '../tensors.ts';

/** Training steps of a batch: one whole number for each sample. */
export type Timesteps = Int32Array | readonly number[];

/** sqrt(alphasCumprod[t]) and sqrt(1 - alphasCumprod[t]) of each sample, after checking t against schedule and batch. */
export function signalAndNoise(
  what: string,
  schedule: Schedule,
  t: Timesteps,
  batch: number,
): { signal: Float64Array; noise: Float64Array } {
  if (!(Array.isArray(t) || ArrayBuffer.isView(t))) {
    throw new TypeError(`${what}: t must be an Int32Array or an array of whole numbers on the host, got ${kindOf(t)}`);
  }
  if (t.length !== batch) throw new RangeError(`${what}: needs one t for each of ${batch} samples, got ${t.length}`);
  const signal = new Float64Array(batch);
  const noise = new Float64Array(batch);
  for (let i = 0; i < batch; i++) {
    const step = t[i]!;
    if (!Number.isInteger(step) || step < 0 || step >= schedule.steps) {
      throw new RangeError(`${what}: t must be a whole number from 0 to ${schedule.steps - 1}, got ${step}`);
    }
    const alphaCumprod = schedule.alphasCumprod[step]!;
    signal[i] = Math.sqrt(alphaCumprod);
    noise[i] = Math.sqrt(1 - alphaCumprod);
  }
  return { signal, noise };
}

/**
 * Diffuses x0 to step t: sqrt(a_t) x0 + sqrt(1 - a_t) noise (Ho et al. 2020, eq. 4).
 * x0 and noise: [B, H, W, C], x0 in [-1, 1]; t: B whole numbers. Throws RangeError when t is outside 0..T-1, or shapes
 * differ.
 *
 * @example const xt = addNoise(schedule, x0, noise, Int32Array.of(0, 999));
 */
export function addNoise(schedule: Schedule, x0: tf.Tensor, noise: tf.Tensor, t: Timesteps): tf.Tensor4D {
  requireTensor('addNoise: x0', x0, '[B, H, W, C]');
  requireSameShape('addNoise: noise', noise, x0);
  const scale = signalAndNoise('addNoise', schedule, t, x0.shape[0]);
  return tf.tidy(() => tf.add(tf.mul(x0, perSample(scale.signal)), tf.mul(noise, perSample(scale.noise))));
}

/**
 * The target of v-prediction: sqrt(a_t) noise - sqrt(1 - a_t) x0 (Salimans & Ho 2022, section 4).
 * Shapes and errors as {@link addNoise}.
 *
 * @example const v = velocity(schedule, x0, noise, t);
 */
export function velocity(schedule: Schedule, x0: tf.Tensor, noise: tf.Tensor, t: Timesteps): tf.Tensor4D {
  requireTensor('velocity: x0', x0, '[B, H, W, C]');
  requireSameShape('velocity: noise', noise, x0);
  const scale = signalAndNoise('velocity', schedule, t, x0.shape[0]);
  return tf.tidy(() => tf.sub(tf.mul(noise, perSample(scale.signal)), tf.mul(x0, perSample(scale.noise))));
}

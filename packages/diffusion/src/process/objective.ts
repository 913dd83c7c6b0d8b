import { requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Schedule } from '../schedule/schedule.ts';
import { perSample, requireSameShape } from '../tensors.ts';
import { signalAndNoise, type Timesteps, velocity } from './add-noise.ts';
import { type NetworkPrediction, requirePrediction } from './prediction.ts';

/**
 * What a network with this prediction type is trained to return: noise, x0 or v; a new tensor, for the caller to dispose.
 * Shapes and errors as {@link velocity}.
 *
 * @example const loss = mseLoss(output, trainingTarget(schedule, 'v_prediction', x0, noise, t));
 */
export function trainingTarget(
  schedule: Schedule,
  predictionType: NetworkPrediction,
  x0: tf.Tensor,
  noise: tf.Tensor,
  t: Timesteps,
): tf.Tensor4D {
  requirePrediction('trainingTarget', predictionType);
  requireTensor('trainingTarget: x0', x0, '[B, H, W, C]');
  requireSameShape('trainingTarget: noise', noise, x0);
  if (predictionType === 'epsilon') return tf.clone(noise) as tf.Tensor4D;
  if (predictionType === 'sample') return tf.clone(x0);
  return velocity(schedule, x0, noise, t);
}

/**
 * x0 from x_t and a network's output (Ho et al. 2020, eq. 15; Salimans & Ho 2022, appendix D).
 * x and output: [B, H, W, C]; t: B whole numbers. Throws RangeError for shapes or t that do not fit, and for a noise
 * prediction where the schedule leaves no signal at all.
 *
 * @example const x0 = predictXStart(schedule, 'epsilon', xt, network(xt, t), t);
 */
export function predictXStart(
  schedule: Schedule,
  predictionType: NetworkPrediction,
  x: tf.Tensor,
  output: tf.Tensor,
  t: Timesteps,
): tf.Tensor4D {
  requirePrediction('predictXStart', predictionType);
  requireTensor('predictXStart: x', x, '[B, H, W, C]');
  requireSameShape('predictXStart: output', output, x);
  const { signal, noise } = signalAndNoise('predictXStart', schedule, t, x.shape[0]);
  return tf.tidy(() => {
    if (predictionType === 'sample') return tf.clone(output);
    if (predictionType === 'v_prediction') {
      return tf.sub(tf.mul(x, perSample(signal)), tf.mul(output, perSample(noise)));
    }
    requireSignal('predictXStart', signal);
    return tf.div(tf.sub(x, tf.mul(output, perSample(noise))), perSample(signal));
  });
}

/**
 * The noise in x_t from a network's output (same sources as {@link predictXStart}).
 * Shapes and errors as {@link predictXStart}.
 *
 * @example const noise = predictNoise(schedule, 'sample', xt, network(xt, t), t);
 */
export function predictNoise(
  schedule: Schedule,
  predictionType: NetworkPrediction,
  x: tf.Tensor,
  output: tf.Tensor,
  t: Timesteps,
): tf.Tensor4D {
  requirePrediction('predictNoise', predictionType);
  requireTensor('predictNoise: x', x, '[B, H, W, C]');
  requireSameShape('predictNoise: output', output, x);
  const { signal, noise } = signalAndNoise('predictNoise', schedule, t, x.shape[0]);
  return tf.tidy(() => {
    if (predictionType === 'epsilon') return tf.clone(output);
    if (predictionType === 'v_prediction') {
      return tf.add(tf.mul(output, perSample(signal)), tf.mul(x, perSample(noise)));
    }
    return tf.div(tf.sub(x, tf.mul(output, perSample(signal))), perSample(noise));
  });
}

/**
 * v from x_t and a network's output (same sources as {@link predictXStart}). Shapes and errors as there.
 *
 * @example const v = predictVelocity(schedule, 'epsilon', xt, network(xt, t), t);
 */
export function predictVelocity(
  schedule: Schedule,
  predictionType: NetworkPrediction,
  x: tf.Tensor,
  output: tf.Tensor,
  t: Timesteps,
): tf.Tensor4D {
  requirePrediction('predictVelocity', predictionType);
  requireTensor('predictVelocity: x', x, '[B, H, W, C]');
  if (predictionType === 'v_prediction') {
    requireSameShape('predictVelocity: output', output, x);
    return tf.clone(output);
  }
  return tf.tidy(() =>
    velocity(
      schedule,
      predictXStart(schedule, predictionType, x, output, t),
      predictNoise(schedule, predictionType, x, output, t),
      t,
    ),
  );
}

function requireSignal(what: string, signal: Float64Array): void {
  if (signal.includes(0)) {
    throw new RangeError(
      `${what}: at zero signal (a schedule of zero terminal SNR) x0 cannot be had from noise; use 'v_prediction' or 'sample', got 'epsilon'`,
    );
  }
}

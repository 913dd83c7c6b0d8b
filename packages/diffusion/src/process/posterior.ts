import { requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { posteriorCoefficients } from '../schedule/posterior.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { perSample, requireSameShape } from '../tensors.ts';
import { signalAndNoise, type Timesteps } from './add-noise.ts';

/**
 * Mean of q(x_(t-1) | x_t, x0) (Ho et al. 2020, eq. 7). x0 and xt: [B, H, W, C]; t: B whole numbers.
 * Throws RangeError for shapes or t that do not fit.
 *
 * @example const mean = posteriorMean(schedule, x0, xt, t);
 */
export function posteriorMean(schedule: Schedule, x0: tf.Tensor, xt: tf.Tensor, t: Timesteps): tf.Tensor4D {
  requireTensor('posteriorMean: x0', x0, '[B, H, W, C]');
  requireSameShape('posteriorMean: xt', xt, x0);
  signalAndNoise('posteriorMean', schedule, t, x0.shape[0]); // checks t
  const coefficients = Array.from(t, (step) => posteriorCoefficients(schedule, step));
  return tf.tidy(() =>
    tf.add(
      tf.mul(x0, perSample(coefficients.map((c) => c.xStart))),
      tf.mul(xt, perSample(coefficients.map((c) => c.xt))),
    ),
  );
}

/**
 * log of the variance that a network chooses between the posterior's and beta_t: f log b_t + (1 - f) log b~_t with
 * f = (output + 1) / 2 (Nichol & Dhariwal 2021, eq. 15). output: [B, H, W, C], its variance channels. Errors as
 * {@link posteriorMean}.
 *
 * @example const [noise, v] = tf.split<tf.Tensor4D>(outputs, 2, 3); const logVariance = learnedLogVariance(schedule, v, t);
 */
export function learnedLogVariance(schedule: Schedule, output: tf.Tensor, t: Timesteps): tf.Tensor4D {
  requireTensor('learnedLogVariance: output', output, '[B, H, W, C]');
  signalAndNoise('learnedLogVariance', schedule, t, output.shape[0]); // checks t
  const low = Array.from(t, (step) => posteriorCoefficients(schedule, step).logVariance);
  const span = Array.from(t, (step, i) => Math.log(schedule.betas[step]!) - low[i]!);
  return tf.tidy(() => {
    const fraction = tf.mul(tf.add(output, 1), 0.5);
    return tf.add(tf.mul(fraction, perSample(span)), perSample(low));
  });
}

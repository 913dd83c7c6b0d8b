import { type OptionNames, requireOptions } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { addNoise, type Timesteps } from '../process/add-noise.ts';
import { predictXStart } from '../process/objective.ts';
import type { NetworkPrediction } from '../process/prediction.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { Denoiser } from './denoiser.ts';

/** Options of {@link recycledInput}. */
export interface RecyclingOptions<Condition> {
  /** Handed to the denoiser. */
  readonly condition: Condition;
  /** What the denoiser's output means. Default 'sample'. */
  readonly predictionType?: NetworkPrediction;
  /** Noise of x_t, of the shape of x0. */
  readonly noise: tf.Tensor;
  /** The steps that x0 is predicted from, as noisy as t or noisier, and the noise at them. */
  readonly from: {
    /** The step of each sample that x0 is predicted from. */
    readonly t: Timesteps;
    /** The noise at that step, of the shape of x0. */
    readonly noise: tf.Tensor;
  };
}

const optionNames: OptionNames<RecyclingOptions<unknown>> = {
  condition: true,
  predictionType: true,
  noise: true,
  from: true,
};

/**
 * x_t as sampling makes it: x0 is noised to a noisier step, the denoiser predicts x0 from that, and its prediction,
 * clipped to ±1, is noised to t (Fu et al. 2023, "A recycling training strategy", section 3.3). Training on it half of
 * the time shows the network its own mistakes. Nothing is differentiated through the prediction when this is called
 * outside the loss function. x0: [B, H, W, C]; t: B whole numbers. A denoiser with self-conditioning is given zeros.
 * Throws RangeError for shapes or steps that do not fit.
 *
 * @example const xt = recycledInput(denoiser, schedule, x0, t, { condition, noise, from: { t: later, noise: other } });
 */
export function recycledInput<Condition>(
  denoiser: Denoiser<Condition>,
  schedule: Schedule,
  x0: tf.Tensor,
  t: Timesteps,
  options: RecyclingOptions<Condition>,
): tf.Tensor4D {
  requireOptions('recycledInput', options, optionNames);
  const { condition, predictionType = 'sample', noise, from } = options;
  return tf.tidy(() => {
    const noisy = addNoise(schedule, x0, from.noise, from.t);
    const time = tf.tensor1d(Int32Array.from(from.t), 'int32');
    const output = denoiser(noisy, time, condition, tf.zerosLike(noisy));
    const predicted = predictXStart(schedule, predictionType, noisy, output, from.t);
    return addNoise(schedule, tf.clipByValue(predicted, -1, 1), noise, t);
  });
}

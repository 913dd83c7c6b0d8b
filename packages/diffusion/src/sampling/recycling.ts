import { normalTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { addNoise, type Timesteps } from '../process/add-noise.ts';
import { type PredictionType, predictXStart } from '../process/objective.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { NoiseSource } from '../schedulers/scheduler.ts';
import type { Denoiser } from './denoiser.ts';

/** Options of {@link recycledInput}. */
export interface RecyclingOptions<Condition> {
  readonly condition: Condition;
  /** What the denoiser's output means. Default 'sample'. */
  readonly predictionType?: PredictionType;
  readonly random: NoiseSource;
  /** The step from which x0 is predicted. Default the last, pure noise but for what the schedule leaves. */
  readonly from?: number;
}

/**
 * x_t as sampling makes it: x0 is noised to the last step, the denoiser predicts x0 from that, and its prediction,
 * clipped to ±1, is noised to t (Fu et al. 2023, "A recycling training strategy", section 3.3). Training on it half of
 * the time shows the network its own mistakes. Nothing is differentiated through the prediction when this is called
 * outside the loss function. x0: [B, H, W, C]; t: B whole numbers. Throws RangeError for shapes or steps that do not fit.
 *
 * @example const xt = recycledInput(denoiser, schedule, x0, t, { condition, random });
 */
export function recycledInput<Condition>(
  denoiser: Denoiser<Condition>,
  schedule: Schedule,
  x0: tf.Tensor4D,
  t: Timesteps,
  { condition, predictionType = 'sample', random, from = schedule.steps - 1 }: RecyclingOptions<Condition>,
): tf.Tensor4D {
  return tf.tidy(() => {
    const start = Int32Array.from({ length: x0.shape[0] }, () => from);
    const draw = (): tf.Tensor4D => normalTensor<tf.Rank.R4>(random, x0.shape);
    const noisy = addNoise(schedule, x0, draw(), start);
    const output = denoiser(noisy, tf.tensor1d(start, 'int32'), condition);
    const predicted = predictXStart(schedule, predictionType, noisy, output, start);
    return addNoise(schedule, tf.clipByValue(predicted, -1, 1), draw(), t);
  });
}

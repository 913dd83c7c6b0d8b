import {
  addNoise,
  type ClassReading,
  crossEntropyLoss,
  diceLoss,
  maskOfLogits,
  mseLoss,
  type Schedule,
} from '@medseg/diffusion';
import type { Random } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';
import type { Anchored, TrainableModel } from './trainable-model.ts';

/** Loss of the anchor head: soft Dice + cross-entropy of its logits. images [B, H, W, C], masks [B, H, W, K] in {0, 1}. */
export function anchorLoss<C extends Anchored>(
  model: TrainableModel<C>,
  images: tf.Tensor4D,
  masks: tf.Tensor4D,
  { classes = 'channels' }: { classes?: ClassReading } = {},
): tf.Scalar {
  return tf.tidy(() => {
    const { anchor } = model.encode(images);
    return tf.add(diceLoss(anchor, masks, { classes }), crossEntropyLoss(anchor, masks, { classes }));
  });
}

/** The noisy masks of one step, the time of each and the clean masks that the denoiser is to find. */
export interface DenoisingTask {
  readonly x: tf.Tensor4D;
  readonly t: tf.Tensor1D;
  readonly x0: tf.Tensor4D;
}

export interface DenoisingTaskOptions {
  schedule: Schedule;
  random: Random;
  /** Share of the steps whose x_t is built from the network's own prediction. */
  recycling: number;
  /** How the channels of the mask logits are read. Default 'channels'. */
  classes?: ClassReading;
}

/** Everything random of one step of the denoiser, on the host: a share of a batch takes its rows. */
export interface DenoisingDraw {
  /** [B] */
  readonly t: Int32Array;
  /** [B, H, W, K] */
  readonly noise: Float32Array;
  /** Times, as noisy or noisier, and noise of the prediction that x_t is built from; absent where it is the truth. */
  readonly recycled?: { readonly t: Int32Array; readonly noise: Float32Array };
}

/** Draws times and noise for a batch of `batch` masks of `size` values each. */
export function drawDenoising(
  batch: number,
  size: number,
  { schedule, random, recycling }: Pick<DenoisingTaskOptions, 'schedule' | 'random' | 'recycling'>,
): DenoisingDraw {
  const t = Int32Array.from({ length: batch }, () => random.integer(schedule.steps));
  const noise = random.fillNormal(new Float32Array(batch * size));
  if (random.uniform() >= recycling) return { t, noise };
  const later = t.map((step) => step + random.integer(schedule.steps - step)); // noisier, or as noisy
  return { t, noise, recycled: { t: later, noise: random.fillNormal(new Float32Array(batch * size)) } };
}

/** The task that a draw makes of a batch; tensors of the caller's. */
export function denoisingTask<C extends Anchored>(
  model: TrainableModel<C>,
  condition: C,
  masks: tf.Tensor4D,
  { t, noise, recycled }: DenoisingDraw,
  { schedule, classes = 'channels' }: Pick<DenoisingTaskOptions, 'schedule' | 'classes'>,
): DenoisingTask {
  return tf.tidy(() => {
    const x0 = tf.sub(tf.mul(masks, 2), 1) as tf.Tensor4D;
    let start = x0;
    if (recycled !== undefined) {
      const noisier = addNoise(schedule, x0, tf.tensor4d(recycled.noise, masks.shape), recycled.t);
      start = maskOfLogits(model.denoise(noisier, tf.tensor1d(recycled.t, 'int32'), condition), classes);
    }
    const x = addNoise(schedule, start, tf.tensor4d(noise, masks.shape), t);
    return { x, t: tf.tensor1d(t, 'int32'), x0 } as unknown as tf.TensorContainer;
  }) as unknown as DenoisingTask;
}

/**
 * Draws times and noise for a batch. With probability `recycling`, x_t is built from the network's own first
 * prediction at a noisier time instead of the truth, so that training sees what sampling makes (Fu et al. 2023, ImgX).
 */
export function drawDenoisingTask<C extends Anchored>(
  model: TrainableModel<C>,
  condition: C,
  masks: tf.Tensor4D,
  options: DenoisingTaskOptions,
): DenoisingTask {
  const [batch] = masks.shape;
  return denoisingTask(model, condition, masks, drawDenoising(batch, masks.size / batch, options), options);
}

/** Loss of the denoiser: mean squared error of x_0, a proper score, so that its probabilities are calibrated. */
export function denoiserLoss<C extends Anchored>(
  model: TrainableModel<C>,
  condition: C,
  { x, t, x0 }: DenoisingTask,
  { classes = 'channels' }: { classes?: ClassReading } = {},
): tf.Scalar {
  return tf.tidy(() => mseLoss(maskOfLogits(model.denoise(x, t, condition), classes), x0));
}

import {
  addNoise,
  type ClassReading,
  crossEntropyLoss,
  diceLoss,
  maskOfLogits,
  mseLoss,
  type Schedule,
} from '@medseg/diffusion';
import type { Random } from '@medseg/ops';
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

/**
 * Draws times and noise for a batch. With probability `recycling`, x_t is built from the network's own first
 * prediction at a noisier time instead of the truth, so that training sees what sampling makes (Fu et al. 2023, ImgX).
 */
export function drawDenoisingTask<C extends Anchored>(
  model: TrainableModel<C>,
  condition: C,
  masks: tf.Tensor4D,
  { schedule, random, recycling, classes = 'channels' }: DenoisingTaskOptions,
): DenoisingTask {
  return tf.tidy(() => {
    const batch = masks.shape[0];
    const x0 = tf.sub(tf.mul(masks, 2), 1) as tf.Tensor4D;
    const t = Int32Array.from({ length: batch }, () => random.integer(schedule.steps));
    const noise = random.normalTensor(masks.shape) as tf.Tensor4D;
    let start = x0;
    if (random.uniform() < recycling) {
      const later = t.map((step) => step + random.integer(schedule.steps - step)); // noisier, or as noisy
      const noisier = addNoise(schedule, x0, random.normalTensor(masks.shape) as tf.Tensor4D, later);
      start = maskOfLogits(model.denoise(noisier, tf.tensor1d(later, 'int32'), condition), classes);
    }
    return { x: addNoise(schedule, start, noise, t), t: tf.tensor1d(t, 'int32'), x0 } as unknown as tf.TensorContainer;
  }) as unknown as DenoisingTask;
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

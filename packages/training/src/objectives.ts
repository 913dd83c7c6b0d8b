import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import {
  type Activation,
  addNoise,
  crossEntropyLoss,
  diceLoss,
  maskOfLogits,
  mseLoss,
  type PixelWeightOptions,
  recycledInput,
  type Schedule,
} from '@medseg/diffusion';
import { requireTensor, tidy } from '@medseg/ops';
import type { Random } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';
import { type Anchored, anchorOf, type TwoPhaseNetwork } from './two-phase-network.ts';

/** How an objective reads mask logits, and how much each pixel counts, [B, H, W, 1]; all alike unless given. */
export interface ObjectiveOptions extends PixelWeightOptions {
  /** How logits become probabilities. Default 'sigmoid'. */
  readonly activation?: Activation | undefined;
}

const objectiveOptionNames: OptionNames<ObjectiveOptions> = { activation: true, pixelWeights: true };

/** Loss of the anchor head: soft Dice + cross-entropy of its logits. images [B, H, W, C], masks [B, H, W, K] in {0, 1}. */
export function anchorLoss<C extends Anchored>(
  network: TwoPhaseNetwork<C>,
  images: tf.Tensor,
  masks: tf.Tensor,
  given: ObjectiveOptions = {},
): tf.Scalar {
  requireObject('anchorLoss: network', network, ['encode']);
  requireTensor('anchorLoss: images', images, '[..., C]');
  requireTensor('anchorLoss: masks', masks, '[..., C]');
  requireOptions('anchorLoss', given, objectiveOptionNames);
  const { activation = 'sigmoid', pixelWeights } = given;
  return tf.tidy(() => {
    const anchor = anchorOf(network.encode(images));
    const options = { activation, pixelWeights };
    return tf.add(diceLoss(anchor, masks, options), crossEntropyLoss(anchor, masks, options));
  });
}

/** The noisy masks of one step, the time of each and the clean masks that the denoiser is to find. */
export type DenoisingTask = {
  /** The masks at their noise level, [B, H, W, K]. */
  readonly x: tf.Tensor;
  /** The training step of each, [B]. */
  readonly t: tf.Tensor;
  /** The masks in [-1, 1], [B, H, W, K]. */
  readonly x0: tf.Tensor;
};

/** Everything random of one step of the denoiser, on the host: a share of a batch takes its rows. */
export interface DenoisingDraw {
  /** [B] */
  readonly t: Int32Array;
  /** [B, H, W, K] */
  readonly noise: Float32Array;
  /** Times, as noisy or noisier, and noise of the prediction that x_t is built from; absent where it is the truth. */
  readonly recycled?: {
    /** The noisier time of each sample, [B]. */
    readonly t: Int32Array;
    /** The noise at it, [B, H, W, K]. */
    readonly noise: Float32Array;
  };
}

/** How a step's times and noise are drawn. */
export interface DenoisingDrawOptions {
  readonly schedule: Schedule;
  readonly random: Random;
  /** Share of the steps whose x_t is built from the network's own prediction. */
  readonly recycling: number;
}

/**
 * Draws times and noise for a batch of `batch` masks of `size` values each. With probability `recycling`, x_t is to be
 * built from the network's own first prediction at a noisier time instead of the truth, so that training sees what
 * sampling makes (Fu et al. 2023, ImgX).
 */
export function drawDenoising(
  batch: number,
  size: number,
  { schedule, random, recycling }: DenoisingDrawOptions,
): DenoisingDraw {
  const t = Int32Array.from({ length: batch }, () => random.integer(schedule.steps));
  const noise = random.fillNormal(new Float32Array(batch * size));
  if (random.uniform() >= recycling) return { t, noise };
  const later = t.map((step) => step + random.integer(schedule.steps - step)); // noisier, or as noisy
  return { t, noise, recycled: { t: later, noise: random.fillNormal(new Float32Array(batch * size)) } };
}

/**
 * The task that a draw makes of a batch; tensors of the caller's. Where a pixel does not count, the noisy mask is built
 * from the anchor's mask instead of the truth: the denoiser must not read there what nobody knows.
 */
export function denoisingTask<C extends Anchored>(
  network: TwoPhaseNetwork<C>,
  condition: C,
  masks: tf.Tensor4D,
  draw: DenoisingDraw,
  { schedule, activation = 'sigmoid', pixelWeights }: ObjectiveOptions & { readonly schedule: Schedule },
): DenoisingTask {
  return tidy(() => {
    const x0 = tf.sub(tf.mul(masks, 2), 1) as tf.Tensor4D;
    const start = pixelWeights ? knownOr(x0, maskOfLogits(anchorOf(condition), activation), pixelWeights) : x0;
    const noise = tf.tensor4d(draw.noise, masks.shape);
    const t = tf.tensor1d(draw.t, 'int32');
    if (draw.recycled === undefined) return { x: addNoise(schedule, start, noise, draw.t), t, x0 };
    const from = { t: draw.recycled.t, noise: tf.tensor4d(draw.recycled.noise, masks.shape) };
    const predict = (x: tf.Tensor, at: tf.Tensor): tf.Tensor => predictMask(network, condition, x, at, activation);
    return { x: recycledInput(predict, schedule, start, draw.t, { condition, noise, from }), t, x0 };
  });
}

/** Loss of the denoiser: mean squared error of x_0, a proper score, so that its probabilities are calibrated. */
export function denoiserLoss<C extends Anchored>(
  network: TwoPhaseNetwork<C>,
  condition: C,
  denoisingTask: DenoisingTask,
  options: ObjectiveOptions = {},
): tf.Scalar {
  requireObject('denoiserLoss: network', network, ['denoise']);
  requireObject('denoiserLoss: condition', condition, ['anchor']);
  requireObject('denoiserLoss: denoisingTask', denoisingTask, ['x', 't', 'x0']);
  const { x, t, x0 } = denoisingTask;
  requireOptions('denoiserLoss', options, objectiveOptionNames);
  const { activation = 'sigmoid', pixelWeights } = options;
  return tf.tidy(() => mseLoss(predictMask(network, condition, x, t, activation), x0, { pixelWeights }));
}

/** The known mask as far as a pixel counts, another in place of the rest. */
function knownOr(known: tf.Tensor, other: tf.Tensor, pixelWeights: tf.Tensor): tf.Tensor {
  return tf.add(tf.mul(known, pixelWeights), tf.mul(other, tf.sub(1, pixelWeights)));
}

/** The mask in [-1, 1] that a network predicts. */
function predictMask<C extends Anchored>(
  network: TwoPhaseNetwork<C>,
  condition: C,
  x: tf.Tensor,
  t: tf.Tensor,
  activation: Activation,
): tf.Tensor {
  return maskOfLogits(network.denoise(x, t, condition), activation);
}

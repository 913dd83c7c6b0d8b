import type { Network } from '@medseg/diffusion';
import { kindOf } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';

/** A condition that carries the mask logits of an anchor head, [B, H, W, K]. */
export type Anchored = {
  /** Mask logits, [B, H, W, K]. */
  readonly anchor: tf.Tensor;
};

/** First the condition encoder and its anchor head alone, then the denoiser on the frozen encoder. */
export type Phase = 'encoder' | 'denoiser';

/**
 * A network that is trained in two phases: an encoder of the image with an anchor head, and a denoiser that predicts
 * mask logits of x_0. It gives the variables of each by name.
 */
export interface TwoPhaseNetwork<C extends Anchored = Anchored> extends Network<C> {
  /** The variables that the first phase trains, by name. */
  encoderVariables(): Map<string, tf.Variable>;
  /** The variables that the second phase trains, by name. */
  denoiserVariables(): Map<string, tf.Variable>;
}

/** Throws a TypeError for what has not the variables of two phases. */
export function requireTwoPhaseNetwork(who: string, network: TwoPhaseNetwork): void {
  const { encoderVariables, denoiserVariables } = (network ?? {}) as Partial<TwoPhaseNetwork>;
  if (typeof encoderVariables !== 'function' || typeof denoiserVariables !== 'function') {
    throw new TypeError(
      `${who}: the network must have encoderVariables() and denoiserVariables(), as AnchoredDiffusion has, got ${kindOf(network)}`,
    );
  }
}

/** Throws a TypeError for a network whose output the two phases would read as something that it is not. */
export function requireTwoPhases(network: TwoPhaseNetwork): void {
  requireTwoPhaseNetwork('Trainer', network);
  const { predictionType, maskRange, learnedVariance } = network;
  if (predictionType !== 'logits' || learnedVariance || maskRange[0] !== -1 || maskRange[1] !== 1) {
    const variance = learnedVariance ? ' and a variance' : '';
    throw new TypeError(
      `Trainer: the network must predict mask logits of masks in [-1, 1], got '${predictionType}'${variance} of masks in [${maskRange.join(', ')}]`,
    );
  }
}

/** The anchor of a condition. Throws a TypeError where there is none. */
export function anchorOf(condition: Anchored): tf.Tensor {
  if (!(condition.anchor instanceof tf.Tensor)) {
    throw new TypeError(
      `Trainer: the network's condition must hold the mask logits of an anchor head as anchor, got ${Object.keys(condition).join(', ')}`,
    );
  }
  return condition.anchor;
}

/** A batch on the host: images [B, H, W, C] and masks [B, H, W, K], a channel per class, in {0, 1}, and the names of its cases. */
export interface TrainingBatch {
  /** [B, H, W, C], normalised as for segmentation, row by row. */
  readonly images: Float32Array;
  /** [B, H, W, K] from 0 to 1, row by row. */
  readonly masks: Float32Array;
  /** [B, H, W, C]. */
  readonly imageShape: readonly number[];
  /** [B, H, W, K]. */
  readonly maskShape: readonly number[];
  /** Names of the cases, for messages; as many as images. */
  readonly ids: readonly string[];
  /** How much each pixel counts, [B, H, W] in [0, 1]; 0 where the truth is not known. All alike unless given. */
  readonly pixelWeights?: Float32Array | undefined;
}

/** A batch whose shapes are known to have four axes. */
export interface CheckedBatch extends TrainingBatch {
  /** [B, H, W, C]. */
  readonly imageShape: readonly [number, number, number, number];
  /** [B, H, W, K]. */
  readonly maskShape: readonly [number, number, number, number];
}

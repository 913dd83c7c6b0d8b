import type { Network } from '@medseg/diffusion';
import { kindOf } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';

/** A condition that carries the mask logits of an anchor head, [B, H, W, K]. */
export type Anchored = {
  /** Mask logits, [B, H, W, K]. */
  readonly anchor: tf.Tensor;
};

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
function requireTwoPhaseNetwork(who: string, network: TwoPhaseNetwork): void {
  const { encoderVariables, denoiserVariables } = (network ?? {}) as Partial<TwoPhaseNetwork>;
  if (typeof encoderVariables !== 'function' || typeof denoiserVariables !== 'function') {
    throw new TypeError(
      `${who}: the network must have encoderVariables() and denoiserVariables(), as AnchoredDiffusion has, got ${kindOf(network)}`,
    );
  }
}

/** Throws a TypeError for a network whose output the two phases would read as something that it is not. */
export function requireTwoPhases(network: TwoPhaseNetwork): void {
  requireTwoPhaseNetwork('anchoredRecipe', network);
  const { predictionType, maskRange, learnedVariance } = network;
  if (predictionType !== 'logits' || learnedVariance || maskRange[0] !== -1 || maskRange[1] !== 1) {
    const variance = learnedVariance ? ' and a variance' : '';
    throw new TypeError(
      `anchoredRecipe: the network must predict mask logits of masks in [-1, 1], got '${predictionType}'${variance} of masks in [${maskRange.join(', ')}]`,
    );
  }
}

/** The anchor of a condition. Throws a TypeError where there is none. */
export function anchorOf(condition: Anchored): tf.Tensor {
  if (!(condition.anchor instanceof tf.Tensor)) {
    throw new TypeError(
      `anchoredRecipe: the network's condition must hold the mask logits of an anchor head as anchor, got ${Object.keys(condition).join(', ')}`,
    );
  }
  return condition.anchor;
}

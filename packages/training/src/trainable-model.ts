import type { Denoiser } from '@medseg/diffusion';
import type * as tf from '@tensorflow/tfjs-core';

/** A condition that carries the mask logits of an anchor head, [B, H, W, C]. */
export interface Anchored {
  readonly anchor: tf.Tensor4D;
}

/**
 * What the trainer needs of a network: an encoder of the image with an anchor head, a denoiser that predicts mask
 * logits of x_0, and the variables of each by name.
 */
export interface TrainableModel<C extends Anchored> {
  encode(images: tf.Tensor4D): C;
  denoise: Denoiser<C>;
  encoderVariables(): Map<string, tf.Variable>;
  denoiserVariables(): Map<string, tf.Variable>;
}

/** First the condition encoder and its anchor head alone, then the denoiser on the frozen encoder. */
export type Phase = 'encoder' | 'denoiser';

/** A batch on the host: images [B, H, W, C] and masks [B, H, W, K], a channel a class, in {0, 1}, and the names of its cases. */
export interface TrainingBatch {
  readonly images: Float32Array;
  readonly masks: Float32Array;
  readonly imageShape: readonly [number, number, number, number];
  readonly maskShape: readonly [number, number, number, number];
  readonly ids: readonly string[];
}

import type { CallContext, TensorTree } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { NetworkPrediction } from './process/prediction.ts';

/**
 * A conditional diffusion network over masks, as samplers, trainers and apps see it. Sizes are lists without batch and
 * channels, slowest axis first: [height, width] of images, [depth, height, width] of volumes. Tensors are channels last.
 *
 * Who owns what: the condition belongs to whoever called `encode`, who disposes every tensor in it. It never holds a
 * tensor of the caller's: a network whose condition is the images returns clones of them. `denoise` returns a new tensor
 * for its caller to dispose, and leaves its arguments alone.
 */
export interface Network<C extends TensorTree = TensorTree> {
  /** What `denoise` returns. */
  readonly predictionType: NetworkPrediction;
  /** The values of x_0 that stand for outside and inside: [-1, 1] or [0, 1]. */
  readonly maskRange: readonly [outside: number, inside: number];
  /** The size that it is built for, of images and masks. */
  readonly imageSize: readonly number[];
  /** Channels of an image: 1 for grey, 3 for colour. */
  readonly imageChannels: number;
  /** Channels K of the mask: one for each class, the background not counted. */
  readonly maskChannels: number;
  /** Whether `denoise` returns a variance of each mask channel behind its prediction: 2 K channels. */
  readonly learnedVariance: boolean;
  /**
   * Whether `denoise` takes `previous`. A network that says no is refused where self-conditioning is asked for. Default: not
   * known.
   */
  readonly selfConditioned?: boolean;
  /**
   * Computes what the denoiser needs of images [B, ...imageSize, imageChannels], once for all steps and members. Every
   * tensor of the condition has one row per image. `anchor` in it are the mask logits [B, ...imageSize, K] of a head that
   * needs no diffusion. Throws RangeError where the images have another size or other channels.
   */
  encode(images: tf.Tensor, context?: CallContext): C;
  /**
   * The prediction [B, ...imageSize, K], or 2 K channels, from x_t [B, ...imageSize, K] and the training steps t [B].
   * `previous`: the last prediction of x_0, for networks with self-conditioning (Chen et al. 2022); others ignore it.
   */
  denoise(x: tf.Tensor, t: tf.Tensor, condition: C, previous?: tf.Tensor, context?: CallContext): tf.Tensor;
  /** Every variable by name, those that are not trained included. */
  variables(): Map<string, tf.Variable>;
  /** Disposes the variables. */
  dispose(): void;
}

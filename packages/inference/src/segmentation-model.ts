import type { Denoiser } from '@medseg/diffusion';
import type * as tf from '@tensorflow/tfjs-core';

/** Tensors in nested arrays and plain objects. */
export type TensorTree = tf.Tensor | readonly TensorTree[] | { readonly [name: string]: TensorTree };

/** A network to segment with: an encoder of images with an anchor head and a denoiser that gives mask logits of x_0. */
export interface SegmentationModel<C extends { readonly anchor: tf.Tensor4D }> {
  encode(images: tf.Tensor4D): C;
  denoise: Denoiser<C>;
}

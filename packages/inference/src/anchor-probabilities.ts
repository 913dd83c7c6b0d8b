import { type Activation, probabilityOfLogits } from '@medseg/diffusion';
import { requireOneOf, requireTensor } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';

/**
 * The probabilities of an anchor head's logits [B, ...size, K]: one array for each image, the classes of a pixel side by
 * side. Throws TypeError for what is no tensor, RangeError for another activation.
 *
 * @example const [probability] = await anchorProbabilities(condition.anchor, 'softmax');
 */
export async function anchorProbabilities(
  logits: tf.Tensor,
  activation: Activation = 'sigmoid',
): Promise<Float32Array[]> {
  requireTensor('anchorProbabilities: logits', logits, '[..., C]');
  requireOneOf('anchorProbabilities: activation', activation, ['sigmoid', 'softmax']);
  const batch = logits.shape[0]!;
  const probability = probabilityOfLogits(logits, activation);
  try {
    const values = await probability.data<'float32'>();
    const size = values.length / batch;
    return Array.from({ length: batch }, (_, i) => values.slice(i * size, (i + 1) * size));
  } finally {
    probability.dispose();
  }
}

import { type ClassReading, probabilityOfLogits } from '@medseg/diffusion';
import type * as tf from '@tensorflow/tfjs-core';

/** The probabilities of an anchor head's logits [B, H, W, K]: one array of H * W * K an image. */
export async function anchorProbabilities(
  logits: tf.Tensor4D,
  classes: ClassReading = 'channels',
): Promise<Float32Array[]> {
  const [batch, height, width, channels] = logits.shape;
  const probability = probabilityOfLogits(logits, classes);
  try {
    const values = await probability.data<'float32'>();
    const size = height * width * channels;
    return Array.from({ length: batch }, (_, i) => values.slice(i * size, (i + 1) * size));
  } finally {
    probability.dispose();
  }
}

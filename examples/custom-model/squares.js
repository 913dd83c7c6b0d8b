import { normalTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';

/** Masks of bright squares in [-1, 1] and noisy images of them, both [count, size, size, 1]. */
export function drawSquares(count, size, random) {
  return tf.tidy(() => {
    const masks = tf.buffer([count, size, size, 1]);
    for (let b = 0; b < count; b++) {
      const [y0, x0] = [random.integer(size / 2), random.integer(size / 2)];
      for (let y = y0; y < y0 + size / 2; y++) for (let x = x0; x < x0 + size / 2; x++) masks.set(1, b, y, x, 0);
    }
    const clean = tf.sub(tf.mul(masks.toTensor(), 2), 1);
    return { clean, images: tf.add(clean, tf.mul(normalTensor(random, clean.shape), 0.5)) };
  });
}

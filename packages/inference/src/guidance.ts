import type { Denoiser, Network } from '@medseg/diffusion';
import { dispose, requireTensor, type TensorTree } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { anchorOf } from './anchor-of.ts';
import { repeatCondition } from './repeat-condition.ts';

/** The condition without an image, and how much more than it the image's counts. */
interface Guidance<C extends TensorTree> {
  readonly blank: C;
  readonly guidance: number;
}

/**
 * The condition of a zero image, so many times, the caller's to dispose. Throws RangeError for a network whose mask logits
 * start from the anchor of the image: the anchor of a zero image is nobody's mask.
 */
export function blankCondition<C extends TensorTree>(
  network: Network<C>,
  images: tf.Tensor,
  { condition, count }: { readonly condition: C; readonly count: number },
): C {
  if (network.predictionType === 'logits' && anchorOf(condition)) {
    throw new RangeError(
      'segment: guidance needs a network whose mask logits do not start from an anchor, got one with anchor in its condition: a zero image has none',
    );
  }
  const zero = tf.zeros([1, ...images.shape.slice(1)]);
  const one = network.encode(zero);
  zero.dispose();
  try {
    return repeatCondition(one, count);
  } finally {
    dispose([one]);
  }
}

/**
 * The network's output, guided where that is asked for. Noise, x_0, v and velocity are linear in one another at a given
 * x_t, so that guiding one guides all; of logits it is the probabilities' logarithms that are mixed. A variance is the
 * conditional one, as in DiT (Peebles & Xie 2023).
 */
export function outputOf<C extends TensorTree>(network: Network<C>, guided: Guidance<C> | undefined): Denoiser<C> {
  const plain: Denoiser<C> = (x, t, condition, previous) => {
    const output = network.denoise(x, t, condition, previous);
    requireTensor("segment: the network's output", output, '[B, H, W, C]');
    return output;
  };
  if (guided === undefined) return plain;
  const { blank, guidance } = guided;
  return (x, t, condition, previous) => {
    const [conditional, unconditional] = [plain(x, t, condition, previous), plain(x, t, blank, previous)];
    const moved = (to: tf.Tensor, from: tf.Tensor): tf.Tensor => tf.add(from, tf.mul(tf.sub(to, from), guidance));
    if (!network.learnedVariance) return moved(conditional, unconditional);
    const { maskChannels } = network;
    const prediction = (output: tf.Tensor): tf.Tensor4D =>
      tf.slice(output as tf.Tensor4D, [0, 0, 0, 0], [-1, -1, -1, maskChannels]);
    const variance = tf.slice(conditional as tf.Tensor4D, [0, 0, 0, maskChannels], [-1, -1, -1, -1]);
    return tf.concat([moved(prediction(conditional), prediction(unconditional)), variance], 3);
  };
}

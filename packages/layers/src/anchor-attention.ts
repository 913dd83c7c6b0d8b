import { requireObject } from '@medseg/arguments';
import { conv2d, type OptionNames, requireFloatTensor, requireTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames, channelsOf } from './block.ts';
import { requireSameSize } from './require-shape.ts';
import { type ConvSpec, convSpec, type WeightSpec, type WeightsOf } from './weight-spec.ts';

/** The weights of {@link anchorAttention}. */
export type AnchorAttentionSpec = {
  /** Logarithm of the Gaussian's standard deviation in pixels, one for each channel of the anchor. */
  readonly logDeviation: WeightSpec<tf.Rank.R1>;
  /** 1x1 convolution of the anchor to one value a pixel. */
  readonly gate: ConvSpec;
};

/** Options of {@link AnchorAttention}. */
export interface AnchorAttentionOptions extends BlockOptions {
  /** Side of the Gaussian kernel in pixels; odd. By default 5. */
  size?: number;
}

const optionNames: OptionNames<AnchorAttentionOptions> = { ...blockOptionNames, size: true };

/**
 * Anchor condition with uncertain spatial attention (Wu et al. 2023, arXiv 2301.11798, section on the anchor
 * condition): a = max(Gauss * f, f), h' = sigmoid(conv1x1(a)) h + h. The paper leaves the kernel open: here it stays a
 * normalised Gaussian whose deviation is learned for each channel, with zeros beyond the border.
 * h: [B, H, W, C] of the diffusion model, anchor f: [B, H, W, D] of the condition model; returns h's shape.
 *
 * @example const y = anchorAttention(h, f, { logDeviation, gate }, { size: 5 });
 */
export function anchorAttention(
  h: tf.Tensor,
  anchor: tf.Tensor,
  weights: WeightsOf<AnchorAttentionSpec>,
  options: { size: number },
): tf.Tensor4D {
  requireObject('anchorAttention: options', options, []);
  const { size } = options;
  requireTensor('anchorAttention: h', h, '[..., C]');
  requireTensor('anchorAttention: anchor', anchor, '[..., C]');
  requireObject('anchorAttention: weights', weights, ['logDeviation', 'gate']);
  const { logDeviation, gate } = weights;
  requireFloatTensor('anchorAttention: h', h, '[B, H, W, C]');
  requireFloatTensor('anchorAttention: anchor', anchor, '[B, H, W, D]');
  requireSameSize('anchorAttention: anchor', anchor, h);
  const kept = tf.maximum(gaussianBlur(anchor, logDeviation, size), anchor) as tf.Tensor4D;
  const attention = tf.sigmoid(conv2d(kept, gate.weight, gate.bias)); // [B, H, W, 1]
  return tf.add(tf.mul(h, attention), h);
}

/** Blurs each channel by a Gaussian of its own deviation, zeros beyond the border. x: [B, H, W, C], logDeviation: [C]. */
export function gaussianBlur(x: tf.Tensor, logDeviation: tf.Tensor, size: number): tf.Tensor4D {
  checkSize('gaussianBlur', size);
  requireFloatTensor('gaussianBlur: x', x, '[B, H, W, C]');
  requireFloatTensor('gaussianBlur: logDeviation', logDeviation, '[C]');
  const reach = (size - 1) / 2;
  return tf.tidy(() => {
    const squares = Array.from({ length: size }, (_, i) => (i - reach) ** 2);
    const exponents = tf.div(tf.mul(tf.tensor2d(squares, [size, 1]), -0.5), tf.exp(tf.mul(logDeviation, 2)));
    const taps = tf.unstack(tf.softmax(tf.transpose(exponents)) as tf.Tensor, 1); // size weights of shape [C]
    return [1, 2].reduce((map, axis) => alongAxis(map, taps, axis, reach), x);
  });
}

function checkSize(who: string, size: number): void {
  if (size < 1 || size % 2 !== 1) throw new RangeError(`${who}: size must be odd, got ${size}`);
}

function alongAxis(x: tf.Tensor4D, taps: readonly tf.Tensor[], axis: number, reach: number): tf.Tensor4D {
  const padding = [0, 1, 2, 3].map((i): [number, number] => (i === axis ? [reach, reach] : [0, 0]));
  const padded = tf.pad(x, padding);
  const terms = taps.map((tap, i) => {
    const begin = [0, 0, 0, 0];
    begin[axis] = i;
    return tf.mul(tf.slice(padded, begin, x.shape), tap);
  });
  return tf.addN(terms) as tf.Tensor4D;
}

/** {@link anchorAttention} as a layer; inputs: h, anchor. */
export class AnchorAttention extends Block<AnchorAttentionOptions, AnchorAttentionSpec, [4, 4]> {
  static className: string = 'MedsegAnchorAttention';
  static override optionNames: OptionNames<AnchorAttentionOptions> = optionNames;

  protected override takes(): [4, 4][] {
    return [[4, 4]];
  }

  protected spec([h, anchor]: [Shape, Shape]): AnchorAttentionSpec {
    if (h[1] !== anchor[1] || h[2] !== anchor[2]) {
      throw new RangeError(
        `AnchorAttention: both feature maps must have one size, got ${h[1]}x${h[2]} and ${anchor[1]}x${anchor[2]}`,
      );
    }
    checkSize('AnchorAttention', this.options.size ?? 5);
    const channels = channelsOf(anchor, 'AnchorAttention');
    return { logDeviation: { shape: [channels], initial: 'zeros' }, gate: convSpec(1, channels, 1) };
  }

  protected forward([h, anchor]: [tf.Tensor4D, tf.Tensor4D], weights: WeightsOf<AnchorAttentionSpec>): tf.Tensor {
    const { size = 5 } = this.options;
    return anchorAttention(h, anchor, weights, { size });
  }

  protected shapeOf([h]: [Shape, Shape]): Shape {
    return h;
  }
}

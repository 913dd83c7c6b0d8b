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
  /** Mean of the Gaussian in pixels, down and to the right, for each channel: [2, D]. Without it the mean is 0. */
  readonly mean?: WeightSpec<tf.Rank.R2>;
  /** 1x1 convolution of the anchor to one value a pixel. */
  readonly gate: ConvSpec;
};

/** Options of {@link AnchorAttention}. */
export interface AnchorAttentionOptions extends BlockOptions {
  /** Side of the Gaussian kernel in pixels; odd. By default 5. */
  size?: number;
  /**
   * Whether the mean of the Gaussian is learned too, as the paper says, beside its variance. By default false, for models
   * that were saved before there was this option.
   */
  learnedMean?: boolean;
}

const optionNames: OptionNames<AnchorAttentionOptions> = { ...blockOptionNames, size: true, learnedMean: true };

/**
 * Anchor condition with uncertain spatial attention (Wu et al. 2023, arXiv 2301.11798, section on the anchor
 * condition): a = max(Gauss * f, f), h' = sigmoid(conv1x1(a)) h + h. The mean and the variance of the Gaussian are learned
 * (the mean only where there is `mean`). The paper leaves the rest of the kernel open: here it stays a normalised
 * Gaussian, with a mean and a deviation for each channel, of `size` pixels, with zeros beyond the border.
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
  const { logDeviation, mean, gate } = weights;
  requireFloatTensor('anchorAttention: h', h, '[B, H, W, C]');
  requireFloatTensor('anchorAttention: anchor', anchor, '[B, H, W, D]');
  requireSameSize('anchorAttention: anchor', anchor, h);
  const kept = tf.maximum(gaussianBlur(anchor, logDeviation, size, mean), anchor) as tf.Tensor4D;
  const attention = tf.sigmoid(conv2d(kept, gate.weight, gate.bias)); // [B, H, W, 1]
  return tf.add(tf.mul(h, attention), h);
}

/**
 * Blurs each channel by a normalised Gaussian of its own deviation, zeros beyond the border. x: [B, H, W, C],
 * logDeviation: [C]; mean [2, C], in pixels down and to the right, is where the Gaussian lies in its kernel of `size`
 * pixels, by default in the middle.
 */
export function gaussianBlur(x: tf.Tensor, logDeviation: tf.Tensor, size: number, mean?: tf.Tensor): tf.Tensor4D {
  checkSize('gaussianBlur', size);
  requireFloatTensor('gaussianBlur: x', x, '[B, H, W, C]');
  requireFloatTensor('gaussianBlur: logDeviation', logDeviation, '[C]');
  if (mean !== undefined) requireFloatTensor('gaussianBlur: mean', mean, '[2, C]');
  const reach = (size - 1) / 2;
  return tf.tidy(() => {
    const offsets = Array.from({ length: size }, (_, i) => i - reach);
    const variance = tf.exp(tf.mul(logDeviation, 2));
    const along = (map: tf.Tensor4D, axis: number, squares: tf.Tensor): tf.Tensor4D => {
      const exponents = tf.div(tf.mul(squares, -0.5), variance);
      const taps = tf.unstack(tf.softmax(tf.transpose(exponents)) as tf.Tensor, 1); // size weights of shape [C]
      return alongAxis(map, taps, axis, reach);
    };
    if (mean === undefined) {
      const squares = tf.tensor2d(
        offsets.map((offset) => offset ** 2),
        [size, 1],
      );
      return along(along(x, 1, squares), 2, squares);
    }
    // The output takes what lies at the mean: a positive one shows what is further down or to the right.
    const distances = tf.unstack(mean).map((center) => tf.square(tf.sub(tf.tensor2d(offsets, [size, 1]), center)));
    return along(along(x, 1, distances[0]!), 2, distances[1]!);
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
    const { learnedMean = false } = this.options;
    return {
      logDeviation: { shape: [channels], initial: 'zeros' },
      ...(learnedMean && { mean: { shape: [2, channels], initial: 'zeros' } }),
      gate: convSpec(1, channels, 1),
    };
  }

  protected forward([h, anchor]: [tf.Tensor4D, tf.Tensor4D], weights: WeightsOf<AnchorAttentionSpec>): tf.Tensor {
    const { size = 5 } = this.options;
    return anchorAttention(h, anchor, weights, { size });
  }

  protected shapeOf([h]: [Shape, Shape]): Shape {
    return h;
  }
}

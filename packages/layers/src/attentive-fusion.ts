import { channelLayerNorm, conv2d, type OptionNames, requireFloatTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames, channelsOf } from './block.ts';
import { type FFParserSpec, ffParser, ffParserSpec } from './ff-parser.ts';
import { requireSameSize } from './require-shape.ts';
import { type AffineSpec, affineSpec, type ConvSpec, convSpec, type WeightsOf } from './weight-spec.ts';

/** The weights of {@link attentiveFusion}. */
export type AttentiveFusionSpec = {
  /** 1x1 convolution of the condition to the channels of the noise features. */
  readonly project: ConvSpec;
  /** Filter of the frequencies of h. */
  readonly parser: FFParserSpec;
  /** LayerNorm of the filtered h. */
  readonly normNoise: AffineSpec;
  /** LayerNorm of the projected condition. */
  readonly normCondition: AffineSpec;
};

/**
 * Attentive fusion of denoiser features h with condition features c: the affinity of the normalised maps weighs the
 * condition, h + (LN(FF(h)) * LN(g)) * g + g with g the projected condition (after Wu et al. 2022, arXiv 2211.00611,
 * equation 4, whose feature frequency parser filters the noisy branch). h: [B, H, W, C], c: [B, H, W, D]; returns h's shape.
 */
export function attentiveFusion(h: tf.Tensor, c: tf.Tensor, weights: WeightsOf<AttentiveFusionSpec>): tf.Tensor4D {
  requireFloatTensor('attentiveFusion: h', h, '[B, H, W, C]');
  requireFloatTensor('attentiveFusion: c', c, '[B, H, W, D]');
  requireSameSize('attentiveFusion: c', c, h);
  const g = conv2d(c, weights.project.weight, weights.project.bias);
  const noise = channelLayerNorm(ffParser(h, weights.parser), weights.normNoise.weight, weights.normNoise.bias);
  const condition = channelLayerNorm(g, weights.normCondition.weight, weights.normCondition.bias);
  const affinity = tf.mul(noise, condition);
  return tf.add(h, tf.add(tf.mul(affinity, g), g));
}

/** {@link attentiveFusion} as a layer; inputs: h, c. */
export class AttentiveFusion extends Block<BlockOptions, AttentiveFusionSpec, [4, 4]> {
  static className: string = 'MedsegAttentiveFusion';
  static override optionNames: OptionNames<BlockOptions> = blockOptionNames;

  protected override takes(): [4, 4][] {
    return [[4, 4]];
  }

  protected spec([h, c]: [Shape, Shape]): AttentiveFusionSpec {
    if (h[1] !== c[1] || h[2] !== c[2]) {
      throw new RangeError(
        `AttentiveFusion: both feature maps must have one size, got ${h[1]}x${h[2]} and ${c[1]}x${c[2]}`,
      );
    }
    const channels = channelsOf(h, 'AttentiveFusion');
    return {
      project: convSpec(1, channelsOf(c, 'AttentiveFusion'), channels),
      parser: ffParserSpec(h, 'AttentiveFusion'),
      normNoise: affineSpec(channels),
      normCondition: affineSpec(channels),
    };
  }

  protected forward([h, c]: [tf.Tensor4D, tf.Tensor4D], weights: WeightsOf<AttentiveFusionSpec>): tf.Tensor {
    return attentiveFusion(h, c, weights);
  }

  protected shapeOf([h]: [Shape, Shape]): Shape {
    return h;
  }
}

import { requireObject } from '@medseg/arguments';
import {
  channelLayerNorm,
  type OptionNames,
  requireFloatTensor,
  requireOneOf,
  requireOptions,
  requireTensor,
} from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames, channelsOf } from './block.ts';
import { requireSameShape } from './require-shape.ts';
import { type AffineSpec, affineSpec, type WeightsOf } from './weight-spec.ts';

/** The weights of {@link affinity}. */
export type AffinitySpec = {
  /** LayerNorm of x. */
  readonly normNoise: AffineSpec;
  /** LayerNorm of the condition. */
  readonly normCondition: AffineSpec;
};

/** Options of {@link Affinity}. */
export interface AffinityOptions extends BlockOptions {
  /**
   * What the affinity weighs: the condition as in the paper, or its normalised map as in deepmancer/medseg-diffusion.
   * By default `condition`.
   */
  weighs?: 'condition' | 'normalised';
}

const optionNames: OptionNames<AffinityOptions> = { ...blockOptionNames, weighs: true };

/**
 * Attentive fusion of equal channels: the product of both normalised maps weighs the condition,
 * (LN(x) * LN(c)) * c (Wu et al. 2022, arXiv 2211.00611, equation 4). x, c: [B, H, W, C]; returns the same shape.
 */
export function affinity(
  x: tf.Tensor,
  c: tf.Tensor,
  weights: WeightsOf<AffinitySpec>,
  options: Pick<AffinityOptions, 'weighs'> = {},
): tf.Tensor4D {
  requireTensor('affinity: x', x, '[..., C]');
  requireTensor('affinity: c', c, '[..., C]');
  requireObject('affinity: weights', weights, ['normNoise', 'normCondition']);
  const { normNoise, normCondition } = weights;
  requireOptions('affinity', options, optionNames);
  const { weighs = 'condition' } = options;
  requireFloatTensor('affinity: x', x, '[B, H, W, C]');
  requireFloatTensor('affinity: c', c, '[B, H, W, C]');
  requireSameShape('affinity: c', c, x);
  requireOneOf('affinity: weighs', weighs, ['condition', 'normalised']);
  const condition = channelLayerNorm(c, normCondition.weight, normCondition.bias);
  const product = tf.mul(channelLayerNorm(x, normNoise.weight, normNoise.bias), condition);
  return tf.mul(product, weighs === 'condition' ? c : condition);
}

/** {@link affinity} as a layer; inputs: x, c. */
export class Affinity extends Block<AffinityOptions, AffinitySpec, [4, 4]> {
  static className: string = 'MedsegAffinity';
  static override optionNames: OptionNames<AffinityOptions> = optionNames;

  protected override takes(): [4, 4][] {
    return [[4, 4]];
  }

  protected spec([x, c]: [Shape, Shape]): AffinitySpec {
    if (x.slice(1).join('x') !== c.slice(1).join('x')) {
      throw new RangeError(
        `Affinity: both feature maps must have one shape, got ${x.slice(1).join('x')} and ${c.slice(1).join('x')}`,
      );
    }
    const channels = channelsOf(x, 'Affinity');
    return { normNoise: affineSpec(channels), normCondition: affineSpec(channels) };
  }

  protected forward([x, c]: [tf.Tensor4D, tf.Tensor4D], weights: WeightsOf<AffinitySpec>): tf.Tensor {
    return affinity(x, c, weights, this.options);
  }

  protected shapeOf([x]: [Shape, Shape]): Shape {
    return x;
  }
}

import { requireObject } from '@medseg/arguments';
import {
  channelLayerNorm,
  conv2d,
  dft2d,
  idft2d,
  type OptionNames,
  pixelShuffle,
  pixelUnshuffle,
  requireFloatTensor,
  requireTensor,
} from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames } from './block.ts';
import { type FFParserSpec, ffParserSpec } from './ff-parser.ts';
import { requireSameShape } from './require-shape.ts';
import { type TransformerSpec, transformer, transformerSpec } from './transformer.ts';
import { type ConvSpec, convSpec, type GainSpec, gainSpec, type WeightSpec, type WeightsOf } from './weight-spec.ts';

/** A small vision transformer from both spectra to a correction of the map; one token a patch. */
type SpectrumTransformerSpec = {
  readonly tokens: ConvSpec;
  readonly tokenNorm: GainSpec;
  readonly position: WeightSpec<tf.Rank.R3>;
  readonly layers: TransformerSpec;
  readonly patchNorm: GainSpec;
  readonly patches: ConvSpec;
};

/** The weights of {@link dynamicFFParser}. */
export type DynamicFFParserSpec = FFParserSpec & {
  /** The vision transformer that corrects the map. */
  readonly vit: SpectrumTransformerSpec;
};

/** Options of {@link DynamicFFParser}. */
export interface DynamicFFParserOptions extends BlockOptions {
  /** Side of a patch; divides height and width of the features. */
  patchSize: number;
  /** Heads of the vision transformer's attention. */
  heads: number;
  /** Channels of a head. */
  headChannels: number;
  /** Layers of the vision transformer. */
  depth: number;
}

const optionNames: OptionNames<DynamicFFParserOptions> = {
  ...blockOptionNames,
  patchSize: true,
  heads: true,
  headChannels: true,
  depth: true,
};

/**
 * FF-Parser whose map is the learned one plus a correction that a vision transformer reads from the spectra of features
 * and condition, Re ifft2(fft2(x) * (A + ViT(fft2(x), fft2(c)))) (lucidrains/med-seg-diff-pytorch 0.3.3; FF-Parser: Wu
 * et al. 2022, arXiv 2211.00611; ViT: Dosovitskiy et al. 2021). x, c: [B, H, W, C]; returns the same shape.
 */
export function dynamicFFParser(
  x: tf.Tensor,
  c: tf.Tensor,
  weights: WeightsOf<DynamicFFParserSpec>,
  options: {
    /** Side of a patch in pixels; divides height and width. */
    patchSize: number;
    /** Heads of the vision transformer's attention. */
    heads: number;
  },
): tf.Tensor4D {
  requireObject('dynamicFFParser: options', options, []);
  const { patchSize, heads } = options;
  requireTensor('dynamicFFParser: x', x, '[..., C]');
  requireTensor('dynamicFFParser: c', c, '[..., C]');
  requireObject('dynamicFFParser: weights', weights, ['map', 'vit']);
  const { map, vit } = weights;
  requireFloatTensor('dynamicFFParser: x', x, '[B, H, W, C]');
  requireFloatTensor('dynamicFFParser: c', c, '[B, H, W, C]');
  requireSameShape('dynamicFFParser: c', c, x);
  const spectrum = dft2d({ real: x });
  const condition = dft2d({ real: c });
  const seen = tf.concat([interleave(spectrum), interleave(condition)], 3); // [B, H, W, 4 C]
  let h = conv2d(pixelUnshuffle(seen, patchSize), vit.tokens.weight, vit.tokens.bias);
  h = tf.add(channelLayerNorm(h, vit.tokenNorm.weight, null), vit.position);
  h = channelLayerNorm(transformer(h, vit.layers, { heads }), vit.patchNorm.weight, null);
  const correction = pixelShuffle(conv2d(h, vit.patches.weight, vit.patches.bias), patchSize);
  const filter = tf.add(map, correction); // [B, H, W, C]
  return idft2d({ real: tf.mul(spectrum.real, filter), imag: tf.mul(spectrum.imag, filter) }).real;
}

/** Real and imaginary part of each channel side by side: [B, H, W, 2 C]. */
function interleave({ real, imag }: { real: tf.Tensor4D; imag: tf.Tensor4D }): tf.Tensor4D {
  const [batch, height, width, channels] = real.shape;
  return tf.reshape(tf.stack([real, imag], 4), [batch, height, width, 2 * channels]);
}

/** {@link dynamicFFParser} as a layer, built for one feature size; inputs: x, c. The correction starts at zero. */
export class DynamicFFParser extends Block<DynamicFFParserOptions, DynamicFFParserSpec, [4, 4]> {
  static className: string = 'MedsegDynamicFFParser';
  static override optionNames: OptionNames<DynamicFFParserOptions> = optionNames;

  protected override takes(): [4, 4][] {
    return [[4, 4]];
  }

  protected spec([x, c]: [Shape, Shape]): DynamicFFParserSpec {
    if (x.slice(1).join('x') !== c.slice(1).join('x')) {
      throw new RangeError(
        `DynamicFFParser: both feature maps must have one shape, got ${x.slice(1).join('x')} and ${c.slice(1).join('x')}`,
      );
    }
    const { map } = ffParserSpec(x, 'DynamicFFParser');
    const [height, width, channels] = map.shape;
    const { patchSize, ...options } = this.options;
    if (!Number.isInteger(patchSize) || patchSize < 1 || height % patchSize !== 0 || width % patchSize !== 0) {
      throw new RangeError(
        `DynamicFFParser: patchSize must divide height and width of the features, got ${patchSize} for ${height}x${width}`,
      );
    }
    const area = patchSize * patchSize;
    return {
      map,
      vit: {
        tokens: convSpec(1, 4 * channels * area, channels),
        tokenNorm: gainSpec(channels),
        position: { shape: [height / patchSize, width / patchSize, channels], initial: 'zeros' },
        layers: transformerSpec(channels, options),
        patchNorm: gainSpec(channels),
        patches: convSpec(1, channels, channels * area, 'zeros'),
      },
    };
  }

  protected forward([x, c]: [tf.Tensor4D, tf.Tensor4D], weights: WeightsOf<DynamicFFParserSpec>): tf.Tensor {
    const [height, width] = weights.map.shape;
    if (x.shape[1] !== height || x.shape[2] !== width) {
      throw new RangeError(`DynamicFFParser: built for ${height}x${width} features, got ${x.shape[1]}x${x.shape[2]}`);
    }
    return dynamicFFParser(x, c, weights, this.options);
  }

  protected shapeOf([x]: [Shape, Shape]): Shape {
    return x;
  }
}

import { spectralFilter } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions } from './block.ts';
import type { WeightSpec, WeightsOf } from './weight-spec.ts';

export type FFParserSpec = { readonly map: WeightSpec<tf.Rank.R3> };

/**
 * FF-Parser: weighs the frequencies of a feature map by a learned map, x' = Re ifft2(fft2(x) * A)
 * (Wu et al. 2022, arXiv 2211.00611, equations 5 to 7). x: [B, H, W, C], map: real [H, W, C]; returns [B, H, W, C].
 */
export function ffParser(x: tf.Tensor4D, weights: WeightsOf<FFParserSpec>): tf.Tensor4D {
  return spectralFilter(x, weights.map);
}

/** The spec of an FF-Parser's map for a feature map of fixed size; it starts as the identity (all ones). */
export function ffParserSpec(shape: Shape, who: string): FFParserSpec {
  const [, height, width, channels] = shape;
  if (!height || !width || !channels) {
    throw new RangeError(`${who}: needs a fixed height, width and channels, got [${shape.join(', ')}]`);
  }
  return { map: { shape: [height, width, channels], initial: 'ones' } };
}

/** {@link ffParser} as a layer, built for one feature size. */
export class FFParser extends Block<BlockOptions, FFParserSpec> {
  static className: string = 'MedsegFFParser';

  protected spec([x]: Shape[]): FFParserSpec {
    return ffParserSpec(x!, 'FFParser');
  }

  protected forward([x]: tf.Tensor[], weights: WeightsOf<FFParserSpec>): tf.Tensor {
    const [height, width] = weights.map.shape;
    if (x!.shape[1] !== height || x!.shape[2] !== width) {
      throw new RangeError(`FFParser: built for ${height}x${width} features, got ${x!.shape[1]}x${x!.shape[2]}`);
    }
    return ffParser(x as tf.Tensor4D, weights);
  }

  protected shapeOf([x]: Shape[]): Shape {
    return x!;
  }
}

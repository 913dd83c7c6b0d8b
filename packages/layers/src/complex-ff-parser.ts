import { type OptionNames, requireFloatTensor, spectralFilter } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames } from './block.ts';
import type { WeightSpec, WeightsOf } from './weight-spec.ts';

/** The weights of {@link complexFFParser}. */
export type ComplexFFParserSpec = {
  /** Real and imaginary part for each frequency of a real transform: [H, floor(W / 2) + 1, C, 2]. */
  readonly map: WeightSpec<tf.Rank.R4>;
};

/**
 * FF-Parser with a complex map over the frequencies of a real transform, irfft2(rfft2(x) * A), with any scaling of the
 * pair (as the code beside Wu et al. 2022, arXiv 2211.00611). x: [B, H, W, C], map: [H, floor(W / 2) + 1, C, 2], real
 * and imaginary part. Throws RangeError when the map has another shape.
 *
 * @example const y = complexFFParser(x, { map }); // map 1 + 0i everywhere: y = x
 */
export function complexFFParser(x: tf.Tensor, weights: WeightsOf<ComplexFFParserSpec>): tf.Tensor4D {
  requireFloatTensor('complexFFParser: x', x, '[B, H, W, C]');
  const [, height, width, channels] = x.shape;
  const half = Math.floor(width / 2) + 1;
  if (!tf.util.arraysEqual(weights.map.shape, [height, half, channels, 2])) {
    throw new RangeError(
      `complexFFParser: map must be [${[height, half, channels, 2]}] for ${height}x${width} features of ${channels} channels, got [${weights.map.shape}]`,
    );
  }
  return tf.tidy(() => {
    // The frequencies that a real transform leaves out mirror those kept: counting these twice and taking the real
    // part is the same. The first column and, where the width is even, the last have no mirror.
    const counts = tf.tensor3d(
      Array.from({ length: half }, (_, k) => (k === 0 || 2 * k === width ? 1 : 2)),
      [1, half, 1],
    );
    const [real, imag] = tf.split(weights.map, 2, 3).map((part) =>
      tf.pad3d(tf.mul(tf.reshape(part, [height, half, channels]), counts) as tf.Tensor3D, [
        [0, 0],
        [0, width - half],
        [0, 0],
      ]),
    ) as [tf.Tensor3D, tf.Tensor3D];
    return spectralFilter(x, real, imag);
  });
}

/** The spec of a complex map for a feature map of fixed size; it starts as normal values of deviation 0.02. */
export function complexFFParserSpec([, height, width, channels]: Shape, who: string): ComplexFFParserSpec {
  if (!height || !width || !channels) {
    throw new RangeError(`${who}: needs a fixed height, width and channels, got [${height}, ${width}, ${channels}]`);
  }
  return { map: { shape: [height, Math.floor(width / 2) + 1, channels, 2], initial: { deviation: 0.02 } } };
}

/** {@link complexFFParser} as a layer, built for one feature size. */
export class ComplexFFParser extends Block<BlockOptions, ComplexFFParserSpec, [4]> {
  static className: string = 'MedsegComplexFFParser';
  static override optionNames: OptionNames<BlockOptions> = blockOptionNames;

  protected override takes(): [4][] {
    return [[4]];
  }

  protected spec([x]: [Shape]): ComplexFFParserSpec {
    return complexFFParserSpec(x, 'ComplexFFParser');
  }

  protected forward([x]: [tf.Tensor4D], weights: WeightsOf<ComplexFFParserSpec>): tf.Tensor {
    return complexFFParser(x, weights);
  }

  protected shapeOf([x]: [Shape]): Shape {
    return x;
  }
}

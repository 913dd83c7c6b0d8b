import { type OptionNames, requireFloatTensor, spectralFilter } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames } from './block.ts';
import type { WeightSpec, WeightsOf } from './weight-spec.ts';

/** The weights of {@link ffParser}. */
export type FFParserSpec = {
  /** Factor of each frequency, [H, W, C]. */
  readonly map: WeightSpec<tf.Rank.R3>;
};

/** Options of {@link FFParser}. */
export interface FFParserOptions extends BlockOptions {
  /**
   * Where given, the map is not learned: it is {@link gaussianLowPass} of this deviation, in cycles a pixel (0.5 is the
   * highest frequency of an axis).
   */
  cutoff?: number;
}

const optionNames: OptionNames<FFParserOptions> = { ...blockOptionNames, cutoff: true };

/**
 * Gaussian low-pass filter over the frequencies of fft2, exp(-(u^2 + v^2) / (2 cutoff^2)) with u and v in cycles a pixel
 * (Gonzalez & Woods, Digital Image Processing, section 4.8): a map that {@link ffParser} takes in the place of a learned
 * one. Returns [height * width] values, row after row. Throws RangeError where the cutoff is not positive.
 *
 * @example const map = tf.tile(tf.tensor3d(gaussianLowPass(8, 8, 0.2), [8, 8, 1]), [1, 1, channels]);
 */
export function gaussianLowPass(height: number, width: number, cutoff: number): Float32Array {
  if (!(cutoff > 0)) throw new RangeError(`gaussianLowPass: cutoff must be positive, got ${cutoff}`);
  const cycles = (index: number, length: number): number => Math.min(index, length - index) / length;
  return Float32Array.from({ length: height * width }, (_, i) => {
    const square = cycles(Math.floor(i / width), height) ** 2 + cycles(i % width, width) ** 2;
    return Math.exp(-square / (2 * cutoff * cutoff));
  });
}

/**
 * FF-Parser: weighs the frequencies of a feature map by a learned map, x' = Re ifft2(fft2(x) * A)
 * (Wu et al. 2022, arXiv 2211.00611, equations 5 to 7). x: [B, H, W, C], map: real [H, W, C]; returns [B, H, W, C].
 */
export function ffParser(x: tf.Tensor, weights: WeightsOf<FFParserSpec>): tf.Tensor4D {
  requireFloatTensor('ffParser: x', x, '[B, H, W, C]');
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
export class FFParser extends Block<FFParserOptions, FFParserSpec, [4]> {
  static className: string = 'MedsegFFParser';
  static override optionNames: OptionNames<FFParserOptions> = optionNames;

  protected override takes(): [4][] {
    return [[4]];
  }

  protected spec([x]: [Shape]): FFParserSpec {
    const { map } = ffParserSpec(x, 'FFParser');
    const { cutoff } = this.options;
    if (cutoff === undefined) return { map };
    const [height, width, channels] = map.shape;
    const filter = gaussianLowPass(height, width, cutoff);
    const values = Float32Array.from(
      { length: height * width * channels },
      (_, i) => filter[Math.floor(i / channels)]!,
    );
    return { map: { shape: map.shape, initial: { values }, trainable: false } };
  }

  protected forward([x]: [tf.Tensor4D], weights: WeightsOf<FFParserSpec>): tf.Tensor {
    const [height, width] = weights.map.shape;
    if (x.shape[1] !== height || x.shape[2] !== width) {
      throw new RangeError(`FFParser: built for ${height}x${width} features, got ${x.shape[1]}x${x.shape[2]}`);
    }
    return ffParser(x, weights);
  }

  protected shapeOf([x]: [Shape]): Shape {
    return x;
  }
}

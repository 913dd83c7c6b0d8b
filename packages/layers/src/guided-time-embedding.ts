import { requireObject } from '@medseg/arguments';
import { cosine, dense, type OptionNames, requireTensor, silu, sine } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames } from './block.ts';
import { requireCounts } from './require-count.ts';
import { requireTimes } from './require-shape.ts';
import { type DenseSpec, denseSpec, type WeightSpec, type WeightsOf } from './weight-spec.ts';

/** The weights of {@link guidedTimeEmbedding}. */
export type GuidedTimeEmbeddingSpec = {
  /** From the sinusoidal code to the embedding's features. */
  readonly linear1: DenseSpec;
  /** After SiLU, from those features to as many. */
  readonly linear2: DenseSpec;
  /** A vector for each class of a class-conditional network, [classes, channels]. */
  readonly label:
    | {
        /** One row for each class. */
        readonly weight: WeightSpec<tf.Rank.R2>;
      }
    | undefined;
};

/** Options of {@link GuidedTimeEmbedding}. */
export interface GuidedTimeEmbeddingOptions extends BlockOptions {
  /** Number of cosines and sines together; even. */
  frequencies: number;
  /** Features of the embedding. */
  channels: number;
  /**
   * Number of classes whose embedding is added; the layer then takes the class, [B, 1], as its second input. Default:
   * no classes.
   */
  classes?: number;
}

const optionNames: OptionNames<GuidedTimeEmbeddingOptions> = {
  ...blockOptionNames,
  frequencies: true,
  channels: true,
  classes: true,
};

/**
 * Sinusoidal code of the time step in guided-diffusion's form, [cos(t f), sin(t f)] with f_i = 10000^(-i/(n/2))
 * (Dhariwal & Nichol 2021, released code). t: [B] or [B, 1]; returns [B, frequencies]. Throws RangeError where the
 * number of frequencies is not even.
 *
 * @example const code = cosineSineCode(tf.tensor1d([10, 999]), 128);
 */
export function cosineSineCode(t: tf.Tensor, frequencies: number): tf.Tensor2D {
  requireTimes('cosineSineCode: t', t);
  checkFrequencies('cosineSineCode', frequencies);
  const half = frequencies / 2;
  // Rounded to float32 after each operation, as the original computes them: at t = 999 the last bit shows.
  const scale = Math.fround(-Math.log(10000));
  const f = Float32Array.from({ length: half }, (_, i) => Math.exp(Math.fround(Math.fround(scale * i) / half)));
  return tf.tidy(() => {
    const angles = tf.mul(tf.reshape(tf.cast(t, 'float32'), [-1, 1]), tf.tensor2d(f, [1, half]));
    return tf.concat([cosine(angles), sine(angles)], 1) as tf.Tensor2D;
  });
}

function checkFrequencies(who: string, frequencies: number): void {
  if (!Number.isInteger(frequencies / 2) || frequencies < 2) {
    throw new RangeError(`${who}: frequencies must be even and at least 2, got ${frequencies}`);
  }
}

/**
 * {@link cosineSineCode}, linear, SiLU, linear, and the class's vector where there are classes (Dhariwal & Nichol
 * 2021). t: [B, 1], label: [B, 1] or null; returns [B, channels].
 */
export function guidedTimeEmbedding(
  t: tf.Tensor,
  label: tf.Tensor | null,
  weights: WeightsOf<GuidedTimeEmbeddingSpec>,
  options: {
    /** Number of cosines and sines together; even. */
    frequencies: number;
  },
): tf.Tensor2D {
  requireObject('guidedTimeEmbedding: options', options, []);
  const { frequencies } = options;
  requireTensor('guidedTimeEmbedding: t', t, '[..., C]');
  requireObject('guidedTimeEmbedding: weights', weights, ['linear1', 'linear2']);
  const { linear1, linear2, label: table } = weights;
  const hidden = silu(dense(cosineSineCode(t, frequencies), linear1.weight, linear1.bias));
  const time = dense(hidden, linear2.weight, linear2.bias);
  if (label === null || table === undefined) return time;
  const classes = table.weight.shape[0]!;
  // As integers and then cast: tfjs's wasm kernel writes integers whatever type it is asked for.
  const chosen = tf.cast(tf.oneHot(tf.cast(tf.reshape(label, [-1]), 'int32'), classes), 'float32') as tf.Tensor2D;
  return tf.add(time, tf.matMul(chosen, table.weight));
}

/** {@link guidedTimeEmbedding} as a layer; inputs: t [B, 1], or t and the class [B, 1]. */
export class GuidedTimeEmbedding extends Block<GuidedTimeEmbeddingOptions, GuidedTimeEmbeddingSpec, [2, 2?]> {
  static className: string = 'MedsegGuidedTimeEmbedding';
  static override optionNames: OptionNames<GuidedTimeEmbeddingOptions> = optionNames;

  protected override takes(): [2, 2?][] {
    return [[2], [2, 2]];
  }

  protected spec(inputs: [Shape, Shape?]): GuidedTimeEmbeddingSpec {
    const { frequencies, channels, classes } = this.options;
    requireCounts('GuidedTimeEmbedding', { channels, ...(classes === undefined ? {} : { classes }) });
    checkFrequencies('GuidedTimeEmbedding', frequencies);
    if ((classes !== undefined) !== inputs.length > 1) {
      throw new RangeError(
        `GuidedTimeEmbedding: takes a class exactly where classes is given, got classes ${classes} and ${inputs.length} inputs`,
      );
    }
    return {
      linear1: denseSpec(frequencies, channels),
      linear2: denseSpec(channels, channels),
      label: classes === undefined ? undefined : { weight: { shape: [classes, channels], initial: { deviation: 1 } } },
    };
  }

  protected forward([t, label]: [tf.Tensor2D, tf.Tensor2D?], weights: WeightsOf<GuidedTimeEmbeddingSpec>): tf.Tensor {
    return guidedTimeEmbedding(t, label ?? null, weights, this.options);
  }

  protected shapeOf([t]: [Shape, Shape?]): Shape {
    return [t[0]!, this.options.channels];
  }
}

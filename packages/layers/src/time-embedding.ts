import { cosine, dense, type OptionNames, requireOneOf, requireOptions, silu, sine } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames } from './block.ts';
import { gelu } from './gelu.ts';
import { requireCounts } from './require-count.ts';
import { requireTimes } from './require-shape.ts';
import { type DenseSpec, denseSpec, type WeightsOf } from './weight-spec.ts';

/** The weights of {@link timeEmbedding}. */
export type TimeEmbeddingSpec = {
  /** From the code to the embedding's features. */
  readonly linear1: DenseSpec;
  /** After the activation, from those features to as many. */
  readonly linear2: DenseSpec;
};

/** Options of {@link TimeEmbedding}. */
export interface TimeEmbeddingOptions extends BlockOptions {
  /** Number of sines and cosines together; even. */
  frequencies: number;
  /** Features of the embedding. */
  channels: number;
  /**
   * `angle`: sines and cosines of t f. `product`: t times those of f, as deepmancer/medseg-diffusion has it. Default
   * 'angle'.
   */
  code?: 'angle' | 'product';
  /** Between the two linear maps; by default SiLU. */
  activation?: 'silu' | 'gelu';
}

const optionNames: OptionNames<TimeEmbeddingOptions> = {
  ...blockOptionNames,
  frequencies: true,
  channels: true,
  code: true,
  activation: true,
};

type TimeCode = Pick<TimeEmbeddingOptions, 'frequencies' | 'code' | 'activation'>;

/**
 * Sinusoidal code of the time step, [sin(t f), cos(t f)] with f_i = 10000^(-i/(n/2 - 1)) (Vaswani et al. 2017,
 * section 3.5, in the form of Ho et al. 2020). t: [B] or [B, 1]; returns [B, frequencies].
 */
export function sinusoidalCode(t: tf.Tensor, frequencies: number): tf.Tensor2D {
  requireTimes('sinusoidalCode: t', t);
  const f = frequencyTable('sinusoidalCode', frequencies);
  return tf.tidy(() => {
    const angles = tf.mul(tf.reshape(tf.cast(t, 'float32'), [-1, 1]), tf.tensor2d(f, [1, f.length]));
    return tf.concat([sine(angles), cosine(angles)], 1) as tf.Tensor2D;
  });
}

/**
 * The time step times a fixed vector, t [sin f, cos f] with the f of {@link sinusoidalCode}: what
 * deepmancer/medseg-diffusion computes in its place, kept for its checkpoints. t: [B] or [B, 1]; returns [B, frequencies].
 */
export function productCode(t: tf.Tensor, frequencies: number): tf.Tensor2D {
  requireTimes('productCode: t', t);
  const f = frequencyTable('productCode', frequencies);
  const row = Float32Array.from([...f.map(Math.sin), ...f.map(Math.cos)]);
  return tf.tidy(() => tf.mul(tf.reshape(tf.cast(t, 'float32'), [-1, 1]), tf.tensor2d(row, [1, frequencies])));
}

/** Frequencies in float32 at each step, as the references compute them: t f is large, so that last bits count. */
function frequencyTable(who: string, frequencies: number): Float32Array {
  const half = frequencies / 2;
  if (!Number.isInteger(half) || half < 2) {
    throw new RangeError(`${who}: frequencies must be even and at least 4, got ${frequencies}`);
  }
  const step = Math.fround(-Math.log(10000) / (half - 1));
  return Float32Array.from({ length: half }, (_, i) => Math.exp(Math.fround(i * step)));
}

/**
 * Sinusoidal code followed by linear, SiLU or GELU, linear (Ho et al. 2020, appendix B). t: [B, 1]; returns
 * [B, channels].
 */
export function timeEmbedding(t: tf.Tensor, weights: WeightsOf<TimeEmbeddingSpec>, form: TimeCode): tf.Tensor2D {
  requireOptions('timeEmbedding', form, optionNames);
  const { frequencies, code = 'angle', activation = 'silu' } = form;
  requireOneOf('timeEmbedding: code', code, ['angle', 'product']);
  requireOneOf('timeEmbedding: activation', activation, ['silu', 'gelu']);
  const coded = code === 'angle' ? sinusoidalCode(t, frequencies) : productCode(t, frequencies);
  const hidden = dense(coded, weights.linear1.weight, weights.linear1.bias);
  const active = activation === 'silu' ? silu(hidden) : gelu(hidden);
  return dense(active, weights.linear2.weight, weights.linear2.bias);
}

/** {@link timeEmbedding} as a layer; input: t of shape [B, 1]. */
export class TimeEmbedding extends Block<TimeEmbeddingOptions, TimeEmbeddingSpec, [2]> {
  static className: string = 'MedsegTimeEmbedding';
  static override optionNames: OptionNames<TimeEmbeddingOptions> = optionNames;

  protected override takes(): [2][] {
    return [[2]];
  }

  protected spec(): TimeEmbeddingSpec {
    const { frequencies, channels } = this.options;
    requireCounts('TimeEmbedding', { channels });
    frequencyTable('TimeEmbedding', frequencies); // refuses what has no code
    return { linear1: denseSpec(frequencies, channels), linear2: denseSpec(channels, channels) };
  }

  protected forward([t]: [tf.Tensor2D], weights: WeightsOf<TimeEmbeddingSpec>): tf.Tensor {
    return timeEmbedding(t, weights, this.options);
  }

  protected shapeOf([t]: [Shape]): Shape {
    return [t[0]!, this.options.channels];
  }
}

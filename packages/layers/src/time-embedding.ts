import { dense, silu } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions } from './block.ts';
import { type DenseSpec, denseSpec, type WeightsOf } from './weight-spec.ts';

export type TimeEmbeddingSpec = { readonly linear1: DenseSpec; readonly linear2: DenseSpec };

export interface TimeEmbeddingOptions extends BlockOptions {
  /** Number of sines and cosines together; even. */
  frequencies: number;
  channels: number;
}

/**
 * Sinusoidal code of the time step, [sin(t f), cos(t f)] with f_i = 10000^(-i/(n/2 - 1)) (Vaswani et al. 2017,
 * section 3.5, in the form of Ho et al. 2020). t: [B] or [B, 1]; returns [B, frequencies].
 */
export function sinusoidalCode(t: tf.Tensor, frequencies: number): tf.Tensor2D {
  const half = frequencies / 2;
  if (!Number.isInteger(half) || half < 2) {
    throw new RangeError(`sinusoidalCode: frequencies must be even and at least 4, got ${frequencies}`);
  }
  const f = Float32Array.from({ length: half }, (_, i) => 10000 ** (-i / (half - 1)));
  return tf.tidy(() => {
    const angles = tf.mul(tf.reshape(tf.cast(t, 'float32'), [-1, 1]), tf.tensor2d(f, [1, half]));
    return tf.concat([tf.sin(angles), tf.cos(angles)], 1) as tf.Tensor2D;
  });
}

/** Sinusoidal code followed by linear, SiLU, linear (Ho et al. 2020, appendix B). t: [B, 1]; returns [B, channels]. */
export function timeEmbedding(
  t: tf.Tensor,
  weights: WeightsOf<TimeEmbeddingSpec>,
  { frequencies }: { frequencies: number },
): tf.Tensor2D {
  const code = sinusoidalCode(t, frequencies);
  const hidden = silu(dense(code, weights.linear1.weight, weights.linear1.bias));
  return dense(hidden, weights.linear2.weight, weights.linear2.bias);
}

/** {@link timeEmbedding} as a layer; input: t of shape [B, 1]. */
export class TimeEmbedding extends Block<TimeEmbeddingOptions, TimeEmbeddingSpec> {
  static className: string = 'MedsegTimeEmbedding';

  protected spec(): TimeEmbeddingSpec {
    const { frequencies, channels } = this.options;
    return { linear1: denseSpec(frequencies, channels), linear2: denseSpec(channels, channels) };
  }

  protected forward([t]: tf.Tensor[], weights: WeightsOf<TimeEmbeddingSpec>): tf.Tensor {
    return timeEmbedding(t!, weights, this.options);
  }

  protected shapeOf([t]: Shape[]): Shape {
    return [t![0]!, this.options.channels];
  }
}

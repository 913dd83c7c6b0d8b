import { type OptionNames, requireFloatTensor } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames } from './block.ts';

type NoWeights = Record<string, never>;

/** Options of {@link UpsampleLinear}. */
export interface UpsampleLinearOptions extends BlockOptions {
  /** Whole factor of height and width. */
  factor: number;
}

const optionNames: OptionNames<UpsampleLinearOptions> = { ...blockOptionNames, factor: true };

/**
 * Enlarges by a whole factor with bilinear interpolation between pixel centres, the borders repeated: PyTorch's
 * interpolate(mode='bilinear', align_corners=False). x: [B, H, W, C]; returns [B, H f, W f, C]. Built from slices, so
 * that its gradient is right on every backend. Throws RangeError where the factor is not a whole number of at least 1.
 *
 * @example const y = upsampleLinear(x, 2);
 */
export function upsampleLinear(x: tf.Tensor, factor: number): tf.Tensor4D {
  requireFloatTensor('upsampleLinear: x', x, '[B, H, W, C]');
  checkFactor(factor);
  if (factor === 1) return x;
  const [b, h, w, c] = x.shape;
  return tf.tidy(() => {
    const high = interpolateRows(tf.reshape(x, [b, h, w * c]), factor); // [B, H f, W C]
    const wide = interpolateRows(tf.reshape(high, [b * h * factor, w, c]), factor); // [B H f, W f, C]
    return tf.reshape(wide, [b, h * factor, w * factor, c]);
  });
}

/** [N, M, K] -> [N, M f, K]: output row i f + p lies at i + (p + 1/2) / f - 1/2 between input rows. */
function interpolateRows(x: tf.Tensor3D, factor: number): tf.Tensor {
  const [n, m, k] = x.shape;
  const before = tf.concat([tf.slice(x, [0, 0, 0], [n, 1, k]), tf.slice(x, [0, 0, 0], [n, m - 1, k])], 1);
  const after = tf.concat([tf.slice(x, [0, 1, 0], [n, m - 1, k]), tf.slice(x, [0, m - 1, 0], [n, 1, k])], 1);
  const phases = Array.from({ length: factor }, (_, p) => {
    const offset = (p + 0.5) / factor - 0.5;
    const neighbour = tf.mul(offset < 0 ? before : after, Math.abs(offset));
    return tf.add(tf.mul(x, 1 - Math.abs(offset)), neighbour);
  });
  return tf.reshape(tf.stack(phases, 2), [n, m * factor, k]);
}

function checkFactor(factor: number): void {
  if (!Number.isInteger(factor) || factor < 1) {
    throw new RangeError(`upsampleLinear: the factor must be a whole number of at least 1, got ${factor}`);
  }
}

/** {@link upsampleLinear} as a layer. */
export class UpsampleLinear extends Block<UpsampleLinearOptions, NoWeights, [4]> {
  static className: string = 'MedsegUpsampleLinear';
  static override optionNames: OptionNames<UpsampleLinearOptions> = optionNames;

  protected override takes(): [4][] {
    return [[4]];
  }

  protected spec(): NoWeights {
    checkFactor(this.options.factor);
    return {};
  }

  protected forward([x]: [tf.Tensor4D]): tf.Tensor {
    return upsampleLinear(x, this.options.factor);
  }

  protected shapeOf([x]: [Shape]): Shape {
    const [batch, height, width, channels] = x;
    const { factor } = this.options;
    return [batch!, height! * factor, width! * factor, channels!];
  }
}

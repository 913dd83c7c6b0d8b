import type { CallContext } from '@medseg/ops';
import { kindOf, type OptionNames, requireFloatTensor, requireOneOf, requireOptions } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { Block, type BlockOptions, blockOptionNames } from './block.ts';

type NoWeights = Record<string, never>;

/** What {@link dropout} drops. */
export interface DropoutForm {
  /** Share of what is dropped, 0 or more and less than 1. */
  rate: number;
  /** What falls together: each value by itself (default), or whole channels of an image, as PyTorch's Dropout2d. */
  of?: 'values' | 'channels';
}

/** Options of {@link Dropout}. */
export interface DropoutOptions extends BlockOptions, DropoutForm {}

const optionNames: OptionNames<DropoutOptions> = { ...blockOptionNames, rate: true, of: true };

/**
 * Sets values to zero with probability `rate` and divides the others by 1 - rate, so that the mean stays (Srivastava et
 * al. 2014, in the inverted form); whole channels in the form of Tompson et al. 2015, section 3.2. The mask is drawn
 * from `random` on the host, so one state of it gives one mask on every backend. x: [B, H, W, C]; returns the same
 * shape. Throws RangeError where rate is not in [0, 1).
 *
 * @example const y = dropout(x, { rate: 0.5, of: 'channels', random: createRandom(1) });
 */
export function dropout(
  x: tf.Tensor,
  options: DropoutForm & { readonly random: NonNullable<CallContext['random']> },
): tf.Tensor4D {
  requireOptions('dropout', options, { ...optionNames, random: true });
  const { rate, of = 'values', random } = options;
  requireFloatTensor('dropout: x', x, '[B, H, W, C]');
  requireOneOf('dropout: of', of, ['values', 'channels']);
  if (typeof random?.uniform !== 'function') {
    throw new TypeError(
      `dropout: random must be a source of uniform numbers, such as createRandom(1) of @medseg/random, got ${kindOf(random)}`,
    );
  }
  checkRate('dropout', rate);
  if (rate === 0) return x;
  const [batch, height, width, channels] = x.shape;
  const shape: [number, number, number, number] =
    of === 'channels' ? [batch, 1, 1, channels] : [batch, height, width, channels];
  const scale = 1 / (1 - rate);
  const kept = new Float32Array(tf.util.sizeFromShape(shape)).map(() => (random.uniform() < rate ? 0 : scale));
  return tf.tidy(() => tf.mul(x, tf.tensor4d(kept, shape)));
}

/** {@link dropout} where a call is training and the rate is not 0, x itself elsewhere. Throws RangeError without `random`. */
export function dropoutIn(
  { training = false, random }: CallContext,
  who: string,
  x: tf.Tensor4D,
  form: DropoutForm,
): tf.Tensor4D {
  if (!training || form.rate === 0) return x;
  if (random === undefined) {
    throw new RangeError(
      `${who}: a call in training needs random for dropout of rate ${form.rate}, got none; pass { training: true, random }`,
    );
  }
  return dropout(x, { ...form, random });
}

/** Throws RangeError where a rate is not in [0, 1). */
export function checkRate(who: string, rate: number): void {
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(`${who}: the rate of dropout must be at least 0 and less than 1, got ${rate}`);
  }
}

/**
 * {@link dropout} as a layer; does nothing unless it is called with `{ training: true, random }`, which a model hands
 * to each of its layers.
 */
export class Dropout extends Block<DropoutOptions, NoWeights, [4]> {
  static className: string = 'MedsegDropout';
  static override optionNames: OptionNames<DropoutOptions> = optionNames;

  protected override takes(): [4][] {
    return [[4]];
  }

  protected spec(): NoWeights {
    checkRate('Dropout', this.options.rate);
    return {};
  }

  protected forward([x]: [tf.Tensor4D], _weights: NoWeights, context: CallContext): tf.Tensor {
    const kept = dropoutIn(context, this.name, x, this.options);
    return kept === x ? tf.clone(x) : kept;
  }

  protected shapeOf([x]: [Shape]): Shape {
    return x;
  }
}

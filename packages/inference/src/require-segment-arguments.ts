import type { Activation, Network, Scheduler } from '@medseg/diffusion';
import { kindOf, requireBackend, requireOneOf, requireOptions, requireSignal, requireTensor } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';

/** The options that are looked at. */
interface Given {
  readonly scheduler: unknown;
  readonly noise: unknown;
  readonly activation?: Activation;
  readonly signal?: unknown;
}

/** Throws where `segment` lacks an argument or is given one that is something else. */
export function requireSegmentArguments(
  network: Network,
  images: tf.Tensor,
  options: Given,
  names: Readonly<Record<string, true>>,
): void {
  const { encode, denoise } = (network ?? {}) as Partial<Network>;
  if (typeof encode !== 'function' || typeof denoise !== 'function') {
    throw new TypeError(`segment: the network must have encode() and denoise(), got ${kindOf(network)}`);
  }
  requireBackend('segment');
  requireTensor('segment: images', images, '[..., C]');
  requireSize(network, images);
  requireOptions('segment', options, names);
  const { scheduler, noise, activation = 'sigmoid', signal } = options;
  if (typeof (scheduler as Partial<Scheduler> | null | undefined)?.plan !== 'function') {
    throw new TypeError(`segment: scheduler must be one such as ddim(cosineSchedule()), got ${kindOf(scheduler)}`);
  }
  if (typeof noise !== 'function') {
    throw new TypeError(
      `segment: noise must be a function from image and member to a source of normal numbers, such as (i, m) => createRandom(1).fork(i).fork(m), got ${kindOf(noise)}`,
    );
  }
  requireSignal('segment', signal);
  requireOneOf('segment: activation', activation, ['sigmoid', 'softmax']);
}

/** Throws RangeError for images of another size, or with other channels, than the network is built for, and for none. */
function requireSize({ imageSize, imageChannels }: Network, { shape }: tf.Tensor): void {
  const wanted = [...imageSize, imageChannels];
  if (shape.slice(1).join() === wanted.join() && shape[0]! > 0) return;
  const remedy = shape.join() === wanted.join() ? '; tf.expandDims(tensor) makes a batch of one' : '';
  const what = shape[0] === 0 ? 'must have at least one image' : `must be [B, ${wanted.join(', ')}] for this network`;
  throw new RangeError(`segment: images ${what}, got [${shape.join(', ')}]${remedy}`);
}

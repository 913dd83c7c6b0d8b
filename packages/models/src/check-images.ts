import { requireFloatTensor } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';

/** Throws where images are no float32 batch, or have another size or other channels than a network was built for. */
export function checkImages(
  who: string,
  { imageSize, imageChannels }: { readonly imageSize: readonly number[]; readonly imageChannels: number },
  images: tf.Tensor,
): asserts images is tf.Tensor4D {
  requireFloatTensor(`${who}: images`, images, '[B, H, W, C]');
  const size = images.shape.slice(1, -1);
  const channels = images.shape.at(-1);
  if (size.join() !== imageSize.join() || channels !== imageChannels) {
    throw new RangeError(
      `${who}: built for ${imageSize.join('x')} images of ${imageChannels} channels, got ${size.join('x')} of ${channels}`,
    );
  }
}

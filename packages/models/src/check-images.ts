import type * as tf from '@tensorflow/tfjs-core';

/** Throws a RangeError where images have another size or other channels than a network was built for. */
export function checkImages(
  who: string,
  { imageSize, imageChannels }: { imageSize: readonly [number, number]; imageChannels: number },
  images: tf.Tensor4D,
): void {
  const [, height, width, channels] = images.shape;
  if (height !== imageSize[0] || width !== imageSize[1] || channels !== imageChannels) {
    throw new RangeError(
      `${who}: built for ${imageSize.join('x')} images of ${imageChannels} channels, got ${height}x${width} of ${channels}`,
    );
  }
}

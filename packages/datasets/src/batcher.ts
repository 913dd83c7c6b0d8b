import { createRandom } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type AugmentOptions, augment } from './augment.ts';
import type { Sample } from './case.ts';

/** Samples by number; reading one may touch the disk. All have the same height, width and channels. */
export interface SampleSource {
  readonly length: number;
  sample(index: number): Promise<Sample>;
}

/** Several samples in one array each. */
export interface Batch {
  ids: string[];
  /** [batch, height, width, channels] */
  shape: [number, number, number, number];
  images: Float32Array;
  /** 0 or 1, [batch, height, width, 1] */
  masks: Float32Array;
}

export interface BatcherOptions {
  batchSize: number;
  seed: number;
  /** Changes to each sample; `false` leaves them as they are. */
  augment?: AugmentOptions | false;
}

export interface Batcher {
  /** Steps that show each sample once. */
  readonly stepsPerEpoch: number;
  /** The batch of a step, 0 being the first. The same (seed, step) always gives the same batch: there is no state to save. */
  batchAt(step: number): Promise<Batch>;
}

/**
 * Draws shuffled batches without end: every epoch shows each sample once, in an order and with changes drawn from
 * (seed, epoch, sample). Batches reach over the end of an epoch, so all have `batchSize` samples.
 *
 * Throws RangeError for an empty source or a batch size that is not a positive integer; a batch throws RangeError when
 * its samples differ in shape.
 *
 * @example const { images, masks } = await createBatcher(samples, { batchSize: 16, seed: 1 }).batchAt(0)
 */
export function createBatcher(
  samples: readonly Sample[] | SampleSource,
  { batchSize, seed, augment: augmentation = {} }: BatcherOptions,
): Batcher {
  const source = 'sample' in samples ? samples : sampleSource(samples);
  const count = source.length;
  if (count === 0) throw new RangeError('createBatcher: there must be at least one sample, got 0');
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new RangeError(`createBatcher: batchSize must be a positive integer, got ${batchSize}`);
  const root = createRandom(seed);
  // Only a memory of what can be computed again.
  let known: { epoch: number; order: ArrayLike<number> } | undefined;
  const orderOf = (epoch: number): ArrayLike<number> => {
    if (known?.epoch !== epoch) known = { epoch, order: root.fork(`order/${epoch}`).permutation(count) };
    return known.order;
  };
  return {
    stepsPerEpoch: Math.ceil(count / batchSize),
    async batchAt(step) {
      const chosen: Sample[] = [];
      for (let place = step * batchSize; place < (step + 1) * batchSize; place++) {
        const epoch = Math.floor(place / count);
        const index = orderOf(epoch)[place % count]!;
        const sample = await source.sample(index);
        chosen.push(
          augmentation === false ? sample : augment(sample, root.fork(`augment/${epoch}/${index}`), augmentation),
        );
      }
      return stackSamples(chosen);
    },
  };
}

/** Makes a source of samples that are already in memory. */
export function sampleSource(samples: readonly Sample[]): SampleSource {
  return { length: samples.length, sample: async (index) => samples[index]! };
}

/**
 * Puts samples of one shape into one batch, in their order.
 *
 * Throws RangeError when there are none or their shapes differ.
 *
 * @example const batch = stackSamples(await Promise.all([0, 1, 2].map((i) => source.sample(i))))
 */
export function stackSamples(samples: readonly Sample[]): Batch {
  const first = samples[0];
  if (!first) throw new RangeError('stackSamples: there must be at least one sample, got 0');
  const { height, width, channels } = first;
  const images = new Float32Array(samples.length * first.image.length);
  const masks = new Float32Array(samples.length * first.mask.length);
  for (const [i, sample] of samples.entries()) {
    if (sample.height !== height || sample.width !== width || sample.channels !== channels) {
      throw new RangeError(
        `stackSamples: samples must have one shape, got ${height}x${width}x${channels} of ${first.id} and ${sample.height}x${sample.width}x${sample.channels} of ${sample.id}`,
      );
    }
    images.set(sample.image, i * first.image.length);
    masks.set(sample.mask, i * first.mask.length);
  }
  return { ids: samples.map((sample) => sample.id), shape: [samples.length, height, width, channels], images, masks };
}

/**
 * Makes the tensors of a batch; the caller disposes them.
 *
 * @example const { images, masks } = batchTensors(batch) // [B, H, W, C] and [B, H, W, 1]
 */
export function batchTensors({ images, masks, shape }: Batch): { images: tf.Tensor4D; masks: tf.Tensor4D } {
  const [batch, height, width] = shape;
  return { images: tf.tensor4d(images, shape), masks: tf.tensor4d(masks, [batch, height, width, 1]) };
}

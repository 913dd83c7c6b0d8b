import { type OptionNames, requireList, requireOptions } from '@medseg/arguments';
import { createRandom } from '@medseg/random';
import type { Sample } from '../case.ts';
import { type AugmentOptions, augment } from './augment.ts';
import { type Batch, stackSamples } from './batch.ts';
import { createEpochOrder, type Groups } from './epoch-order.ts';
import { mixup } from './mixup.ts';

/** How a sample is changed, by whoever gives it. */
export interface Change {
  /** The batcher's. */
  seed: number;
  /** What is changed. */
  augment: AugmentOptions;
}

/** Samples by number; reading one may touch the disk. All have the same height, width, channels and classes. */
export interface SampleSource {
  /** Number of samples. */
  readonly length: number;
  /** `epoch` decides which annotator is drawn, where that is asked for. */
  sample(index: number, epoch?: number): Promise<Sample>;
  /**
   * Gives a sample as `changeSample` would change it, elsewhere than on this thread. Default: `sample`, changed on
   * this thread.
   */
  changed?(index: number, epoch: number, change: Change): Promise<Sample>;
  /** Samples that are read together, so that an epoch takes them together where they do not all fit into memory. */
  readonly groups?: Groups;
  /** Ends what it runs on. Needed only where it runs on something. */
  close?(): Promise<void>;
}

/** Options of {@link createBatcher}. */
export interface BatcherOptions {
  /** Samples in a batch. */
  batchSize: number;
  /** Seed of the order of samples and of their changes. */
  seed: number;
  /** Changes to each sample; `false` leaves them as they are. Default {}: the defaults of {@link AugmentOptions}. */
  augment?: AugmentOptions | false;
  /** Batches that are begun ahead of the one asked for; none unless given. */
  prefetch?: number;
}

const batcherOptionNames: OptionNames<BatcherOptions> = { batchSize: true, seed: true, augment: true, prefetch: true };

/** Gives batches by number. */
export interface Batcher {
  /** Steps that show each sample once. */
  readonly stepsPerEpoch: number;
  /** The batch of a step, 0 being the first. The same (seed, step) always gives the same batch: there is no state to save. */
  batchAt(step: number): Promise<Batch>;
  /** Ends the threads of the source, if it has any. */
  close(): Promise<void>;
}

/**
 * Draws shuffled batches without end: every epoch shows each sample once, in an order and with changes drawn from
 * (seed, epoch, sample). Batches reach over the end of an epoch, so all have `batchSize` samples. Neither `prefetch`
 * nor the threads of the source change what a batch is.
 *
 * Throws RangeError for an empty source or a batch size that is not a positive integer; a batch throws RangeError when
 * its samples differ in shape.
 *
 * @example const { images, masks } = await createBatcher(samples, { batchSize: 16, seed: 1 }).batchAt(0)
 */
export function createBatcher(samples: readonly Sample[] | SampleSource, options: BatcherOptions): Batcher {
  requireOptions('createBatcher', options, batcherOptionNames);
  const { batchSize, seed, augment: augmentation = {}, prefetch = 0 } = options;
  const source = 'sample' in samples ? samples : sampleSource(samples);
  const count = source.length;
  if (count === 0) throw new RangeError('createBatcher: there must be at least one sample, got 0');
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new RangeError(`createBatcher: batchSize must be a positive integer, got ${batchSize}`);
  if (!Number.isInteger(prefetch) || prefetch < 0)
    throw new RangeError(`createBatcher: prefetch must be a whole number of at least 0, got ${prefetch}`);
  const orderOf = createEpochOrder(count, seed, source.groups);
  const root = createRandom(seed);
  const sampleOf = async (index: number, epoch: number): Promise<Sample> => {
    if (augmentation === false) return await source.sample(index, epoch);
    const change = { seed, augment: augmentation };
    return source.changed
      ? await source.changed(index, epoch, change)
      : changeSample(await source.sample(index, epoch), index, epoch, change);
  };
  const makeBatch = async (step: number): Promise<Batch> => {
    const chosen: Promise<Sample>[] = [];
    for (let place = step * batchSize; place < (step + 1) * batchSize; place++) {
      const epoch = Math.floor(place / count);
      chosen.push(sampleOf(orderOf(epoch)[place % count]!, epoch));
    }
    // All are waited for, so that none fails unseen after another did.
    const settled = await Promise.allSettled(chosen);
    const failed = settled.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
    const batch = stackSamples(settled.map((each) => (each as PromiseFulfilledResult<Sample>).value));
    const alpha = augmentation === false ? 0 : (augmentation.mixup ?? 0);
    return alpha > 0 ? mixup(batch, root.fork(`mixup/${step}`), alpha) : batch;
  };
  const begun = new Map<number, Promise<Batch>>();
  const begin = (step: number): Promise<Batch> => {
    let batch = begun.get(step);
    if (!batch) {
      batch = makeBatch(step);
      batch.catch(() => {}); // told to who asks for the batch
      begun.set(step, batch);
    }
    return batch;
  };
  return {
    stepsPerEpoch: Math.ceil(count / batchSize),
    async batchAt(step) {
      if (prefetch === 0) return await makeBatch(step);
      const wanted = begin(step);
      for (let ahead = 1; ahead <= prefetch; ahead++) begin(step + ahead);
      for (const other of begun.keys()) if (other <= step || other > step + prefetch) begun.delete(other);
      return await wanted;
    },
    async close() {
      begun.clear();
      await source.close?.();
    },
  };
}

/** Changes a sample as an epoch of a seed has it. */
export function changeSample(sample: Sample, index: number, epoch: number, { seed, augment: options }: Change): Sample {
  return augment(sample, createRandom(seed).fork(`augment/${epoch}/${index}`), options);
}

/** Makes a source of samples that are already in memory. */
export function sampleSource(samples: readonly Sample[]): SampleSource {
  requireList('sampleSource: samples', samples);
  return { length: samples.length, sample: async (index) => samples[index]! };
}

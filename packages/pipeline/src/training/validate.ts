import { type OptionNames, requireOptions } from '@medseg/arguments';
import { type SampleSource, stackSamples } from '@medseg/datasets';
import { segment } from '@medseg/inference';
import { dice, threshold } from '@medseg/metrics';
import { createRandom } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';
import type { RunModel } from '../networks/run-model.ts';
import { createScheduler, type SchedulerName } from '../networks/samplers.ts';
import { anchorMaps } from '../segmentation/anchor-maps.ts';
import type { EnsembleOptions } from '../segmentation/sample-places.ts';
import { samplesAtOnce } from '../segmentation/samples-at-once.ts';
import { spreadIndices } from './spread-indices.ts';

/** Images that are looked at together, at most. */
const BATCH = 16;

const validateOptionNames: OptionNames<NonNullable<Parameters<typeof validate>[2]>> = {
  phase: true,
  scheduler: true,
  drawing: true,
  steps: true,
  seed: true,
  limit: true,
};

/**
 * Mean Dice on the network's grid, for choosing weights during training: of the anchor in a phase called `encoder`, of
 * one sample per case in others; of several classes the mean. Pixels to ignore do not count.
 */
export async function validate(
  model: RunModel,
  source: SampleSource,
  options: {
    phase: string;
    /** Name of the sampler. */
    scheduler: SchedulerName;
    /** How it draws. Default: that of `createScheduler`. */
    drawing?: EnsembleOptions['drawing'];
    /** Sampling steps. */
    steps: number;
    /** Seed of the noise. */
    seed: number;
    /** Samples that are looked at, at most. */
    limit: number;
  },
): Promise<number> {
  requireOptions('validate', options, validateOptionNames);
  const { network, process, activation } = model;
  const { phase, scheduler, drawing, steps, seed, limit } = options;
  const scores: number[] = [];
  const indices = spreadIndices(source.length, limit);
  const atOnce = Math.min(BATCH, samplesAtOnce(network.imageSize as [number, number]));
  for (let start = 0; start < indices.length; start += atOnce) {
    const chosen = indices.slice(start, start + atOnce);
    const batch = stackSamples(await Promise.all(chosen.map((index) => source.sample(index))));
    const images = tf.tensor4d(batch.images, batch.imageShape);
    const count = batch.maskShape[3];
    const size = batch.masks.length / chosen.length;
    let masks: Uint8Array[];
    if (phase === 'encoder') {
      masks = (await anchorMaps(model, images)).map((map) => threshold(map));
    } else {
      const random = createRandom(seed);
      const segmentations = await segment(network, images, {
        scheduler: createScheduler(scheduler, process, { ...drawing, learnedVariance: network.learnedVariance }),
        steps,
        members: 1,
        activation,
        noise: (image) => random.fork(batch.ids[image]!),
      });
      masks = segmentations.map(({ probability }) => threshold(probability));
    }
    images.dispose();
    const { pixelWeights } = batch;
    masks.forEach((mask, i) => {
      const truth = threshold(batch.masks.subarray(i * size, (i + 1) * size));
      const weights = pixelWeights?.subarray((i * size) / count, ((i + 1) * size) / count);
      if (weights?.every((weight) => weight === 0)) return; // a patch of nothing that counts
      const counted = (values: Uint8Array): Uint8Array =>
        weights ? values.filter((_, at) => weights[at]! > 0) : values;
      for (let k = 0; k < count; k++) {
        const [predicted, expected] = [counted(channel(mask, k, count)), counted(channel(truth, k, count))];
        // Of several classes most slices lack one: to find none there is no merit that weights should be chosen by.
        if (count === 1 || predicted.includes(1) || expected.includes(1)) scores.push(dice(predicted, expected));
      }
    });
  }
  return scores.length === 0 ? 1 : scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** One class out of masks whose classes lie side by side. */
function channel(mask: Uint8Array, k: number, count: number): Uint8Array {
  return count === 1 ? mask : mask.filter((_, i) => i % count === k);
}

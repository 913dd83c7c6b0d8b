import { type SampleSource, stackSamples } from '@medseg/datasets';
import { segment } from '@medseg/inference';
import { dice } from '@medseg/metrics';
import type { AnchoredDiffusion } from '@medseg/models';
import { createRandom } from '@medseg/ops';
import type { Phase } from '@medseg/training';
import * as tf from '@tensorflow/tfjs-core';
import { threshold } from './evaluation/map-to-mask.ts';
import { ANCHORED_PROCESS } from './networks/anchored.ts';
import { createScheduler, type SchedulerName } from './networks/process.ts';

/** Images that are looked at together. */
const BATCH = 16;

/** Numbers of at most `limit` cases, spread evenly over all of them. */
function spreadIndices(count: number, limit: number): number[] {
  const chosen = Math.min(count, limit);
  return Array.from({ length: chosen }, (_, i) => Math.floor(((i + 0.5) * count) / chosen));
}

/**
 * Mean Dice on the network's grid, for choosing weights during training: of the anchor in the encoder's phase, of one
 * sample a case in the denoiser's.
 */
export async function validate(
  network: AnchoredDiffusion,
  source: SampleSource,
  {
    phase,
    scheduler,
    steps,
    seed,
    limit,
  }: { phase: Phase; scheduler: SchedulerName; steps: number; seed: number; limit: number },
): Promise<number> {
  const scores: number[] = [];
  const indices = spreadIndices(source.length, limit);
  for (let start = 0; start < indices.length; start += BATCH) {
    const chosen = indices.slice(start, start + BATCH);
    const batch = stackSamples(await Promise.all(chosen.map((index) => source.sample(index))));
    const images = tf.tensor4d(batch.images, batch.shape);
    const size = batch.shape[1] * batch.shape[2];
    let masks: Uint8Array[];
    if (phase === 'encoder') {
      const condition = network.encode(images);
      const logits = await condition.anchor.data<'float32'>();
      masks = chosen.map((_, i) => threshold(logits.subarray(i * size, (i + 1) * size), 0));
      tf.dispose([condition.anchor, ...condition.features]);
    } else {
      const random = createRandom(seed);
      const segmentations = await segment(network, images, {
        scheduler: createScheduler(scheduler, ANCHORED_PROCESS),
        steps,
        members: 1,
        noise: (image) => random.fork(batch.ids[image]!),
      });
      masks = segmentations.map(({ probability }) => threshold(probability));
    }
    images.dispose();
    masks.forEach((mask, i) => {
      scores.push(dice(mask, Uint8Array.from(batch.masks.subarray(i * size, (i + 1) * size))));
    });
  }
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

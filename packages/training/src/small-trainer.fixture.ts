import { cosineSchedule } from '@medseg/diffusion';
import { AnchoredDiffusion } from '@medseg/models';
import { createRandom } from '@medseg/random';
import { anchoredRecipe } from './phases/anchored-recipe.ts';
import { Trainer } from './trainer.ts';
import type { CheckedBatch } from './training-batch.ts';

/** Side of the images that the tests train on. */
const SIDE = 8;

/** A trainer of an anchored network, with the network. */
export type AnchoredTrainer = Trainer & { readonly model: AnchoredDiffusion };

/** A small network and its trainer; with two classes, for masks of {@link halvedBatch}. `weights`: seed of the first ones. */
export function smallTrainer(
  seed = 1,
  {
    classes = 1,
    encoderShare = 0.5,
    weights = seed,
  }: { classes?: 1 | 2; encoderShare?: number; weights?: number } = {},
): AnchoredTrainer {
  const model = new AnchoredDiffusion({
    imageSize: [SIDE, SIDE],
    imageChannels: 1,
    maskChannels: classes,
    encoderChannels: [4, 8],
    encoderBlocks: 1,
    denoiserChannels: [4, 8],
    timeChannels: 8,
    heads: 2,
    groups: 2,
    seed: weights,
  });
  return trainerOf(model, seed, encoderShare);
}

function trainerOf(model: AnchoredDiffusion, seed: number, encoderShare: number): AnchoredTrainer {
  const schedule = cosineSchedule({ steps: 1000 });
  const recipe = anchoredRecipe(model, { schedule, activation: 'softmax', encoderShare });
  return Object.assign(new Trainer(recipe, { seed }), { model });
}

/** Side of the images of {@link largeTrainer}. */
const LARGE_SIDE = 64;

/** A trainer of the network that `medseg train` makes, whose steps take a while; for {@link largeBatch}. */
export function largeTrainer(seed = 1, encoderShare = 0.6): AnchoredTrainer {
  const model = new AnchoredDiffusion({ imageSize: [LARGE_SIDE, LARGE_SIDE], imageChannels: 1, seed });
  return trainerOf(model, seed, encoderShare);
}

/** Noisy images of a bright half, and the half as mask. */
export function largeBatch(step: number, count: number): CheckedBatch {
  const random = createRandom(7).fork(step);
  const masks = Float32Array.from({ length: count * LARGE_SIDE ** 2 }, (_, i) => (i % LARGE_SIDE < 32 ? 1 : 0));
  const shape = [count, LARGE_SIDE, LARGE_SIDE, 1] as const;
  return {
    images: masks.map((value) => value + 0.5 * random.normal()),
    masks,
    imageShape: shape,
    maskShape: shape,
    ids: Array.from({ length: count }, (_, i) => `half ${i}`),
  };
}

/** The discs of {@link discBatch} as two classes: what lies left of the middle, and what lies right of it. */
export function halvedBatch(step: number, count = 4): CheckedBatch {
  const batch = discBatch(step, count);
  const masks = new Float32Array(2 * batch.masks.length);
  batch.masks.forEach((value, i) => {
    masks[2 * i + (i % SIDE < SIDE / 2 ? 0 : 1)] = value;
  });
  return { ...batch, masks, maskShape: [count, SIDE, SIDE, 2] };
}

/** Noisy images of a bright disc, and the disc as mask; a pure function of the step. */
export function discBatch(step: number, count = 4): CheckedBatch {
  const random = createRandom(99).fork(step);
  const images = new Float32Array(count * SIDE * SIDE);
  const masks = new Float32Array(count * SIDE * SIDE);
  for (let b = 0; b < count; b++) {
    const [cx, cy] = [1 + 6 * random.uniform(), 1 + 6 * random.uniform()];
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const at = (b * SIDE + y) * SIDE + x;
        masks[at] = Math.hypot(x - cx, y - cy) < 2.5 ? 1 : 0;
        images[at] = masks[at]! + 0.5 * random.normal();
      }
    }
  }
  return {
    images,
    masks,
    imageShape: [count, SIDE, SIDE, 1],
    maskShape: [count, SIDE, SIDE, 1],
    ids: Array.from({ length: count }, (_, i) => `disc ${i}`),
  };
}

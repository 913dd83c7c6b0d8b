import * as tf from '@tensorflow/tfjs-core';
import { type StepGradients, shareOf } from './step-gradients.ts';
import type { StepInput } from './step-input.ts';
import { joined, sumOfTensors } from './sums.ts';
import type { CheckedBatch } from './training-batch.ts';

/** Several batches as one. Throws RangeError where their images have different channels. */
export function joinBatches(batches: readonly CheckedBatch[]): CheckedBatch {
  const [first] = batches as readonly [CheckedBatch, ...CheckedBatch[]];
  if (batches.length === 1) return first;
  const channels = first.imageShape[3];
  const other = batches.find(({ imageShape }) => imageShape[3] !== channels);
  if (other) {
    throw new RangeError(
      `train: the images of one step must have the same channels, got ${channels} and ${other.imageShape[3]}`,
    );
  }
  const count = batches.reduce((sum, { imageShape }) => sum + imageShape[0], 0);
  const [, ...imageRest] = first.imageShape;
  const [, ...maskRest] = first.maskShape;
  const isWeighted = batches.some(({ pixelWeights }) => pixelWeights);
  const weightsOf = ({ pixelWeights, masks, maskShape }: CheckedBatch): Float32Array =>
    pixelWeights ?? new Float32Array(masks.length / maskShape[3]).fill(1);
  return {
    images: joined(batches.map(({ images }) => images)),
    masks: joined(batches.map(({ masks }) => masks)),
    imageShape: [count, ...imageRest],
    maskShape: [count, ...maskRest],
    ids: batches.flatMap(({ ids }) => [...ids]),
    ...(isWeighted && { pixelWeights: joined(batches.map(weightsOf)) }),
  };
}

/** The parts of a step whose batch is computed so many samples at a time. */
export function partsOf(input: StepInput, counts: readonly number[]): StepInput[] {
  if (counts.length === 1) return [input];
  let end = 0;
  return counts.map((count) => {
    end += count;
    return shareOf(input, end - count, end);
  });
}

/** Adds up the gradients of the parts of a step, which are its own from then on. */
export class GradientSum {
  private sum: StepGradients | undefined;

  add(part: StepGradients): void {
    const { sum } = this;
    this.sum = sum
      ? {
          loss: sum.loss + part.loss,
          gradients: sumOfTensors(sum.gradients, part.gradients),
          state: sumOfTensors(sum.state, part.state),
          ...(sum.losses && part.losses && { losses: joined([sum.losses, part.losses]) }),
        }
      : part;
  }

  /** Those of the whole step; the caller's. */
  get total(): StepGradients {
    return this.sum!;
  }

  /** For a step that has failed. */
  dispose(): void {
    if (this.sum) tf.dispose([...this.sum.gradients.values(), ...this.sum.state.values()]);
  }
}

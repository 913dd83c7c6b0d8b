import { requireList } from '@medseg/arguments';
import type { Sample } from '../case.ts';

/** Several samples in one array each. */
export interface Batch {
  /** Ids of the samples, in order. */
  ids: string[];
  /** [batch, height, width, channels] */
  imageShape: [number, number, number, number];
  /** Normalised intensities, sample by sample, row by row. */
  images: Float32Array;
  /** [batch, height, width, classes] */
  maskShape: [number, number, number, number];
  /** 0 or 1, or between them as in a `Sample`. */
  masks: Float32Array;
  /** How much each pixel counts, [batch, height, width]; absent where all do. */
  pixelWeights?: Float32Array;
}

/**
 * Puts samples of one shape into one batch, in their order.
 *
 * Throws RangeError when there are none or their shapes differ.
 *
 * @example const batch = stackSamples(await Promise.all([0, 1, 2].map((i) => source.sample(i))))
 */
export function stackSamples(samples: readonly Sample[]): Batch {
  requireList('stackSamples: samples', samples);
  const first = samples[0];
  if (!first) throw new RangeError('stackSamples: there must be at least one sample, got 0');
  const { height, width, channels, classes } = first;
  const images = new Float32Array(samples.length * first.image.length);
  const masks = new Float32Array(samples.length * first.mask.length);
  const pixelWeights = samples.some((sample) => sample.pixelWeights)
    ? new Float32Array(samples.length * height * width).fill(1)
    : undefined;
  for (const [i, sample] of samples.entries()) {
    if (shapeText(sample) !== shapeText(first)) {
      throw new RangeError(
        `stackSamples: samples must have one shape, got ${shapeText(first)} of ${first.id} and ${shapeText(sample)} of ${sample.id}`,
      );
    }
    images.set(sample.image, i * first.image.length);
    masks.set(sample.mask, i * first.mask.length);
    if (sample.pixelWeights) pixelWeights?.set(sample.pixelWeights, i * height * width);
  }
  return {
    ids: samples.map((sample) => sample.id),
    imageShape: [samples.length, height, width, channels],
    images,
    maskShape: [samples.length, height, width, classes],
    masks,
    ...(pixelWeights && { pixelWeights }),
  };
}

function shapeText({ height, width, channels, classes }: Sample): string {
  return `${height}x${width}x${channels}${classes === 1 ? '' : ` with ${classes} classes`}`;
}

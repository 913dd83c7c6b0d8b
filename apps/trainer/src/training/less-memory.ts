import type { RunConfig } from '@medseg/pipeline';
import { largestThatFits } from '../terminal/largest-that-fits.ts';

/** Sides stay multiples of this, or of what they are multiples of: networks halve them several times. */
const MULTIPLE = 32;

/**
 * How a run needs less memory: with the largest batch that fits, of at most `most` samples, or the largest images; with both
 * where neither is enough.
 */
export function lessMemory(
  config: RunConfig,
  fits: (config: RunConfig) => boolean,
  most = config.training.batchSize - 1,
): string {
  const { data, training } = config;
  const { batchSize } = training;
  const sizes = smallerSizes(data.imageSize);
  const fitsWith = (batch: number, imageSize = data.imageSize): boolean =>
    fits({ ...config, data: { ...data, imageSize }, training: { ...training, batchSize: batch } });
  const batch = largestThatFits(most, (count) => fitsWith(count));
  const size = sizes.find((smaller) => fitsWith(batchSize, smaller));
  const ways = [
    ...(batch > 0 ? [`a smaller batch, --set training.batchSize=${batch} (it is ${batchSize})`] : []),
    ...(size ? [`smaller images, --set data.imageSize=[${size}]`] : []),
  ];
  if (ways.length > 0) return `a new run needs less with ${ways.join(', or ')}`;
  const single = sizes.find((smaller) => fitsWith(1, smaller));
  if (single) return `a new run needs less with --set training.batchSize=1 and --set data.imageSize=[${single}]`;
  return 'a new run needs less with a smaller network: fewer network.encoderBlocks, network.encoderChannels and network.denoiserChannels';
}

/** Half, a quarter, an eighth of the sides and so on, the largest first. */
function smallerSizes([height, width]: readonly [number, number]): [number, number][] {
  const multiple = powerOfTwoIn(height, width);
  const sizes: [number, number][] = [];
  for (let share = 2; Math.max(height, width) / share >= multiple; share *= 2) {
    const [h, w] = [height, width].map((side) => Math.max(multiple, Math.floor(side / share / multiple) * multiple));
    sizes.push([h!, w!]);
  }
  return sizes;
}

/** The largest power of two up to `MULTIPLE` that both sides are multiples of. */
function powerOfTwoIn(height: number, width: number): number {
  let power = MULTIPLE;
  while (height % power !== 0 || width % power !== 0) power /= 2;
  return power;
}

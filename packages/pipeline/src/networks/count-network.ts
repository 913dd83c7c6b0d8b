import type { RunConfig } from '../run/config.ts';

/** What the size of a network is counted from: channels of its encoder, and of its denoiser, which may have none. */
export interface CountedNetwork {
  readonly encoderChannels: readonly number[];
  readonly encoderBlocks: number;
  readonly denoiserChannels: readonly number[];
  readonly timeChannels: number;
}

/** The network of a configuration as it can be counted before it is built: ours, and the plain U-Net, its encoder. */
export function countedNetwork({ network }: Pick<RunConfig, 'network'>): CountedNetwork | undefined {
  if (network.name === 'medseg') return network;
  if (network.name !== 'unet') return undefined;
  return { encoderChannels: network.channels, encoderBlocks: network.blocks, denoiserChannels: [], timeChannels: 0 };
}

/** What decides the size of a network. */
export interface NetworkSize {
  /** Height and width that it works at. */
  readonly imageSize: readonly [number, number];
  readonly network: CountedNetwork;
  /** Channels of an image. */
  readonly imageChannels: number;
  /** Channels of a mask. */
  readonly classes: number;
}

/** What one half of a network holds. */
interface PartCount {
  /** Weights. */
  readonly weights: number;
  /** Numbers that a pass keeps of each pixel of the image until its end, those of coarser levels counted by their share. */
  readonly perPixel: number;
}

const convolution = (side: number, from: number, to: number): number => side ** 2 * from * to + to;
const affine = (channels: number): number => 2 * channels;

function residualBlock(from: number, to: number, time = 0): PartCount {
  const weights =
    affine(from) +
    convolution(3, from, to) +
    (time > 0 ? convolution(1, time, 2 * to) : 0) +
    affine(to) +
    convolution(3, to, to) +
    (from === to ? 0 : convolution(1, from, to));
  return { weights, perPixel: from + 3 * to };
}

function selfAttention(channels: number): PartCount {
  const weights = affine(channels) + convolution(1, channels, 3 * channels) + convolution(1, channels, channels);
  return { weights, perPixel: 6 * channels };
}

/** Numbers of each pixel of the image that a pass without gradients has at once, at most; what it is done with is freed. */
interface DrawingCount {
  /** The features of the encoder, which the denoiser takes. */
  readonly features: number;
  /** The encoder's own. */
  readonly encoder: number;
  /** The denoiser's own. */
  readonly denoiser: number;
}

/** Counts what drawing has at once. */
export function countDrawing({ network, classes }: Pick<NetworkSize, 'network' | 'classes'>): DrawingCount {
  const { encoderChannels, denoiserChannels } = network;
  const begin = denoiserChannels[0] ?? 0;
  return {
    features: classes + sumOverLevels(encoderChannels),
    encoder: atOnce(encoderChannels) + 3 * classes,
    denoiser: Math.max(begin > 0 ? atOnce(denoiserChannels) : 0, 9 * begin) + 6 * classes, // the attentive fusion of the finest level
  };
}

/** Of a U-Net: what waits for the way up, and the largest block, that of the finest level or the attention. */
function atOnce(channels: readonly number[]): number {
  const [fine, coarse] = [channels[0]!, channels[1] ?? 0];
  const waiting = sumOverLevels(channels.slice(0, -1));
  const attention = (9 * channels.at(-1)!) / 4 ** (channels.length - 1);
  const up = coarse > 0 ? coarse + 2 * (fine + coarse) + 3 * fine : 4 * fine;
  return waiting + Math.max(up, attention);
}

function sumOverLevels(channels: readonly number[]): number {
  return channels.reduce((sum, count, level) => sum + count / 4 ** level, 0);
}

/** Adds up parts, each at a level: of a coarser one a pixel counts by its share. */
class Count {
  weights = 0;
  perPixel = 0;

  add({ weights, perPixel }: PartCount, level = 0): void {
    this.weights += weights;
    this.perPixel += perPixel / 4 ** level;
  }

  /** The way up of a U-Net: at each level what comes from below is enlarged and joined to what was there. */
  addDecoder(channels: readonly number[], time = 0): void {
    for (let level = channels.length - 2; level >= 0; level--) {
      const [fine, coarse] = [channels[level]!, channels[level + 1]!];
      this.add(residualBlock(coarse + fine, fine, time), level);
      this.add({ weights: 0, perPixel: 2 * coarse + fine }, level);
    }
  }

  addHead(channels: number, classes: number): void {
    this.add({ weights: affine(channels) + convolution(3, channels, classes), perPixel: channels + 3 * classes });
  }
}

/** Counts what `buildNetwork` would build, without building it: it may be far too large for that. */
export function countNetwork({ network, imageSize, imageChannels, classes }: NetworkSize): {
  encoder: PartCount;
  denoiser: PartCount;
} {
  const { encoderChannels, encoderBlocks, denoiserChannels, timeChannels } = network;
  const [height, width] = imageSize;
  const coarsest = encoderChannels.length - 1;
  const encoder = new Count();
  const first = encoderChannels[0]!;
  encoder.add({ weights: convolution(3, imageChannels, first), perPixel: imageChannels + first });
  encoderChannels.forEach((channels, level) => {
    encoder.add(residualBlock(encoderChannels[level - 1] ?? first, channels), level);
    const more = residualBlock(channels, channels);
    const blocks = encoderBlocks - 1;
    encoder.add({ weights: blocks * more.weights, perPixel: blocks * more.perPixel }, level);
  });
  encoder.add(selfAttention(encoderChannels[coarsest]!), coarsest);
  encoder.addDecoder(encoderChannels);
  encoder.addHead(first, classes);

  const denoiser = new Count();
  const begin = denoiserChannels[0];
  if (begin === undefined) return { encoder, denoiser };
  denoiser.add({ weights: 2 * convolution(1, timeChannels, timeChannels), perPixel: 0 });
  denoiser.add({ weights: convolution(3, 2 * classes, begin), perPixel: begin + 5 * classes });
  denoiserChannels.forEach((channels, level) => {
    denoiser.add(residualBlock(denoiserChannels[level - 1] ?? begin, channels, timeChannels), level);
    const features = encoderChannels[level] ?? 0;
    const frequencies = (height / 2 ** level) * (width / 2 ** (level + 1) + 1);
    const weights = convolution(1, features, channels) + 2 * affine(channels) + 2 * channels * frequencies;
    denoiser.add({ weights, perPixel: 8 * channels + features }, level);
  });
  denoiser.add(selfAttention(denoiserChannels.at(-1)!), coarsest);
  denoiser.addDecoder(denoiserChannels, timeChannels);
  denoiser.addHead(begin, classes);
  return { encoder, denoiser };
}

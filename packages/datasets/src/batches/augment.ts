import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import type { Random } from '@medseg/random';
import type { Sample } from '../case.ts';
import { type DegradeOptions, degrade } from './degrade.ts';
import { type WarpOptions, warp } from './warp.ts';

/** How samples are changed at random; what is left out takes its default, and `{}` flips and varies intensities. */
export interface AugmentOptions extends WarpOptions, DegradeOptions {
  /** Mirrors left-right and top-bottom, each half of the time. Default true. */
  flip?: boolean;
  /** Turns by 0, 90, 180 or 270 degrees; square images only. */
  rotate90?: boolean;
  /** Each channel becomes x * (1 + u) + v with u and v uniform in [-intensity, intensity]. Default 0.1. */
  intensity?: number;
  /** Mixes samples of a batch, shares drawn from Beta(mixup, mixup); 0 is off. Done by the batcher. Default 0. */
  mixup?: number;
}

const augmentOptionNames: OptionNames<AugmentOptions> = {
  flip: true,
  rotate90: true,
  intensity: true,
  mixup: true,
  rotate: true,
  scale: true,
  elastic: true,
  gamma: true,
  biasField: true,
  noise: true,
};

/**
 * Returns an augmented copy of a sample: the same geometry for image, mask and weights of pixels, intensity changes only
 * for the image.
 *
 * First rotate, scale and elastic, then flip, rotate90 and intensity, then gamma, biasField and noise; all but flip and
 * intensity are off unless given. Each draws from its own random stream: turning one on does not change the others.
 *
 * Throws RangeError when `rotate90` is asked for an image that is not square, and for amounts below 0.
 *
 * @example augment(sample, createRandom(1), { flip: true, intensity: 0.1 })
 */
export function augment(sample: Sample, random: Random, options: AugmentOptions = {}): Sample {
  requireObject('augment: sample', sample, ['id', 'patient', 'height', 'width']);
  requireObject('augment: random', random, ['uniform', 'integer']);
  requireOptions('augment', options, augmentOptionNames);
  for (const [name, value] of Object.entries(options)) {
    if (typeof value === 'number' && !(value >= 0))
      throw new RangeError(`augment: ${name} must be 0 or more, got ${value}`);
  }
  const { rotate = 0, scale = 0, elastic = 0, gamma = 0, biasField = 0, noise = 0 } = options;
  const isWarped = rotate > 0 || scale > 0 || elastic > 0;
  const warped = isWarped ? warp(sample, random.fork('warp'), { rotate, scale, elastic }) : sample;
  const turned = turn(warped, random, options);
  const isDegraded = gamma > 0 || biasField > 0 || noise > 0;
  return isDegraded ? degrade(turned, random.fork('degrade'), { gamma, biasField, noise }) : turned;
}

/** Mirrors and turns by right angles, and changes gain and level of each channel. */
function turn(
  sample: Sample,
  random: Random,
  { flip = true, rotate90 = false, intensity = 0.1 }: AugmentOptions,
): Sample {
  const { height, width, channels, classes } = sample;
  if (rotate90 && height !== width)
    throw new RangeError(`augment: rotate90 needs square images, got ${height}x${width}`);
  const mirrorX = flip && random.uniform() < 0.5;
  const mirrorY = flip && random.uniform() < 0.5;
  const turns = rotate90 ? random.integer(4) : 0;
  const gains = new Float32Array(channels);
  const shifts = new Float32Array(channels);
  for (let c = 0; c < channels; c++) {
    gains[c] = 1 + intensity * (2 * random.uniform() - 1);
    shifts[c] = intensity * (2 * random.uniform() - 1);
  }
  const image = new Float32Array(sample.image.length);
  const mask = new Float32Array(sample.mask.length);
  const pixelWeights = sample.pixelWeights && new Float32Array(sample.pixelWeights.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let fromX = mirrorX ? width - 1 - x : x;
      let fromY = mirrorY ? height - 1 - y : y;
      for (let k = 0; k < turns; k++) [fromX, fromY] = [fromY, height - 1 - fromX];
      const from = fromY * width + fromX;
      const to = y * width + x;
      if (pixelWeights) pixelWeights[to] = sample.pixelWeights![from]!;
      for (let k = 0; k < classes; k++) mask[to * classes + k] = sample.mask[from * classes + k]!;
      for (let c = 0; c < channels; c++)
        image[to * channels + c] = sample.image[from * channels + c]! * gains[c]! + shifts[c]!;
    }
  }
  return { ...sample, image, mask, ...(pixelWeights && { pixelWeights }) };
}

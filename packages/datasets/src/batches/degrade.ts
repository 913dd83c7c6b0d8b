import type { Random } from '@medseg/random';
import type { Sample } from '../case.ts';

export interface DegradeOptions {
  /** Contrast: x becomes low + range · ((x - low) / range)^g a channel, log g uniform in [-log(1 + gamma), log(1 + gamma)]. */
  gamma?: number;
  /** Multiplies by exp of a smooth field of at most so much, as of an uneven coil; intensities are taken from the lowest. */
  biasField?: number;
  /** Adds normal noise of a deviation uniform in [0, noise] times that of the channel. */
  noise?: number;
}

/** Changes the intensities of a sample as scanners do: contrast, a bias field, noise. The mask stays. */
export function degrade(
  sample: Sample,
  random: Random,
  { gamma = 0, biasField = 0, noise = 0 }: DegradeOptions,
): Sample {
  const { height, width, channels } = sample;
  const image = sample.image.slice();
  const field = biasField > 0 ? smoothField(height, width, biasField, random) : undefined;
  for (let c = 0; c < channels; c++) {
    const power = Math.exp((2 * random.uniform() - 1) * Math.log(1 + gamma));
    const { low, range, deviation } = spreadOf(image, channels, c);
    const grain = random.uniform() * noise * deviation;
    for (let i = c, pixel = 0; i < image.length; i += channels, pixel++) {
      let value = image[i]!;
      if (range > 0 && power !== 1) value = low + range * ((value - low) / range) ** power;
      if (field) value = low + (value - low) * Math.exp(field[pixel]!);
      if (noise > 0) value += grain * random.normal();
      image[i] = value;
    }
  }
  return { ...sample, image };
}

function spreadOf(
  image: Float32Array,
  channels: number,
  channel: number,
): { low: number; range: number; deviation: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let squares = 0;
  for (let i = channel; i < image.length; i += channels) {
    const value = image[i]!;
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
    squares += value * value;
  }
  const count = image.length / channels;
  const mean = sum / count;
  return { low, range: high - low, deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
}

/** A polynomial of second degree in both axes with random coefficients, scaled so that it reaches `most` at most. */
function smoothField(height: number, width: number, most: number, random: Random): Float32Array {
  const coefficients = Array.from({ length: 5 }, () => random.normal());
  const field = new Float32Array(height * width);
  let largest = 0;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const [v, u] = [(2 * (y + 0.5)) / height - 1, (2 * (x + 0.5)) / width - 1];
      const terms = [u, v, u * v, u * u - 1 / 3, v * v - 1 / 3];
      field[i] = terms.reduce((sum, term, k) => sum + coefficients[k]! * term, 0);
      largest = Math.max(largest, Math.abs(field[i]!));
    }
  }
  const scale = (most * random.uniform()) / Math.max(largest, 1e-12);
  return field.map((value) => value * scale);
}

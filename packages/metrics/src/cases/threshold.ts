import { checkArray, type NumberArray, type Probabilities } from '../arrays.ts';
import { otsuThreshold } from '../otsu-threshold.ts';

/**
 * The mask of a map: 1 where it reaches the level, from 0 to 1, by default one half. Throws TypeError for what is no
 * array, RangeError for another level.
 *
 * @example threshold(Float32Array.of(0.2, 0.5)) // [0, 1]
 */
export function threshold(map: Probabilities, level = 0.5): Uint8Array {
  checkArray('threshold', 'map', map);
  if (!(level >= 0 && level <= 1)) throw new RangeError(`threshold: level must lie in 0..1, got ${level}`);
  const mask = new Uint8Array(map.length);
  for (let i = 0; i < map.length; i++) if (map[i]! >= level) mask[i] = 1;
  return mask;
}

/**
 * The pixels that are brighter than Otsu's threshold, on the mean of the channels. NaN is outside the field of view: a
 * pixel of nothing else is neither measured nor bright.
 *
 * intensities: [pixels, channels], finite or NaN. Throws RangeError as `otsuThreshold`, and when the channels do not
 * divide the values.
 *
 * @example otsuMask(Uint8Array.of(10, 11, 200, 201)) // [0, 0, 1, 1]
 */
export function otsuMask(intensities: NumberArray, channels = 1): Uint8Array {
  checkArray('otsuMask', 'intensities', intensities);
  if (!Number.isInteger(intensities.length / channels)) {
    throw new RangeError(`otsuMask: channels must divide the ${intensities.length} values, got ${channels}`);
  }
  const grey = new Float32Array(intensities.length / channels);
  for (let pixel = 0; pixel < grey.length; pixel++) {
    let sum = 0;
    let count = 0;
    for (let c = 0; c < channels; c++) {
      const value = intensities[pixel * channels + c]!;
      if (Number.isNaN(value)) continue;
      sum += value;
      count++;
    }
    grey[pixel] = sum / count;
  }
  const level = otsuThreshold(grey.filter((value) => !Number.isNaN(value)));
  const mask = new Uint8Array(grey.length);
  for (let i = 0; i < grey.length; i++) if (grey[i]! > level) mask[i] = 1;
  return mask;
}

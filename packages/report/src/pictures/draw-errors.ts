import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import { ERROR_COLOURS, IGNORED_COLOUR, type Rgb } from '../palette.ts';
import type { Picture } from './picture.ts';

const drawErrorsOptionNames: OptionNames<NonNullable<Parameters<typeof drawErrors>[1]>> = {
  truth: true,
  prediction: true,
  ignored: true,
};

/**
 * A copy of a picture, darkened, with its errors coloured: false positives, false negatives, and pixels that have a
 * class in both masks but not the same.
 *
 * truth, prediction: [height, width] in {0, 1} for each class, as many of either.
 *
 * @example drawErrors(drawSlice(slice), { truth: [truth], prediction: [mask] })
 */
export function drawErrors(
  picture: Picture,
  options: {
    /** The reference masks. */
    readonly truth: readonly ArrayLike<number>[];
    /** The predicted masks. */
    readonly prediction: readonly ArrayLike<number>[];
    /** 1 for each pixel that counts in no score, which is no error and grey; absent where all count. */
    readonly ignored?: ArrayLike<number> | undefined;
  },
): Picture {
  requireObject('drawErrors: picture', picture, ['height', 'width', 'rgb']);
  const { height, width, rgb } = picture;
  requireOptions('drawErrors', options, drawErrorsOptionNames);
  const { truth, prediction, ignored } = options;
  const drawn = new Uint8Array(rgb.length);
  for (let i = 0; i < width * height; i++) {
    const colour = ignored?.[i]
      ? IGNORED_COLOUR
      : colourOf(
          truth.map((mask) => mask[i] !== 0),
          prediction.map((mask) => mask[i] !== 0),
        );
    for (let c = 0; c < 3; c++) drawn[i * 3 + c] = colour ? colour[c]! : Math.round(rgb[i * 3 + c]! * 0.7);
  }
  return { height, width, rgb: drawn };
}

function colourOf(truth: readonly boolean[], prediction: readonly boolean[]): Rgb | undefined {
  if (truth.every((inside, k) => inside === prediction[k])) return undefined;
  if (!truth.includes(true)) return ERROR_COLOURS.falsePositive;
  return prediction.includes(true) ? ERROR_COLOURS.wrongClass : ERROR_COLOURS.falseNegative;
}

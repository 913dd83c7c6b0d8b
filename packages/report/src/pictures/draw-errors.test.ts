import { expect, it } from 'vitest';
import { ERROR_COLOURS, IGNORED_COLOUR } from '../palette.ts';
import { drawErrors } from './draw-errors.ts';

const picture = { height: 1, width: 4, rgb: Uint8Array.from({ length: 12 }, () => 100) };
const pixels = (rgb: Uint8Array): number[][] => [0, 1, 2, 3].map((i) => [...rgb.slice(3 * i, 3 * i + 3)]);
const dark = [70, 70, 70];

it('colours what was found without being there and what was missed, and darkens the rest', () => {
  const { rgb } = drawErrors(picture, { truth: [[0, 1, 0, 1]], prediction: [[0, 1, 1, 0]] });
  expect(pixels(rgb)).toEqual([dark, dark, [...ERROR_COLOURS.falsePositive], [...ERROR_COLOURS.falseNegative]]);
  expect(picture.rgb.every((value) => value === 100)).toBe(true);
});

it('tells a wrong class from both', () => {
  const { rgb } = drawErrors(picture, {
    truth: [
      [1, 1, 0, 0],
      [0, 0, 0, 1],
    ],
    prediction: [
      [1, 0, 0, 0],
      [0, 1, 1, 0],
    ],
  });
  const { wrongClass, falsePositive, falseNegative } = ERROR_COLOURS;
  expect(pixels(rgb)).toEqual([dark, [...wrongClass], [...falsePositive], [...falseNegative]]);
});

it('shows pixels that count in no score as such, whatever lies there', () => {
  const { rgb } = drawErrors(picture, { truth: [[0, 0, 1, 0]], prediction: [[1, 0, 0, 1]], ignored: [1, 1, 0, 0] });
  const ignored = [...IGNORED_COLOUR];
  const { falsePositive, falseNegative } = ERROR_COLOURS;
  expect(pixels(rgb)).toEqual([ignored, ignored, [...falseNegative], [...falsePositive]]);
});

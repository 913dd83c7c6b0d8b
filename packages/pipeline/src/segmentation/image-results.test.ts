import { expect, it } from 'vitest';
import { imageResults } from './image-results.ts';

it.each([
  [
    ['left lung', 'left-lung', 'right lung'],
    ['left-lung', 'left-lung-2', 'right-lung'],
  ],
  [
    ['+', '-'],
    ['class', 'class-2'],
  ],
  [
    ['Liver', 'liver', 'liver-2'],
    ['Liver', 'liver-3', 'liver-2'],
  ],
])('classes whose names make one file name have files of their own: %j', (names, words) => {
  const probability = Float32Array.from({ length: 4 * names.length }, (_, i) => (i % names.length) / 4);
  const segmentation = { probability, uncertainty: new Float32Array(4), classes: names.length };
  const results = [
    ...imageResults({ name: 'a', classes: { names, exclusive: true } }, { width: 2, height: 2 }, segmentation as never),
  ];
  expect(results.map(({ name }) => name)).toEqual([
    'a_mask.png',
    ...words.map((word) => `a_probability_${word}.png`),
    'a_uncertainty.png',
  ]);
});

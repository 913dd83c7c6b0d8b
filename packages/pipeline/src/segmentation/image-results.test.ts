import { expect, it } from 'vitest';
import { checkImageLabels, imageResults } from './image-results.ts';

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

it.each([
  [[[1], [65536]], '65536 for b'],
  [[[1], [-1]], '-1 for b'],
  [[[1, 70_000], [70_000]], '70000 for a + b'],
])('labels that a PNG has no room for are refused, not written as others: %j', (values, got) => {
  const classes = { names: ['a', 'b'], values, exclusive: values.flat().length === 2 };
  const rule = `labels are 0 to 65535, got ${got}`;
  expect(() => checkImageLabels(classes)).toThrow(rule);
  const segmentation = { probability: new Float32Array(8), uncertainty: new Float32Array(4), classes: 2 };
  expect(() => [...imageResults({ name: 'x', classes }, { width: 2, height: 2 }, segmentation as never)]).toThrow(rule);
  checkImageLabels({ ...classes, values: [[1], [65535]], exclusive: true });
  checkImageLabels({ names: ['a'], values: [[70_000]], exclusive: true }); // of one class masks are 0 and 255
});

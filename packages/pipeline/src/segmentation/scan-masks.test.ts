import { expect, it } from 'vitest';
import { scanLabels, scanMasks } from './scan-masks.ts';

const one = { names: ['lesion'], exclusive: true };
/** Edema around its core, as BraTS has them: label 1 is the core, 2 the rest of the edema. */
const nested = { names: ['edema', 'core'], exclusive: false, values: [[1, 2], [1]] };
const mask = (...values: number[]): Uint8Array => Uint8Array.from(values);

it('masks are those of the probability at one half, or as members were fused', () => {
  const probability = Float32Array.of(0.2, 0.5, 0.7);
  expect(scanMasks({ classes: 1, probability })).toEqual([mask(0, 1, 1)]);
  expect(scanLabels({ classes: 1, probability }, one)).toEqual(mask(0, 1, 1));
  const masks = [mask(1, 0, 0)];
  expect(scanMasks({ classes: 1, probability, masks })).toEqual(masks);
  expect(scanLabels({ classes: 1, probability, masks }, one)).toEqual(mask(1, 0, 0));
});

it('labels are those of fused masks, the nearest where no label has their classes', () => {
  const probability = new Float32Array(8);
  expect(scanLabels({ classes: 2, probability }, nested)).toEqual(mask(0, 0, 0, 0));
  const masks = [mask(0, 1, 1, 0), mask(0, 0, 1, 1)]; // the last pixel is core without edema: one class off from 1 and from 0
  const labels = scanLabels({ classes: 2, probability, masks }, nested);
  expect([...labels].slice(0, 3)).toEqual([0, 2, 1]);
  expect(labels[3]).toBe(1); // foreground before background, as of a half
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkSameGrid } from '../grid.ts';
import { gridOfMasks } from '../masks.fixture.ts';
import { distanceTransform } from './distance-transform.ts';
import { type SurfaceDefinition, surfaceDistances } from './surface-distances.ts';
import { averageSurfaceDistance, averageSymmetricSurfaceDistance, hausdorff, surfaceDice } from './surface-metrics.ts';
import { surfelSizes } from './surfels.ts';

const definitions: SurfaceDefinition[] = ['monai', 'medpy', 'surface-distance'];

/** The index along each axis of a flat position. */
function place(index: number, shape: readonly number[]): number[] {
  return shape.map((extent, axis) => Math.floor(index / shape.slice(axis + 1).reduce((a, b) => a * b, 1)) % extent);
}

test('the distance transform equals brute force, in 2-D and 3-D, with any spacing', () => {
  fc.assert(
    fc.property(gridOfMasks(1), ({ shape, spacing, masks: [mask] }) => {
      const distances = distanceTransform(mask!, { shape, spacing });
      const places = Array.from(mask!, (_, i) => place(i, shape));
      for (const [i, p] of places.entries()) {
        let nearest = Number.POSITIVE_INFINITY;
        for (const [j, q] of places.entries()) {
          if (mask![j] === 1) nearest = Math.min(nearest, Math.hypot(...p.map((v, a) => (v - q[a]!) * spacing[a]!)));
        }
        if (nearest === Number.POSITIVE_INFINITY) expect(distances[i]).toBe(nearest);
        else expect(distances[i]).toBeCloseTo(nearest, 9);
      }
    }),
  );
});

test('symmetry, bounds, identity and percentile 100 = maximum, under every definition', () => {
  fc.assert(
    fc.property(gridOfMasks(2), fc.constantFrom(...definitions), ({ shape, spacing, masks: [a, b] }, definition) => {
      const there = surfaceDistances(a!, b!, { shape, spacing, definition });
      const back = surfaceDistances(b!, a!, { shape, spacing, definition });
      expect(hausdorff(there)).toBe(hausdorff(back));
      expect(hausdorff(there, { percentile: 95 })).toBe(hausdorff(back, { percentile: 95 }));
      if (a!.includes(1) && b!.includes(1)) {
        expect(averageSymmetricSurfaceDistance(there)).toBeCloseTo(averageSymmetricSurfaceDistance(back), 9);
        const { predictionToTruth, truthToPrediction } = there;
        const worst = Math.max(predictionToTruth.distances.at(-1)!, truthToPrediction.distances.at(-1)!);
        expect(hausdorff(there, { percentile: 100 })).toBe(worst);
        expect(hausdorff(there, { percentile: 95 })).toBeLessThanOrEqual(worst);
        const share = surfaceDice(there, { tolerance: 1 });
        expect(share >= 0 && share <= 1).toBe(true);
        expect(surfaceDice(there, { tolerance: worst })).toBe(1);
        expect(surfaceDice(there, { tolerance: 2 })).toBeGreaterThanOrEqual(share);
        const same = surfaceDistances(a!, a!, { shape, spacing, definition });
        expect([hausdorff(same), averageSurfaceDistance(same), surfaceDice(same, { tolerance: 0 })]).toEqual([0, 0, 1]);
      }
    }),
  );
});

test('flips change nothing and scaling the spacing scales every distance', () => {
  fc.assert(
    fc.property(gridOfMasks(2), fc.constantFrom(...definitions), ({ shape, spacing, masks: [a, b] }, definition) => {
      fc.pre(a!.includes(1) && b!.includes(1));
      const share = (scale: number): number => {
        const s = surfaceDistances(a!, b!, { shape, spacing: spacing.map((v) => v * scale), definition });
        return surfaceDice(s, { tolerance: 1.3 * scale });
      };
      expect(share(2)).toBeCloseTo(share(1), 12);
      const read = (p: Uint8Array, t: Uint8Array, scale: number): number[] => {
        const s = surfaceDistances(p, t, { shape, spacing: spacing.map((v) => v * scale), definition });
        return [
          hausdorff(s),
          hausdorff(s, { percentile: 70 }),
          averageSurfaceDistance(s),
          averageSymmetricSurfaceDistance(s),
        ];
      };
      const plain = read(a!, b!, 1);
      // Reversing the flat array flips every axis. A share that just reaches 70 % may fall either way: leave it out.
      const flipped = read(a!.toReversed(), b!.toReversed(), 1);
      const scaled = read(a!, b!, 2);
      for (const k of definition === 'surface-distance' ? [0, 2, 3] : [0, 1, 2, 3]) {
        expect(flipped[k]).toBeCloseTo(plain[k]!, 9);
        expect(scaled[k]).toBeCloseTo(2 * plain[k]!, 9);
      }
    }),
  );
});

test('surface elements add up to the surface of a box', () => {
  // A 3x3 square: four sides of two full edges and four cut corners.
  const lengths = surfelSizes([1, 1]);
  expect(4 * 2 * lengths[0b0011]! + 4 * lengths[0b0001]!).toBeCloseTo(8 + 4 * Math.SQRT1_2, 12);
  const areas = surfelSizes([1, 1, 1]);
  expect(areas[0b00001111]).toBeCloseTo(1, 12);
  expect(areas[1]).toBeCloseTo(Math.sqrt(3) / 8, 12);
  for (let code = 0; code < 256; code++) expect(areas[code]).toBe(areas[255 - code]);
  // Spacing that is isotropic scales areas by its square, lengths by itself.
  const twice = surfelSizes([2, 2, 2]);
  for (let code = 0; code < 256; code++) expect(twice[code]).toBeCloseTo(4 * areas[code]!, 12);
});

test('empty masks follow the definition', () => {
  const empty = new Uint8Array(9);
  const some = Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0);
  const shape = [3, 3];
  const monai = surfaceDistances(empty, some, { shape });
  expect([hausdorff(monai), hausdorff(monai, { percentile: 95 }), averageSurfaceDistance(monai)]).toEqual([
    Number.POSITIVE_INFINITY,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ]);
  expect(surfaceDice(monai, { tolerance: 1 })).toBe(0);
  expect(hausdorff(surfaceDistances(empty, empty, { shape }))).toBeNaN();
  expect(hausdorff(surfaceDistances(some, empty, { shape, definition: 'medpy' }))).toBeNaN();
  expect(hausdorff(surfaceDistances(empty, empty, { shape, definition: 'surface-distance' }))).toBe(
    Number.POSITIVE_INFINITY,
  );
});

test('bad grids say what is wrong', () => {
  const mask = Uint8Array.of(0, 1, 1, 0);
  expect(() => surfaceDistances(mask, mask, { shape: [2, 3] })).toThrow(
    'prediction must fill the shape [2, 3], 6 values, got 4',
  );
  expect(() => surfaceDistances(mask, mask, { shape: [4] })).toThrow('2 or 3 axes');
  expect(() => surfaceDistances(mask, mask, { shape: [2, 2], spacing: [1, -1] })).toThrow(
    'positive and finite millimetres, got [1, -1]',
  );
  expect(() => surfaceDistances(mask, mask, { shape: [2, 2], spacing: [1] })).toThrow('one value for each axis');
  expect(() => surfaceDistances(mask, Uint8Array.of(0, 1), { shape: [2, 2] })).toThrow('same shape');
  expect(() => surfaceDistances(mask, Float32Array.of(0, 1, 0.5, 0), { shape: [2, 2] })).toThrow('truth[2] is 0.5');
  expect(() => distanceTransform(Uint8Array.of(2), { shape: [1, 1] })).toThrow('mask[0] is 2');
  const s = surfaceDistances(mask, mask, { shape: [2, 2] });
  expect(() => hausdorff(s, { percentile: 101 })).toThrow('percentile must lie in 0..100');
  expect(() => surfaceDice(s, { tolerance: -1 })).toThrow('tolerance');
  expect(() => checkSameGrid({ shape: [4, 4] }, { shape: [4, 5] })).toThrow('axis 1 has 4 and 5');
  expect(() => checkSameGrid({ shape: [4, 4], spacing: [1, 1] }, { shape: [4, 4], spacing: [2, 1] })).toThrow(
    'axis 0 has 1 and 2 mm',
  );
});

test('what lies at the tolerance lies within, in the arithmetic of the library', () => {
  const a = Uint8Array.of(1, 0, 0, 0);
  const b = Uint8Array.of(0, 0, 0, 1);
  // Three steps of 0.1 are 0.30000000000000004 in float64 and 0.3 in float32.
  const grid = { shape: [1, 4], spacing: [1, 0.1] };
  expect(surfaceDice(surfaceDistances(a, b, grid), { tolerance: 0.3 })).toBe(1);
  const elements = surfaceDistances(a, b, { ...grid, definition: 'surface-distance' });
  expect(surfaceDice(elements, { tolerance: 0.3 })).toBeCloseTo(0.5, 12);
});

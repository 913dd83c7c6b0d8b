import fc from 'fast-check';
import { expect, it } from 'vitest';
import { calibrationError, ece } from './calibration.ts';
import { poolBins } from './pool-bins.ts';
import { reliabilityBins } from './reliability.ts';

const image = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 1 })), {
  minLength: 1,
  maxLength: 30,
});

it('pooled diagrams are the diagram of all pixels', () => {
  fc.assert(
    fc.property(fc.array(image, { minLength: 1, maxLength: 4 }), (images) => {
      const diagram = (pixels: [number, number][]) =>
        reliabilityBins(
          Float64Array.from(pixels, ([p]) => p),
          Uint8Array.from(pixels, ([, t]) => t),
        );
      const pixels = images.flat();
      const pooled = poolBins(images.map(diagram));
      for (const [k, { count, confidence, accuracy }] of diagram(pixels).entries()) {
        expect(pooled[k]!.count).toBe(count);
        if (count === 0) continue;
        expect(pooled[k]!.confidence).toBeCloseTo(confidence, 10);
        expect(pooled[k]!.accuracy).toBeCloseTo(accuracy, 10);
      }
      const expected = ece(
        Float64Array.from(pixels, ([p]) => p),
        Uint8Array.from(pixels, ([, t]) => t),
      );
      expect(calibrationError(pooled)).toBeCloseTo(expected, 10);
    }),
  );
});

it('refuses diagrams of different bins, and none', () => {
  const diagram = (bins: number) => reliabilityBins(Float64Array.of(0.5), Uint8Array.of(1), { bins });
  expect(() => poolBins([diagram(2), diagram(3)])).toThrow('poolBins: diagrams must have the same bins');
  expect(() => poolBins([])).toThrow('poolBins: needs at least one diagram, got none');
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adaptiveEce, brierScore, ece, maximumCalibrationError } from './calibration.ts';
import { reliabilityBins } from './reliability.ts';

test('a small example by hand', () => {
  const probabilities = Float64Array.of(0.1, 0.3, 0.35, 0.8);
  const truth = Uint8Array.of(0, 1, 0, 1);
  // Two bins: {0.1, 0.3, 0.35} mean 0.25 against 1/3; {0.8} against 1.
  expect(ece(probabilities, truth, { bins: 2 })).toBeCloseTo((3 / 4) * (1 / 3 - 0.25) + (1 / 4) * 0.2, 12);
  // Two bins of two pixels: {0.1, 0.3} against 1/2, {0.35, 0.8} against 1/2.
  expect(adaptiveEce(probabilities, truth, { bins: 2 })).toBeCloseTo(0.5 * 0.3 + 0.5 * 0.075, 12);
  expect(maximumCalibrationError(probabilities, truth, { bins: 2 })).toBeCloseTo(0.2, 12);
  expect(brierScore(probabilities, truth)).toBeCloseTo((0.01 + 0.49 + 0.1225 + 0.04) / 4, 12);
  // Winning class: confidences 0.9, 0.7, 0.65 and 0.8, right in all but the second.
  expect(ece(probabilities, truth, { bins: 1, form: 'confidence' })).toBeCloseTo(0.7625 - 0.75, 12);
});

test('bins hold every pixel, a hard and right prediction is calibrated, bounds hold', () => {
  const pixel = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 1 }));
  fc.assert(
    fc.property(fc.array(pixel, { minLength: 1, maxLength: 80 }), fc.integer({ min: 1, max: 20 }), (pixels, bins) => {
      const probabilities = Float64Array.from(pixels, ([p]) => p);
      const truth = Uint8Array.from(pixels, ([, t]) => t);
      for (const binning of ['width', 'count'] as const) {
        const all = reliabilityBins(probabilities, truth, { bins, binning });
        expect(all.reduce((sum, bin) => sum + bin.count, 0)).toBe(pixels.length);
        const error = ece(probabilities, truth, { bins, binning });
        expect(error >= 0 && error <= 1).toBe(true);
      }
      expect(ece(truth, truth, { bins })).toBe(0);
      expect(brierScore(truth, truth)).toBe(0);
    }),
  );
});

test('refuses what is not a probability', () => {
  expect(() => ece(Float32Array.of(1.5), Uint8Array.of(1))).toThrow('ece: probabilities[0] is 1.5');
  expect(() => brierScore(Float32Array.of(Number.NaN), Uint8Array.of(1))).toThrow('probabilities[0] is NaN');
  expect(() => ece(Float32Array.of(0.5), Uint8Array.of(3))).toThrow('truth[0] is 3');
  expect(() => ece(Float32Array.of(0.5), Uint8Array.of(1), { bins: 0 })).toThrow('bins');
});

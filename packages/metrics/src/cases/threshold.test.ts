import { expect, it } from 'vitest';
import { otsuMask, threshold } from './threshold.ts';

it('takes what reaches the level', () => {
  expect(threshold(Float32Array.of(0.49, 0.5, 1))).toEqual(Uint8Array.of(0, 1, 1));
  expect(threshold(Float64Array.of(0.49, 0.5, 1), 0.6)).toEqual(Uint8Array.of(0, 0, 1));
});

it('splits the mean of the channels by Otsu’s threshold', () => {
  expect(otsuMask(Uint8Array.of(10, 11, 200, 201))).toEqual(Uint8Array.of(0, 0, 1, 1));
  // Means 5, 6, 100 and 101.
  expect(otsuMask(Float32Array.of(0, 10, 2, 10, 0, 200, 2, 200), 2)).toEqual(Uint8Array.of(0, 0, 1, 1));
  expect(() => otsuMask(Uint8Array.of(1, 2, 3), 2)).toThrow('otsuMask: channels must divide the 3 values, got 2');
});

it('takes NaN as outside the field of view', () => {
  const { NaN: outside } = Number;
  expect(otsuMask(Float32Array.of(10, outside, 11, 200, 201))).toEqual(Uint8Array.of(0, 0, 0, 1, 1));
  expect(otsuMask(Float32Array.of(5, outside, 6, 6, outside, outside, 100, 100), 2)).toEqual(Uint8Array.of(0, 0, 0, 1));
  expect(() => otsuMask(Float32Array.of(1, Number.POSITIVE_INFINITY))).toThrow('values[1] is Infinity');
});

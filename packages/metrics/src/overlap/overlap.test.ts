import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskPair } from '../masks.fixture.ts';
import { confusion } from './confusion.ts';
import { dice, iou } from './overlap.ts';

const empty = new Uint8Array(4);
const some = Uint8Array.of(0, 1, 1, 0);

test('counts a small example by hand', () => {
  const counts = confusion(Uint8Array.of(1, 1, 0, 0, 1), Uint8Array.of(1, 0, 1, 0, 1));
  expect(counts).toEqual({ truePositives: 2, falsePositives: 1, trueNegatives: 1, falseNegatives: 1 });
  expect(dice(Uint8Array.of(1, 1, 0), Uint8Array.of(1, 0, 0))).toBeCloseTo(2 / 3, 12);
  expect(iou(Uint8Array.of(1, 1, 0), Uint8Array.of(1, 0, 0))).toBe(0.5);
  expect(iou([1, 1, 0], [1, 0, 0])).toBe(0.5); // plain arrays too
});

test('empty masks follow the rule by name', () => {
  for (const overlap of [dice, iou]) {
    expect(overlap(empty, empty)).toBe(1);
    expect(overlap(empty, empty, { empty: 'zero' })).toBe(0);
    expect(overlap(empty, empty, { empty: 'nan' })).toBeNaN();
    expect(overlap(some, empty)).toBe(0);
    expect(overlap(some, empty, { empty: 'ignore' })).toBeNaN();
    expect(overlap(empty, some, { empty: 'ignore' })).toBe(0);
  }
});

test('symmetry, bounds, identity and Dice = 2 IoU / (1 + IoU)', () => {
  fc.assert(
    fc.property(maskPair(), ([a, b]) => {
      const d = dice(a, b);
      const j = iou(a, b);
      expect(d).toBe(dice(b, a));
      expect(j).toBe(iou(b, a));
      expect(d >= 0 && d <= 1 && j >= 0 && j <= d).toBe(true);
      expect(d).toBeCloseTo((2 * j) / (1 + j), 12);
      expect(dice(a, a)).toBe(1);
      expect(dice(a.toReversed(), b.toReversed())).toBe(d);
    }),
  );
});

test('says which argument, where and what is allowed', () => {
  expect(() => dice(Uint8Array.of(0, 2), Uint8Array.of(0, 1))).toThrow(
    'dice: prediction[1] is 2; a mask holds only 0 and 1',
  );
  expect(() => iou(some, Float32Array.of(0, 1, Number.NaN, 0))).toThrow('iou: truth[2] is NaN');
  expect(() => dice(Uint8Array.of(0), Uint8Array.of(0, 1))).toThrow('same shape, got 1 and 2 values');
  expect(() => confusion(some, Float32Array.of(0, 1, 0.5, 0))).toThrow(RangeError);
});

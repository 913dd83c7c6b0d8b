import { expect, test } from 'vitest';
import { otsuThreshold } from './otsu-threshold.ts';

/** Otsu's criterion over every split of the values themselves. */
function bestSplit(values: number[]): number {
  const mean = (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length;
  let best = Number.NEGATIVE_INFINITY;
  let threshold = Number.NaN;
  for (const t of [...new Set(values)].sort((a, b) => a - b)) {
    const dark = values.filter((v) => v <= t);
    const bright = values.filter((v) => v > t);
    if (bright.length === 0) continue;
    const between = dark.length * bright.length * (mean(dark) - mean(bright)) ** 2;
    if (between > best) {
      best = between;
      threshold = t;
    }
  }
  return threshold;
}

test('equals exhaustive search on integers', () => {
  let state = 7;
  for (let run = 0; run < 20; run++) {
    const values = Array.from({ length: 50 }, () => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return (state >> 8) % 40;
    });
    expect(otsuThreshold(Uint8Array.from(values))).toBe(bestSplit(values));
  }
});

test('separates two clusters of floats', () => {
  const values = Float32Array.from({ length: 200 }, (_, i) => (i % 4 === 0 ? 5 : 1) + (i % 7) * 0.05);
  const t = otsuThreshold(values);
  expect(t).toBeCloseTo(1.3, 6);
  expect(values.filter((v) => v > t)).toHaveLength(50);
});

test('a constant image has nothing above its threshold; bad values are refused', () => {
  expect(otsuThreshold(Uint8Array.of(9, 9, 9))).toBe(9);
  expect(() => otsuThreshold(new Float32Array(0))).toThrow('at least one value');
  expect(() => otsuThreshold(Float32Array.of(1, Number.NaN))).toThrow('values[1] is NaN');
  expect(() => otsuThreshold(Float32Array.of(1, 2), { bins: 1.5 })).toThrow('bins');
});

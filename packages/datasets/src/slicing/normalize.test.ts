import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeIntensity } from './normalize.ts';

describe('normalizeIntensity', () => {
  it('gives non-zero pixels mean 0 and deviation 1, each channel by itself', () => {
    const pixels = new Float32Array(2 * 500).map((_, i) =>
      i % 2 === 0 ? ((i * 37) % 91) + 10 : ((i * 53) % 997) * 7 + 3,
    );
    const out = normalizeIntensity(pixels, 2, { percentiles: [0, 100] });
    for (const channel of [0, 1]) {
      const values = out.filter((_, i) => i % 2 === channel);
      const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
      expect(mean).toBeCloseTo(0, 4);
      expect(Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length)).toBeCloseTo(1, 4);
    }
  });

  it('leaves the black background out of the statistics', () => {
    const [a, b, background] = normalizeIntensity(Float32Array.of(10, 20, 0, 0, 0, 0), 1, { percentiles: [0, 100] });
    // Mean 15, deviation 5; the background is clipped to the lowest non-zero value.
    expect([a, b, background]).toEqual([-1, 1, -1]);
  });

  it('clips to percentiles as numpy.percentile counts them', () => {
    // numpy.percentile(range(1, 12), [10, 90]) is [2, 10].
    const out = normalizeIntensity(
      Float32Array.from({ length: 11 }, (_, i) => i + 1),
      1,
      { percentiles: [10, 90] },
    );
    expect(out[0]).toBe(out[1]);
    expect(out[10]).toBe(out[9]);
    expect(out[5]).toBeCloseTo(0, 6);
  });

  it('does not care about the scale', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 200 }),
        fc.constantFrom(0.25, 2, 257),
        (levels, scale) => {
          const plain = normalizeIntensity(Float32Array.from(levels), 1);
          const scaled = normalizeIntensity(
            Float32Array.from(levels, (v) => v * scale),
            1,
          );
          for (let i = 0; i < levels.length; i++) expect(scaled[i]).toBeCloseTo(plain[i]!, 3);
          expect(plain.every(Number.isFinite)).toBe(true);
        },
      ),
    );
  });

  it('makes zeros of a channel without contrast', () => {
    expect([...normalizeIntensity(new Float32Array(6).fill(77), 1)]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...normalizeIntensity(new Float32Array(6), 1)]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('scales photographs to 0..1, and leaves alone what it is told to', () => {
    expect([...normalizeIntensity(Uint8Array.of(0, 51, 255), 1, { mode: 'photo' })]).toEqual([0, Math.fround(0.2), 1]);
    expect([...normalizeIntensity(Uint16Array.of(65535), 1, { mode: 'photo', white: 65535 })]).toEqual([1]);
    expect([...normalizeIntensity(Uint8Array.of(7), 1, { mode: 'none' })]).toEqual([7]);
  });

  it('takes NaN as outside the field of view: not measured, and 0', () => {
    const { NaN: outside } = Number;
    expect([...normalizeIntensity(Float32Array.of(10, outside, 20, 0), 1, { percentiles: [0, 100] })]).toEqual([
      -1, 0, 1, -1,
    ]);
    expect([...normalizeIntensity(Float32Array.of(outside, 40, 240), 1, { mode: 'ct' })]).toEqual([0, 0, 1]);
    expect([...normalizeIntensity(Float32Array.of(outside, 0.5), 1, { mode: 'photo', white: 1 })]).toEqual([0, 0.5]);
    expect([...normalizeIntensity([outside, 7], 1, { mode: 'none' })]).toEqual([0, 7]);
    const two = normalizeIntensity(Float32Array.of(outside, 1, 10, 1, 20, 3), 2, { percentiles: [0, 100] });
    expect(two[0]).toBe(0);
    expect([two[2], two[4]]).toEqual([-1, 1]);
  });

  it.each(['mri', 'ct', 'photo', 'none'] as const)(
    'refuses infinities and a channel without a number in mode %s',
    (mode) => {
      const { NaN: outside, POSITIVE_INFINITY: infinity } = Number;
      expect(() => normalizeIntensity([1, infinity, -infinity, outside], 1, { mode })).toThrow(
        'intensities must be finite, or NaN outside the field of view, got 2 infinite of 4 pixels',
      );
      // Networks compute in float32, which has no room for it.
      expect(() => normalizeIntensity(Float64Array.of(1, 1e39), 1, { mode })).toThrow('got 1 infinite of 2 pixels');
      expect(() => normalizeIntensity([1, outside, 2, outside], 2, { mode })).toThrow(
        'an image must have numbers in each channel, got NaN in all 2 pixels of channel 2',
      );
    },
  );

  it('refuses samples that are not whole pixels', () => {
    expect(() => normalizeIntensity(new Float32Array(4), 3)).toThrow('4 samples must be a multiple of 3 channels');
  });
});

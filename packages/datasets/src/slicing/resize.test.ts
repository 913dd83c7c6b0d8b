import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resize, resizeArea, resizeBilinear } from './resize.ts';

describe('resize', () => {
  it('takes area means, of parts of pixels too', () => {
    expect([...resizeArea(Float32Array.of(0, 2, 4, 6), { height: 2, width: 2 }, [1, 1])]).toEqual([3]);
    // 3 to 2: each new pixel is one and a half old ones.
    expect([...resizeArea(Float32Array.of(0, 3, 9), { height: 1, width: 3 }, [1, 2])]).toEqual([1, 7]);
  });

  it('interpolates between centres and repeats the edges', () => {
    expect([...resizeBilinear(Float32Array.of(0, 4), { height: 1, width: 2 }, [1, 4])]).toEqual([0, 1, 3, 4]);
  });

  it('chooses for each axis apart and keeps channels apart', () => {
    // 2x1 with 2 channels to 1x2: mean of the rows, then the same column twice.
    expect([...resize(Float32Array.of(0, 10, 4, 30), { height: 2, width: 1, channels: 2 }, [1, 2])]).toEqual([
      2, 20, 2, 20,
    ]);
  });

  it('keeps the mean when shrinking, constants always, and everything at the same size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.infiniteStream(fc.double({ min: -5, max: 5, noNaN: true })),
        (height, width, toHeight, toWidth, numbers) => {
          const data = Float32Array.from({ length: height * width }, () => numbers.next().value);
          const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
          expect(mean(resizeArea(data, { height, width }, [toHeight, toWidth]))).toBeCloseTo(mean(data), 5);
          const flat = resize(new Float32Array(height * width).fill(3), { height, width }, [toHeight, toWidth]);
          for (const value of flat) expect(value).toBeCloseTo(3, 5);
          const moved = resize(data, { height, width }, [toHeight, toWidth]);
          expect(Math.max(...moved)).toBeLessThanOrEqual(Math.max(...data) + 1e-5);
          expect(Math.min(...moved)).toBeGreaterThanOrEqual(Math.min(...data) - 1e-5);
          expect(resize(data, { height, width }, [height, width])).toEqual(data);
        },
      ),
    );
  });

  it('refuses sizes that do not fit', () => {
    expect(() => resize(new Float32Array(3), { height: 2, width: 2 }, [1, 1])).toThrow(
      '2x2 with 1 channels needs 4 samples, got 3',
    );
    expect(() => resize(new Float32Array(4), { height: 2, width: 2 }, [0, 1])).toThrow('positive integers, got 0x1');
  });
});

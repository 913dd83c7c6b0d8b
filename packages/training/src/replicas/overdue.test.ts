import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Overdue } from './overdue.ts';

function after(...ratios: number[]): number {
  const overdue = new Overdue();
  for (const ratio of ratios) overdue.note(ratio);
  return overdue.after;
}
const times = (count: number, ratio: number): number[] => new Array<number>(count).fill(ratio);

describe('Overdue', () => {
  it('waits a little for a worker that is about as fast as this thread', () => {
    expect(after()).toBe(1.5);
    expect(after(1.02)).toBe(1.3);
    expect(after(...times(15, 0.98), ...times(5, 1.25))).toBe(1.3);
  });

  it('waits longer for one that answers a little later now and then, and for one that always does', () => {
    // Overtaken at 1.3 three steps would cost 2.3 each; at 1.5 they cost 1.4.
    expect(after(...times(17, 1.02), ...times(3, 1.4))).toBe(1.5);
    expect(after(...times(20, 1.8))).toBe(2);
  });

  it('waits as little as it may for one that is slow, until it is fast again', () => {
    expect(after(...times(20, 3))).toBe(1.3);
    expect(after(...times(20, 3), ...times(12, 1.4))).toBe(1.5);
  });

  it('costs at most 2.3 units a step, of which one thread takes 2, on average over what it remembers', () => {
    const ratio = fc.double({ min: 0.5, max: 30, noNaN: true });
    fc.assert(
      fc.property(fc.array(ratio, { minLength: 20, maxLength: 20 }), (ratios) => {
        const limit = after(...ratios);
        const cost = ratios.reduce((sum, r) => sum + (r <= limit ? Math.max(1, r) : limit + 1), limit + 1);
        expect(cost).toBeLessThanOrEqual(2.3 * 21 + 1e-9);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { softDiceConfidence } from '../calibration/soft-dice-confidence.ts';
import { compareMasks } from './mask-comparison.ts';
import { scoreMask } from './scores.ts';

const shape = [4, 4] as const;
// Two by two pixels, and the same a row lower.
const upper = Uint8Array.of(0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0);
const lower = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0);
const none = new Uint8Array(16);

describe('scoreMask', () => {
  it('gives the values of the definitions', () => {
    expect(scoreMask(compareMasks(upper, lower, { shape }))).toEqual({
      dice: 0.5,
      iou: 1 / 3,
      hausdorff95: 1,
      assd: 0.5,
      sensitivity: 0.5,
      precision: 0.5,
      area: 4,
    });
  });

  it('measures in millimetres where the spacing is known', () => {
    const { hausdorff95, assd, area, dice } = scoreMask(compareMasks(upper, lower, { shape, spacing: [2, 0.5] }));
    // Straight down is a row of 2 mm.
    expect([hausdorff95, assd, area, dice]).toEqual([2, 1, 4, 0.5]);
  });

  it('has no distance where a mask is empty, and agrees where both are', () => {
    const missed = scoreMask(compareMasks(none, lower, { shape }));
    expect([missed.dice, missed.hausdorff95, missed.assd, missed.sensitivity, missed.precision]).toEqual([
      0,
      Number.NaN,
      Number.NaN,
      0,
      Number.NaN,
    ]);
    const healthy = scoreMask(compareMasks(none, none, { shape }));
    expect([healthy.dice, healthy.iou, healthy.assd]).toEqual([1, 1, Number.NaN]);
  });
});

describe('softDiceConfidence', () => {
  it('is the Dice of the mask with the probabilities', () => {
    // 2 (0.8 + 0.6) / (0.8 + 0.6 + 0.2 + 2)
    expect(softDiceConfidence(Float64Array.of(0.8, 0.6, 0.2), Uint8Array.of(1, 1, 0))).toBeCloseTo(2.8 / 3.6, 12);
    expect(softDiceConfidence(Float64Array.of(1, 0), Uint8Array.of(1, 0))).toBe(1);
  });

  it('trusts an empty mask as far as no pixel contradicts it', () => {
    expect(softDiceConfidence(Float64Array.of(0.1, 0.4), Uint8Array.of(0, 0))).toBeCloseTo(0.6, 12);
  });
});

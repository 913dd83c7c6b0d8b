import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gridOfMasks, maskPair } from '../masks.fixture.ts';
import { boundaryIou } from './boundary-iou.ts';
import { generalizedDice, perClass } from './classes.ts';
import { type Confusion, confusion } from './confusion.ts';
import * as family from './confusion-metrics.ts';
import { dice, iou } from './overlap.ts';

const counts: Confusion = { truePositives: 6, falsePositives: 2, trueNegatives: 9, falseNegatives: 3 };

test('values of a small table by hand', () => {
  expect(family.sensitivity(counts)).toBeCloseTo(6 / 9, 12);
  expect(family.specificity(counts)).toBeCloseTo(9 / 11, 12);
  expect(family.precision(counts)).toBeCloseTo(6 / 8, 12);
  expect(family.negativePredictiveValue(counts)).toBeCloseTo(9 / 12, 12);
  expect(family.accuracy(counts)).toBeCloseTo(15 / 20, 12);
  expect(family.prevalence(counts)).toBeCloseTo(9 / 20, 12);
  expect(family.fBeta(counts)).toBeCloseTo(12 / 17, 12);
  expect(family.fBeta(counts, 2)).toBeCloseTo(30 / (30 + 12 + 2), 12);
  expect(family.matthewsCorrelation(counts)).toBeCloseTo((54 - 6) / Math.sqrt(8 * 9 * 11 * 12), 12);
  expect(family.fowlkesMallows(counts)).toBeCloseTo(Math.sqrt((6 / 8) * (6 / 9)), 12);
  expect(family.volumeSimilarity(counts)).toBeCloseTo(1 - 1 / 17, 12);
  expect(family.relativeVolumeDifference(counts)).toBeCloseTo(-1 / 9, 12);
  expect(family.cohenKappa(counts)).toBeCloseTo((0.75 - (72 + 132) / 400) / (1 - (72 + 132) / 400), 12);
});

test('complements, bounds, and kinship with Dice and IoU', () => {
  fc.assert(
    fc.property(maskPair(), ([a, b]) => {
      const c = confusion(a, b);
      const pairs = [
        [family.missRate, family.sensitivity],
        [family.fallOut, family.specificity],
        [family.falseDiscoveryRate, family.precision],
        [family.falseOmissionRate, family.negativePredictiveValue],
      ] as const;
      for (const [loss, gain] of pairs) {
        if (!Number.isNaN(gain(c))) expect(loss(c)).toBeCloseTo(1 - gain(c), 12);
      }
      for (const bounded of [family.matthewsCorrelation, family.informedness, family.markedness]) {
        expect(Math.abs(bounded(c)) > 1 + 1e-12).toBe(false);
      }
      if (a.includes(1) || b.includes(1)) {
        expect(family.fBeta(c)).toBeCloseTo(dice(a, b), 12);
        expect(family.threatScore(c)).toBeCloseTo(iou(a, b), 12);
        expect(family.volumeSimilarity(c)).toBeGreaterThanOrEqual(dice(a, b) - 1e-12);
      }
    }),
  );
});

test('classes are compared each against the rest', () => {
  const prediction = Uint8Array.of(0, 1, 2, 2, 1, 0);
  const truth = Uint8Array.of(0, 1, 2, 1, 1, 3);
  expect(perClass(dice, prediction, truth, { classes: 4 })).toEqual([2 / 3, 4 / 5, 2 / 3, 0]);
  expect(perClass(iou, prediction, truth, { classes: 4, background: false })).toEqual([2 / 3, 1 / 2, 0]);
  // By hand: weights 1, 1/9, 1, 1; hits 1, 2, 1, 0; sizes 3, 5, 3, 1.
  const expected = (2 * (1 + 2 / 9 + 1)) / (3 + 5 / 9 + 3 + 1);
  expect(generalizedDice(prediction, truth, { classes: 4 })).toBeCloseTo(expected, 12);
  expect(generalizedDice(truth, truth, { classes: 4, weight: 'simple' })).toBeCloseTo(1, 12);
  expect(() => perClass(dice, prediction, truth, { classes: 3 })).toThrow('truth[5] is 3; labels are integers in 0..2');
  expect(() => generalizedDice(Float32Array.of(0.5), Uint8Array.of(0), { classes: 2 })).toThrow('prediction[0] is 0.5');
  expect(() => perClass(dice, Int8Array.of(-1), Uint8Array.of(0), { classes: 2 })).toThrow('prediction[0] is -1');
});

test('boundary IoU: one pixel wide by hand, IoU when the rim is the whole mask', () => {
  const square = Uint8Array.from({ length: 49 }, (_, i) => (i % 7 > 0 && i % 7 < 6 && i > 6 && i < 42 ? 1 : 0));
  const smaller = Uint8Array.from({ length: 49 }, (_, i) => (i % 7 > 1 && i % 7 < 5 && i > 13 && i < 35 ? 1 : 0));
  expect(boundaryIou(square, smaller, { shape: [7, 7], width: 1 })).toBe(0); // rings of 16 and 8 pixels
  expect(boundaryIou(square, smaller, { shape: [7, 7], width: 2 })).toBeCloseTo(8 / 25, 12); // less the centre pixel
  fc.assert(
    fc.property(gridOfMasks(2), ({ shape, spacing, masks: [a, b] }) => {
      expect(boundaryIou(a!, b!, { shape, spacing, width: 100 })).toBe(iou(a!, b!));
      expect(boundaryIou(a!, a!, { shape, spacing })).toBe(1);
    }),
    { numRuns: 50 },
  );
  expect(() => boundaryIou(square, smaller, { shape: [7, 7], width: 0 })).toThrow('width');
});

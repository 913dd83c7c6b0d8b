import { caseResult } from '@medseg/test-support/case-results';
import { expect, it } from 'vitest';
import { comparePaired, compareWithAnchor, type PairedMetric } from './paired.ts';
import type { CaseScores } from './scores.ts';

/** Six patients of two images each; the other run's Dice is higher by 0.01 to 0.06. */
const images = Array.from({ length: 12 }, (_, i) => ({
  id: `i${i}`,
  patient: `p${i >> 1}`,
  gain: 0.01 * ((i >> 1) + 1),
}));
const first: CaseScores[] = images.map(({ id, patient }) => caseResult(id, patient, { dice: 0.8 }));
const other: CaseScores[] = images.map(({ id, patient, gain }, i) =>
  caseResult(id, patient, { dice: 0.8 + gain, assd: i === 0 ? Number.NaN : 0.4 }),
);
const by = (rows: readonly PairedMetric[], key: string): PairedMetric => rows.find(({ metric }) => metric.key === key)!;

it('gives the mean difference, its interval by patient and p of the patients', () => {
  const dice = by(comparePaired(first, other, { seed: 1 }), 'dice');
  expect(dice.first).toBeCloseTo(0.8, 12);
  expect(dice.other).toBeCloseTo(0.835, 12);
  expect(dice.difference.estimate).toBeCloseTo(0.035, 12);
  expect(dice.difference.low).toBeGreaterThan(0.01);
  expect(dice.difference.low).toBeLessThan(0.035);
  expect(dice.difference.high).toBeLessThan(0.06);
  expect(dice.patients).toBe(6);
  // All six signs alike: 2 of 2^6. All twelve images alike: 2 of 2^12.
  expect(dice.byPatient).toMatchObject({ pValue: 2 / 64, pairs: 6, statistic: 0 });
  expect(dice.byImage.pValue).toBeCloseTo(2 / 4096, 12);
  expect(dice.byPatient.shift).toBeCloseTo(0.035, 12);
});

it('leaves out an image where one run has no value, from both means', () => {
  const assd = by(comparePaired(first, other, { seed: 1 }), 'assd');
  expect(assd.difference.images).toBe(11);
  expect(assd.first).toBeCloseTo(0.5, 12);
  expect(assd.difference.estimate).toBeCloseTo(-0.1, 12);
});

it('says how many pairs a metric leaves out, and on whose side', () => {
  const none = { assd: Number.NaN };
  const mine = first.map((scores, i) => ({ ...scores, ...(i < 3 && none) }));
  const theirs = first.map((scores, i) => ({ ...scores, ...(i > 0 && i < 5 && none), trueArea: i === 2 ? 0 : 100 }));
  const truths = mine.map((scores, i) => ({ ...scores, trueArea: theirs[i]!.trueArea }));
  const rows = comparePaired(truths, theirs, { seed: 1 });
  expect(by(rows, 'assd').leftOut).toEqual({ first: 1, other: 2, both: 2, absentInTruth: 1, of: 12 });
  expect(by(rows, 'assd').difference.images).toBe(7);
  expect(by(rows, 'dice').leftOut).toEqual({ first: 0, other: 0, both: 0, absentInTruth: 0, of: 12 });
});

it('compares the classes that both runs have a value of, and refuses other classes', () => {
  const scored = caseResult('x', 'x', { trueArea: 4 });
  const classed = (...distances: number[]): CaseScores => ({
    ...caseResult('a', 'a', { assd: 1000 }),
    classes: distances.map((assd, k) => ({ ...scored, name: `c${k}`, assd })),
  });
  // The second class of the first run was missed: its distance of 9 in the other has nothing to be compared with.
  const [row] = comparePaired([classed(1, Number.NaN, 3)], [classed(2, 9, 4)], { seed: 0 }).filter(
    ({ metric }) => metric.key === 'assd',
  );
  expect(row).toMatchObject({ first: 2, other: 3, leftOut: { first: 1, other: 0, both: 0, of: 3 } });
  expect(row!.difference).toMatchObject({ estimate: 1, images: 1 });
  expect(() => comparePaired([classed(1, 2)], [classed(1)], { seed: 0 })).toThrow(
    'image a must have the same classes in both, got c0, c1 and c0',
  );
});

it('finds nothing between a run and itself, and the opposite the other way round', () => {
  for (const row of comparePaired(first, first, { seed: 1 })) {
    expect(row.difference).toMatchObject({ estimate: 0, low: 0, high: 0 });
    expect(row.byPatient.pValue).toBe(1);
  }
  const there = by(comparePaired(first, other, { seed: 3 }), 'dice');
  const back = by(comparePaired(other, first, { seed: 3 }), 'dice');
  expect(back.difference.estimate).toBeCloseTo(-there.difference.estimate, 12);
  expect(back.byPatient.pValue).toBe(there.byPatient.pValue);
});

it('refuses other images, and another order', () => {
  expect(() => comparePaired(first, other.slice(1), { seed: 1 })).toThrow('as many images, got 12 and 11');
  expect(() => comparePaired(first, [...other].reverse(), { seed: 1 })).toThrow(
    'comparePaired: image 0 must be the same in both, got i0 and i11',
  );
});

it('compares an ensemble with its anchor, class by class, and nothing without one', () => {
  const anchored = (dice: number, anchorDice: number): CaseScores['classes'] => {
    const { anchor, ...scores } = caseResult('x', 'x', { dice });
    return [{ ...scores, name: 'c', anchor: { ...anchor!, dice: anchorDice } }];
  };
  const cases = images.map(({ id, patient }) => ({
    ...caseResult(id, patient, { dice: 0.9, anchor: { ...caseResult('x', 'x').anchor!, dice: 0.7 } }),
  }));
  const dice = by(compareWithAnchor(cases, { seed: 0 })!, 'dice');
  expect([dice.first, dice.other].map((value) => value.toFixed(12))).toEqual(['0.700000000000', '0.900000000000']);
  expect(dice).toMatchObject({ patients: 6, byPatient: { pValue: 2 / 64, pairs: 6 } });
  const classed = cases.map((each) => ({ ...each, classes: anchored(0.5, 0.8) }));
  const own = by(compareWithAnchor(classed, { seed: 0 })!, 'dice');
  expect(own.difference.estimate).toBeCloseTo(-0.3, 12);
  expect(compareWithAnchor([], { seed: 0 })).toBeUndefined();
  expect(compareWithAnchor([{ ...cases[0]!, anchor: undefined }], { seed: 0 })).toBeUndefined();
  const [left] = classed[0]!.classes!;
  const half = { ...classed[0]!, classes: [{ ...left!, anchor: undefined }] };
  expect(compareWithAnchor([half], { seed: 0 })).toBeUndefined();
});

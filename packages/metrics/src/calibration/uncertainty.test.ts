import fc from 'fast-check';
import { expect, test } from 'vitest';
import { riskCoverage } from './risk-coverage.ts';
import { ensembleUncertainty, entropy } from './uncertainty.ts';

test('entropy and mutual information of small examples', () => {
  const [unsure, sure] = entropy(Float64Array.of(0.5, 1));
  expect(unsure).toBeCloseTo(Math.LN2, 12);
  expect(sure).toBe(0);
  const maps = ensembleUncertainty([Float64Array.of(0, 0.5), Float64Array.of(1, 0.5)]);
  expect([...maps.mean]).toEqual([0.5, 0.5]);
  expect([...maps.variance]).toEqual([0.25, 0]);
  expect(maps.mutualInformation[0]).toBeCloseTo(Math.LN2, 12);
  expect(maps.mutualInformation[1]).toBe(0);
  expect(maps.expectedEntropy[1]).toBeCloseTo(Math.LN2, 12);
});

test('bounds: variance at most 1/4, information at most entropy at most ln 2, none where members agree', () => {
  const map = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(map, { minLength: 1, maxLength: 5 }), (lists) => {
      const members = lists.map((list) => Float64Array.from(list));
      const maps = ensembleUncertainty(members);
      for (let i = 0; i < 4; i++) {
        expect(maps.variance[i]! >= 0 && maps.variance[i]! <= 0.25 + 1e-12).toBe(true);
        expect(maps.mutualInformation[i]! >= 0 && maps.mutualInformation[i]! <= maps.entropy[i]! + 1e-12).toBe(true);
        expect(maps.entropy[i]!).toBeLessThanOrEqual(Math.LN2 + 1e-12);
      }
      const agreed = ensembleUncertainty([members[0]!, members[0]!]);
      for (let i = 0; i < 4; i++) expect(agreed.mutualInformation[i]).toBeCloseTo(0, 12);
    }),
  );
  expect(() => ensembleUncertainty([Float64Array.of(0.2), Float64Array.of(2)])).toThrow('members[1][0] is 2');
});

test('risk-coverage by hand, ties kept together, excess 0 for the best order', () => {
  const curve = riskCoverage([0.9, 0.2, 0.5], [0.1, 0.4, 0.3]);
  expect([...curve.coverage]).toEqual([1 / 3, 2 / 3, 1]);
  expect(curve.risk[1]).toBeCloseTo(0.2, 12);
  expect(curve.aurc).toBeCloseTo((0.1 + 0.2 + 0.8 / 3) / 3, 12);
  expect(curve.excess).toBeCloseTo(0, 12);
  const scored = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.double({ min: 0, max: 1, noNaN: true }));
  fc.assert(
    fc.property(fc.array(scored, { minLength: 1, maxLength: 20 }), (cases) => {
      const read = (list: [number, number][]) =>
        riskCoverage(
          list.map(([c]) => c),
          list.map(([, l]) => l),
        );
      const ahead = read(cases);
      expect(ahead.aurc).toBeCloseTo(read(cases.toReversed()).aurc, 9);
      expect(ahead.excess).toBeGreaterThan(-1e-9);
      const mean = cases.reduce((sum, [, l]) => sum + l, 0) / cases.length;
      expect(ahead.risk.at(-1)).toBeCloseTo(mean, 9);
    }),
  );
  expect(() => riskCoverage([1], [1, 2])).toThrow('got 1 and 2');
  expect(() => riskCoverage([1, Number.NaN], [1, 2])).toThrow('confidence[1] is NaN');
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { masks } from '../masks.fixture.ts';
import { dice, iou } from '../overlap/overlap.ts';
import { minimumAssignment } from './assignment.ts';
import { collectiveInsight, generalizedEnergyDistance, hungarianIou, maximumDiceMatching } from './diversity.ts';
import { packedDice, packedIou, packMask } from './packed-masks.ts';

const a = Uint8Array.of(1, 1, 0, 0);
const b = Uint8Array.of(0, 1, 1, 0);
const none = new Uint8Array(4);

test('small examples by hand', () => {
  // IoU of a and b is 1/3: E[d(S,Y)] = (0 + 2/3) / 2, E[d(Y,Y')] = 2 (2/3) / 4, E[d(S,S')] = 0.
  expect(generalizedEnergyDistance([a], [a, b])).toBeCloseTo(2 / 3 - 1 / 3, 12);
  expect(maximumDiceMatching([a], [a, b])).toBeCloseTo((1 + 0.5) / 2, 12);
  expect(hungarianIou([a], [a, b])).toBeCloseTo((1 + 1 / 3) / 2, 12);
  expect(hungarianIou([a, b], [b, a])).toBe(1);
  const insight = collectiveInsight([a, a], [a, b]);
  expect(insight.combinedSensitivity).toBeCloseTo(2 / 3, 12);
  expect(insight.diversityAgreement).toBeCloseTo(1 - (0.5 + 0.5) / 2, 12); // one pair: variance 0 against 1/2
  expect(insight.score).toBeCloseTo((3 * (2 / 3) * 0.75 * 0.5) / (2 / 3 + 0.75 + 0.5), 12);
  expect(generalizedEnergyDistance([none], [none])).toBe(0);
  expect(collectiveInsight([none], [none]).score).toBe(1);
  expect(collectiveInsight([a], [none]).score).toBe(0);
});

test('a distribution is at distance 0 from itself, distances are not negative, bounds hold', () => {
  fc.assert(
    fc.property(masks(5, 30), (all) => {
      const samples = all.slice(0, 3);
      const truths = all.slice(3);
      expect(generalizedEnergyDistance(samples, samples)).toBeCloseTo(0, 12);
      const distance = generalizedEnergyDistance(samples, truths);
      expect(distance).toBeCloseTo(generalizedEnergyDistance(truths, samples), 12);
      expect(distance >= -1e-12 && distance <= 2).toBe(true);
      expect(hungarianIou(samples, samples.toReversed())).toBeCloseTo(1, 12);
      expect(hungarianIou(samples, truths)).toBeCloseTo(hungarianIou(truths, samples), 12);
      expect(maximumDiceMatching(samples, samples)).toBe(1);
      const { score } = collectiveInsight(samples, truths);
      expect(score >= 0 && score <= 1 + 1e-12).toBe(true);
      expect(collectiveInsight(samples, samples).score).toBeCloseTo(1, 12);
    }),
  );
});

test('masks are counted by words as pixel by pixel', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }).chain((n) => masks(3, n)),
      ([p, q, ignored]) => {
        const known = (mask: Uint8Array): Uint8Array => mask.map((one, i) => (ignored![i] === 1 ? 0 : one));
        expect(packedDice(packMask(p!), packMask(q!))).toBe(dice(p!, q!));
        expect(packedIou(packMask(p!), packMask(q!))).toBe(iou(p!, q!));
        expect(packedIou(packMask(p!, ignored), packMask(q!, ignored))).toBe(iou(known(p!), known(q!)));
      },
    ),
  );
});

test('the assignment equals the best of all permutations', () => {
  const permutations = (list: number[]): number[][] =>
    list.length < 2 ? [list] : list.flatMap((v, i) => permutations(list.toSpliced(i, 1)).map((rest) => [v, ...rest]));
  const square = fc.integer({ min: 1, max: 5 }).chain((n) => {
    const row = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: n, maxLength: n });
    return fc.array(row, { minLength: n, maxLength: n });
  });
  fc.assert(
    fc.property(square, (cost) => {
      const total = (columns: number[]) => columns.reduce((sum, j, i) => sum + cost[i]![j]!, 0);
      const columns = minimumAssignment(cost);
      expect(columns.toSorted()).toEqual(cost.map((_, i) => i));
      expect(total(columns)).toBe(Math.min(...permutations(cost.map((_, i) => i)).map(total)));
    }),
  );
});

test('bad lists are named', () => {
  expect(() => generalizedEnergyDistance([], [a])).toThrow('samples: needs at least one member');
  expect(() => hungarianIou([a], [Uint8Array.of(1)])).toThrow('got 4 and 1 values');
  expect(() => maximumDiceMatching([a], [b, Uint8Array.of(0, 0, 3, 0)])).toThrow('truths[1][2] is 3');
  expect(() => minimumAssignment([[1, 2]])).toThrow('square');
});

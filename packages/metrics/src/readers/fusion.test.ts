import fc from 'fast-check';
import { expect, test } from 'vitest';
import { masks } from '../masks.fixture.ts';
import { majorityVote, meanFusion } from './fusion.ts';
import { staple } from './staple.ts';

test('mean and majority of small examples', () => {
  const members = [Uint8Array.of(1, 0, 1), Uint8Array.of(1, 1, 0), Uint8Array.of(0, 0, 1)];
  expect([...meanFusion(members)]).toEqual([2 / 3, 1 / 3, 2 / 3]);
  expect([...majorityVote(members)]).toEqual([1, 0, 1]);
  const labels = [Uint8Array.of(3, 1), Uint8Array.of(3, 2), Uint8Array.of(1, 0)];
  expect([...majorityVote(labels)]).toEqual([3, 0]);
  expect([...majorityVote(labels, { tie: 9 })]).toEqual([3, 9]);
});

test('identical members are their own fusion', () => {
  fc.assert(
    fc.property(masks(1), fc.integer({ min: 1, max: 6 }), ([mask], n) => {
      const members = Array.from({ length: n }, () => mask!);
      expect([...majorityVote(members)]).toEqual([...mask!]);
      expect([...meanFusion(members)]).toEqual([...mask!]);
      const { probability, converged } = staple(members);
      expect([...probability]).toEqual([...mask!]);
      expect(converged).toBe(true);
    }),
  );
});

test('STAPLE keeps probabilities and parameters in bounds', () => {
  fc.assert(
    fc.property(masks(4), (members) => {
      const { probability, sensitivity, specificity } = staple(members);
      for (const p of probability) expect(p >= 0 && p <= 1).toBe(true);
      for (const p of [...sensitivity, ...specificity])
        expect(Number.isNaN(p) || (p >= 0 && p <= 1 + 1e-12)).toBe(true);
    }),
  );
});

test('STAPLE trusts the good raters', () => {
  const truth = Uint8Array.from({ length: 400 }, (_, i) => (i % 20 < 8 ? 1 : 0));
  const spoil = (every: number) => truth.map((v, i) => (i % every === 0 ? 1 - v : v));
  const members = [spoil(41), spoil(37), spoil(3)];
  const { probability, sensitivity, specificity } = staple(members);
  const back = staple(members.toReversed());
  expect(back.sensitivity[2]).toBeCloseTo(sensitivity[0]!, 6);
  expect(sensitivity[0]).toBeGreaterThan(sensitivity[2]!);
  expect(specificity[1]).toBeGreaterThan(specificity[2]!);
  const wrong = truth.filter((t, i) => (probability[i]! >= 0.5 ? 1 : 0) !== t).length;
  expect(wrong).toBeLessThan(8);
});

test('bad members are named', () => {
  expect(() => staple([])).toThrow('at least one member');
  expect(() => staple([Uint8Array.of(1), Uint8Array.of(1, 0)])).toThrow('members[1] has 2');
  expect(() => staple([Uint8Array.of(1), Uint8Array.of(2)])).toThrow(
    'staple: members[1][0] is 2; a mask holds only 0 and 1',
  );
  expect(() => majorityVote([Float32Array.of(0.5)])).toThrow('members[0][0] is 0.5');
  expect(() => meanFusion([Float32Array.of(Number.NaN)])).toThrow('members[0][0] is NaN');
  expect(() => staple([Uint8Array.of(1)], { confidenceWeight: 0 })).toThrow('confidenceWeight');
});

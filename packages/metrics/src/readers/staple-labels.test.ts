import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dice } from '../overlap/overlap.ts';
import { staple } from './staple.ts';
import { stapleLabels } from './staple-labels.ts';

const truth = Uint8Array.from({ length: 600 }, (_, i) => (i % 30 < 10 ? 0 : i % 30 < 20 ? 1 : 2));
const spoil = (every: number) => truth.map((v, i) => (i % every === 0 ? (v + 1) % 3 : v));

test('identical members are their own fusion', () => {
  const labels = fc.uint8Array({ minLength: 1, maxLength: 40, max: 3 });
  fc.assert(
    fc.property(labels, fc.integer({ min: 1, max: 4 }), (map, n) => {
      const result = stapleLabels(
        Array.from({ length: n }, () => map),
        { classes: 4 },
      );
      expect([...result.labels]).toEqual([...map]);
    }),
  );
});

test('recovers the truth from good and bad readers, and tells them apart', () => {
  const { labels, confusion, probability, converged } = stapleLabels([spoil(41), spoil(37), spoil(3)], { classes: 3 });
  expect(converged).toBe(true);
  expect(labels.filter((v, i) => v !== truth[i]).length).toBeLessThan(12);
  expect(confusion[0]![1]![1]).toBeGreaterThan(confusion[2]![1]![1]!);
  // Each truth's column sums to 1, each pixel's probabilities too.
  for (const matrix of confusion)
    for (let c = 0; c < 3; c++) expect(matrix[0]![c]! + matrix[1]![c]! + matrix[2]![c]!).toBeCloseTo(1, 12);
  expect(probability[0]! + probability[1]! + probability[2]!).toBeCloseTo(1, 12);
});

test('reaches the estimates of SimpleITK 2.5.7 after 128 iterations', () => {
  const { labels, confusion, iterations } = stapleLabels([spoil(7), spoil(5), spoil(3)], { classes: 3 });
  const reference = [
    [0.862184, 0, 0.152293, 0.137816, 0.86194, 0.000475, 0, 0.13806, 0.847231],
    [0.801288, 0, 0.206355, 0.198712, 0.807182, 0, 0, 0.192818, 0.793645],
    [0.598404, 0, 0.304598, 0.401586, 0.706799, 0, 1e-5, 0.293201, 0.695402],
  ];
  for (const [j, matrix] of confusion.entries()) {
    for (const [k, value] of matrix.flat().entries()) expect(value).toBeCloseTo(reference[j]![k]!, 5);
  }
  expect([0, 1, 2].map((label) => labels.filter((v) => v === label).length)).toEqual([197, 200, 203]);
  expect(iterations).toBe(128);
});

test('agrees with the binary form on two labels', () => {
  const members = [spoil(41), spoil(37), spoil(7)].map((m) => m.map((v) => (v === 1 ? 1 : 0)));
  const binary = staple(members).probability.map((p) => (p >= 0.5 ? 1 : 0));
  expect(dice(stapleLabels(members, { classes: 2 }).labels, binary)).toBe(1);
});

test('undecided pixels and bad input', () => {
  const tie = [Uint8Array.of(0, 1), Uint8Array.of(1, 0)];
  expect([...stapleLabels(tie, { classes: 2 }).labels]).toEqual([2, 2]);
  expect([...stapleLabels(tie, { classes: 2, undecided: 9 }).labels]).toEqual([9, 9]);
  expect(() => stapleLabels([Uint8Array.of(3)], { classes: 3 })).toThrow(
    'members[0][0] is 3; labels are integers in 0..2',
  );
  expect(() => stapleLabels(tie, { classes: 2, prior: [1] })).toThrow('prior must hold 2');
});

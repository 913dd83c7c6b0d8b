import type { Evaluation } from '@medseg/pipeline';
import { expect, it } from 'vitest';
import { differencesTable, meansTable, tableLines } from './study-table.ts';
import { type ScoredCell, summariseStudy } from './summary.ts';

/** A training whose images have these Dice scores, an image for each patient. */
function cell(setting: number, pair: string, dices: readonly number[]): ScoredCell {
  const images = dices.map((dice, k) => ({
    ...{ id: `${k}`, patient: `p${k}`, trueArea: 10, area: 10, dice, iou: dice / 2, ece: 0.1, confidence: 1 },
    ...{ hausdorff95: Number.NaN, assd: 1, sensitivity: 1, precision: 1 },
  }));
  const evaluation: Evaluation = { run: pair, split: 'test', unit: 'px', trainedOn: [], images };
  return { setting, pair, evaluation, seconds: 60 * (setting + 1) };
}

const cells = [
  cell(0, 'seed 0', [0.5, 0.7]),
  cell(0, 'seed 1', [0.6, 0.8]),
  cell(1, 'seed 0', [0.6, 0.9]),
  cell(1, 'seed 1', [0.7, 0.8]),
  cell(2, 'seed 1', [0.5, 0.6]),
];

it('has the mean over all images, the deviation of the trainings, and differences pair by pair', () => {
  const [first, second, third, none] = summariseStudy(['a', 'b', 'c', 'd'], cells, 0);
  expect(first!.means!.dice.estimate).toBeCloseTo(0.65);
  expect(first!.deviations.dice).toBeCloseTo(Math.SQRT1_2 * 0.1); // of 0.6 and 0.7
  expect(first!.comparison).toBeUndefined();
  const dice = second!.comparison!.find(({ metric }) => metric.key === 'dice')!;
  expect(dice.difference.estimate).toBeCloseTo(0.1); // of 0.1, 0.2, 0.1 and 0
  expect(dice.difference.images).toBe(4);
  expect(dice.patients).toBe(2);
  // Patients are drawn with all their trainings, of which both have a mean difference of 0.1.
  expect(dice.difference.low).toBeCloseTo(0.1);
  expect(dice.difference.high).toBeCloseTo(0.1);
  // Only the pair that both have: 0.5 - 0.6 and 0.6 - 0.8.
  expect(third!.comparison!.find(({ metric }) => metric.key === 'dice')!.difference.estimate).toBeCloseTo(-0.15);
  expect(third!.deviations.dice).toBeNaN();
  expect(none).toMatchObject({ means: undefined, comparison: undefined, seconds: Number.NaN });
});

it('makes tables of at most 80 columns', () => {
  const summaries = summariseStudy(['a', 'b', 'c', 'd'], cells, 0);
  const time = { title: 'minutes', text: (seconds: number) => String(seconds / 60) };
  const means = tableLines(meansTable(summaries, { unit: 'px', time }), Number.POSITIVE_INFINITY);
  expect(means).toEqual([
    '     Dice           IoU            HD95 (px)  ECE              minutes',
    '  1  0.650 ± 0.071  0.325 ± 0.035  –          0.1000 ± 0.0000  1',
    '  2  0.750 ± 0.000  0.375 ± 0.000  –          0.1000 ± 0.0000  2',
    '  3  0.550          0.275          –          0.1000           3',
    '  4  –              –              –          –                –',
  ]);
  const differences = tableLines(differencesTable(summaries), Number.POSITIVE_INFINITY);
  expect(differences[1]).toContain('2 - 1  +0.100 [+0.100, +0.100]');
  expect(differences[3]).toMatch(/4 - 1 {2}– +– +– +–$/);
  expect(Math.max(...[...means, ...differences].map(({ length }) => length))).toBeLessThanOrEqual(80);
});

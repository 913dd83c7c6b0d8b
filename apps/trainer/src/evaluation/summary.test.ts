import { expect, it } from 'vitest';
import { missingNotes, summaryText } from '../results-table.ts';
import { caseResult } from '../testing/case-scores.ts';
import { casesCsv } from './case-csv.ts';
import { summariseResults } from './summary.ts';

const results = [
  caseResult('a1', 'a', { dice: 0.5 }),
  caseResult('a2', 'a', { dice: 0.7 }),
  caseResult('b1', 'b', { dice: 0.9, hausdorff95: Number.NaN }),
];

it('gives means over images with intervals over patients, the same for the same seed', () => {
  const { ensemble, otsu } = summariseResults(results, { seed: 1 });
  expect(ensemble.dice.estimate).toBeCloseTo(0.7, 12);
  // Of two patients there are three draws: a a (mean 0.6), a b (0.7), b b (0.9).
  expect(ensemble.dice.low).toBeCloseTo(0.6, 12);
  expect(ensemble.dice.high).toBeCloseTo(0.9, 12);
  expect(summariseResults(results, { seed: 1 })).toEqual(summariseResults(results, { seed: 1 }));
  expect(otsu!.dice).toEqual({
    estimate: expect.closeTo(0.2),
    low: expect.closeTo(0.2),
    high: expect.closeTo(0.2),
    images: 3,
  });
  expect(otsu!.ece.images).toBe(0);
});

it('leaves out and counts what has no value, and gives no interval for a single patient', () => {
  const summary = summariseResults(results, { seed: 1 });
  const { estimate, low, images } = summary.ensemble.hausdorff95;
  expect([estimate, low, images]).toEqual([2, Number.NaN, 2]);
  expect(missingNotes(summary, 3)).toEqual([
    'Hausdorff 95 has no value where a mask is empty; images left out: diffusion ensemble 1',
  ]);
});

it('prints a row a metric and a column a method', () => {
  const lines = summaryText(summariseResults(results, { seed: 1 }), 'mm').split('\n');
  expect(lines[0]).toMatch(
    /^ {2}mean \[95 % interval\] {2}diffusion ensemble {3,}anchor head alone {3,}Otsu threshold$/,
  );
  expect(lines[1]).toMatch(
    /^ {2}Dice +0\.700 \[0\.600, 0\.900\] +0\.900 \[0\.900, 0\.900\] +0\.200 \[0\.200, 0\.200\]$/,
  );
  expect(lines[3]).toMatch(/^ {2}Hausdorff 95 \(mm\) +2\.00 {2,}2\.00 \[2\.00, 2\.00\] /);
  expect(lines[7]).toMatch(/^ {2}ECE +0\.0100 \[0\.0100, 0\.0100\] .*–$/);
});

it('writes every image as CSV', () => {
  const [head, , , third] = casesCsv(results).split('\r\n');
  expect(head).toBe(
    'image,patient,true_area,dice,iou,hausdorff95,assd,sensitivity,precision,ece,area,confidence,' +
      'anchor_dice,anchor_iou,anchor_hausdorff95,anchor_assd,anchor_sensitivity,anchor_precision,anchor_ece,anchor_area,anchor_confidence,' +
      'otsu_dice,otsu_iou,otsu_hausdorff95,otsu_assd,otsu_sensitivity,otsu_precision,otsu_area',
  );
  expect(third).toBe(
    'b1,b,100,0.9,0.8,NaN,0.5,0.9,0.9,0.01,100,0.9,0.9,0.8,2,0.5,0.9,0.9,0.01,100,0.9,0.2,0.8,2,0.5,0.9,0.9,100',
  );
});

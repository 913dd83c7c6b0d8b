import { summariseResults } from '@medseg/metrics';
import { caseResult } from '@medseg/test-support/case-results';
import { expect, it } from 'vitest';
import { annotatorLines, summaryLines } from './results-table.ts';

const results = [
  caseResult('a1', 'a', { dice: 0.5 }),
  caseResult('a2', 'a', { dice: 0.7 }),
  caseResult('b1', 'b', { dice: 0.9, hausdorff95: Number.NaN }),
];

it('prints a row a metric and a column a method', () => {
  const lines = summaryLines(summariseResults(results, { seed: 1 }), 'mm');
  expect(lines[0]).toMatch(
    /^ {2}mean \[95 % interval\] {2}diffusion ensemble {3,}anchor head alone {3,}Otsu threshold$/,
  );
  expect(lines[1]).toMatch(
    /^ {2}Dice +0\.700 \[0\.600, 0\.900\] +0\.900 \[0\.900, 0\.900\] +0\.200 \[0\.200, 0\.200\]$/,
  );
  expect(lines[3]).toMatch(/^ {2}Hausdorff 95 \(mm\) +2\.00 {2,}2\.00 \[2\.00, 2\.00\] /);
  expect(lines[7]).toMatch(/^ {2}ECE +0\.0100 \[0\.0100, 0\.0100\] .*–$/);
});

it('prints scores against several annotators within 80 columns, those of classes below', () => {
  const scores = { samples: 16, annotatorDice: 0.75, ged: 0.125, hungarianIou: 0.5 };
  const annotators = { count: 7, ensemble: scores, anchor: { ...scores, samples: 1, ged: 0.25 } };
  const annotated = results.map((result) => ({ ...result, annotators }));
  const lines = annotatorLines(annotated, 0, 80);
  expect(lines).toEqual([
    '  against each annotator  diffusion ensemble    anchor head alone',
    '  Dice, each annotator    0.750 [0.750, 0.750]  0.750 [0.750, 0.750]',
    '  GED                     0.125 [0.125, 0.125]  0.250 [0.250, 0.250]',
    '  Hungarian IoU           0.500 [0.500, 0.500]  0.500 [0.500, 0.500]',
  ]);
  const classes = ['disc', 'cup'].map((name) => ({ ...results[0]!, name, annotators }));
  const classed = annotatorLines(
    annotated.map((result) => ({ ...result, classes })),
    0,
    80,
  );
  expect(classed.slice(4)).toEqual([
    '',
    '  class  Dice, each annotator  GED    Hungarian IoU',
    '  disc   0.750                 0.125  0.500',
    '  cup    0.750                 0.125  0.500',
  ]);
  expect(Math.max(...classed.map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(annotatorLines(results, 0, 80)).toEqual([]);
});

import { summariseResults } from '@medseg/metrics';
import { caseResult } from '@medseg/test-support/case-results';
import { expect, it } from 'vitest';
import { summaryLines } from './results-table.ts';

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

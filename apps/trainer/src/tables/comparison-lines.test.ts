import { comparePaired } from '@medseg/metrics';
import { caseResult } from '@medseg/test-support/case-results';
import { expect, it } from 'vitest';
import { comparisonJson, comparisonLines } from './comparison-lines.ts';

/** Six patients of two images each; the other run's Dice is higher by 0.01 to 0.06. */
const images = Array.from({ length: 12 }, (_, i) => ({
  id: `i${i}`,
  patient: `p${i >> 1}`,
  gain: 0.01 * ((i >> 1) + 1),
}));
const first = images.map(({ id, patient }) => caseResult(id, patient, { dice: 0.8 }));
const other = images.map(({ id, patient, gain }, i) =>
  caseResult(id, patient, { dice: 0.8 + gain, assd: i === 0 ? Number.NaN : 0.4 }),
);

it('prints a line a metric, differences with their signs', () => {
  const lines = comparisonLines(comparePaired(first, other, { seed: 1 }), { first: 'x', other: 'y', unit: 'px' });
  expect(lines.slice(0, 2)).toEqual(['A: x', 'B: y']);
  expect(lines[3]).toMatch(/^ {2}Dice +0\.800 +0\.835 +\+0\.035 \[\+0\.0\d\d, \+0\.0\d\d\] +0\.031 +12 +higher$/);
  expect(lines[4]).toMatch(/^ {2}IoU +0\.800 +0\.800 +0\.000 \[0\.000, 0\.000\] +1\.000 +12 +higher$/);
  expect(lines.slice(10)).toEqual(['  ASSD: 1 of 12 pairs left out; undefined in A alone 0, in B alone 1, in both 0']);
  expect(lines[6]).toMatch(/^ {2}ASSD \(px\) +0\.50 +0\.40 +-0\.10 \[-0\.10, -0\.10\] +0\.031 +11 +lower$/);
});

it('writes whose values are undefined as JSON', () => {
  const missed = (scores: (typeof first)[number], i: number) => ({
    ...scores,
    ...(i < 2 && { hausdorff95: Number.NaN }),
  });
  const metrics = comparePaired(first.map(missed), first, { seed: 1 });
  const about = { first: 'x', unit: 'px', images: 12, patients: 6 } as const;
  const written = JSON.parse(comparisonJson([{ name: 'y', metrics }], about));
  expect(written.comparisons[0].metrics.hausdorff95.leftOut).toEqual({
    ...{ first: 2, other: 0, both: 0, absentInTruth: 0, of: 12 },
  });
});

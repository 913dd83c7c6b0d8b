import { caseResult } from '@medseg/test-support/case-results';
import { expect, it } from 'vitest';
import { missingNotes } from './format.ts';
import { scoreCase } from './score-case.ts';
import { summariseResults } from './summary.ts';

const results = [
  caseResult('a1', 'a', { dice: 0.5 }),
  caseResult('a2', 'a', { dice: 0.7 }),
  caseResult('b1', 'b', { dice: 0.9, hausdorff95: Number.NaN }),
];

it('gives means over images with intervals over patients, the same for the same seed', () => {
  const { ensemble, otsu } = summariseResults(results, { seed: 1 });
  expect(ensemble!.dice.estimate).toBeCloseTo(0.7, 12);
  // Of two patients there are three draws: a a (mean 0.6), a b (0.7), b b (0.9).
  expect(ensemble!.dice.low).toBeCloseTo(0.6, 12);
  expect(ensemble!.dice.high).toBeCloseTo(0.9, 12);
  expect(summariseResults(results, { seed: 1 })).toEqual(summariseResults(results, { seed: 1 }));
  expect(otsu!.dice).toEqual({
    estimate: expect.closeTo(0.2),
    low: expect.closeTo(0.2),
    high: expect.closeTo(0.2),
    images: 3,
    missing: { missedByPrediction: 0, absentInTruth: 0, absentInBoth: 0, other: 0, of: 3 },
  });
  expect(otsu!.ece.images).toBe(0);
});

it('leaves out and counts what has no value, and gives no interval for a single patient', () => {
  const summary = summariseResults(results, { seed: 1 });
  const { estimate, low, images } = summary.ensemble!.hausdorff95;
  expect([estimate, low, images]).toEqual([2, Number.NaN, 2]);
  expect(missingNotes(summary, 3)).toEqual([
    'Hausdorff 95 has no value for some masks, which its mean leaves out: diffusion ensemble 1 of 3 images (1 for another reason)',
  ]);
});

const [object, nothing] = [Uint8Array.of(0, 1, 1, 0), new Uint8Array(4)];
const grid = { shape: [2, 2] };
const score = (id: string, classes: readonly (readonly [truth: Uint8Array, found: Uint8Array])[]) =>
  scoreCase({
    ...{ id, patient: id, grid, classNames: classes.map((_, k) => `class ${k}`), truth: classes.map(([t]) => t) },
    probability: Float32Array.from({ length: 4 * classes.length }, (_, i) => {
      const [, found] = classes[i % classes.length]!;
      return found[Math.floor(i / classes.length)]!;
    }),
  });

it('says of each metric how many values are undefined, and why', () => {
  const cases = [
    score('found', [[object, object]]),
    score('missed', [[object, nothing]]),
    score('missed too', [[object, nothing]]),
    score('spurious', [[nothing, object]]),
    score('healthy', [[nothing, nothing]]),
  ];
  const summary = summariseResults(cases, { seed: 0 });
  const { hausdorff95, precision, dice } = summary.ensemble!;
  expect(hausdorff95.missing).toEqual({
    ...{ missedByPrediction: 2, absentInTruth: 1, absentInBoth: 1, other: 0, of: 5 },
  });
  expect(hausdorff95.images).toBe(1);
  expect(precision.missing).toMatchObject({ missedByPrediction: 2, absentInTruth: 0, absentInBoth: 1 });
  expect(dice.missing).toMatchObject({ missedByPrediction: 0, absentInTruth: 0, absentInBoth: 0, of: 5 });
  expect(missingNotes(summary, cases.length).map((note) => note.replace(/ has .*ensemble/, ':'))).toEqual([
    'Hausdorff 95: 4 of 5 images (2 missed by the prediction, 1 absent in the truth, 1 absent in both)',
    'ASSD: 4 of 5 images (2 missed by the prediction, 1 absent in the truth, 1 absent in both)',
    'sensitivity: 2 of 5 images (1 absent in the truth, 1 absent in both)',
    'precision: 3 of 5 images (2 missed by the prediction, 1 absent in both)',
  ]);
});

it('counts a class that is never found, though every image has a distance', () => {
  const pair = [object, object] as const;
  const cases = ['a', 'b', 'c'].map((id) => score(id, [pair, [object, nothing]]));
  const summary = summariseResults(cases, { seed: 0 });
  expect(summary.ensemble!.hausdorff95).toMatchObject({ estimate: 0, images: 3, missing: { missedByPrediction: 3 } });
  expect(missingNotes(summary, 3)[0]).toContain(
    'diffusion ensemble 3 of 6 values, one per image and class (3 missed by the prediction)',
  );
});

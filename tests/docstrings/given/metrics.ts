import { type CaseResult, type CaseScores, type Grid, scoreCase } from '@medseg/metrics';

/** Masks of 64x64 or 16x16x16. */
const square = (from: number, to: number): Uint8Array =>
  Uint8Array.from({ length: 4096 }, (_, i) => (i % 64 >= from && i % 64 < to && i >> 6 >= from && i >> 6 < to ? 1 : 0));

export const truth: Uint8Array = square(10, 30);
export const prediction: Uint8Array = square(12, 33);
export const reader1: Uint8Array = truth;
export const reader2: Uint8Array = square(11, 31);
export const reader3: Uint8Array = square(9, 29);
export const reader4: Uint8Array = square(10, 32);
export const samples: Uint8Array[] = [prediction, square(14, 29), square(10, 31), square(8, 30)];
export const grid: Grid = { shape: [64, 64] };
export const a: Uint8Array = truth;
export const b: Uint8Array = prediction;
export const dices: number[] = [0.9, 0.8, 0.7, 0.85];
export const patients: string[] = ['P1', 'P1', 'P2', 'P3'];
export const dicesOfOneRun: number[] = [0.9, 0.8, 0.7, 0.85, 0.6, 0.75];
export const dicesOfAnother: number[] = [0.85, 0.7, 0.72, 0.8, 0.5, 0.74];
export const mask: Uint8Array = truth;
export const probability: Float32Array = Float32Array.from(prediction, (value) => 0.1 + 0.8 * value);
export const images: { probabilities: Float32Array; truth: Uint8Array }[] = [{ probabilities: probability, truth }];
const scored = scoreCase({ id: 'a1', patient: 'a', grid, classNames: ['lesion'], truth: [truth], probability });
const left = { ...scored, name: 'left', dice: 0.912, iou: 0.841, hausdorff95: 2.5 };
export const results: CaseResult[] = ['a', 'b', 'c'].map((patient) => ({
  ...scored,
  id: `${patient}1`,
  patient,
  anchor: scored,
  otsu: scored,
  classes: [left, { ...left, name: 'right' }],
}));
export const mine: CaseScores[] = results;
export const others: CaseScores[] = results.map((result) => ({ ...result, dice: result.dice - 0.1 }));

import { expect, it } from 'vitest';
import { lossCurves, type TrainingPoint, validationCurve } from './training-curves.ts';

const steps = (phase: string, count: number): TrainingPoint[] =>
  Array.from({ length: count }, (_, i) => ({ step: i + 1, phase, loss: 1 / (i + 1) }));
const circles = (svg: string): number => svg.match(/<circle /g)?.length ?? 0;

it('draws a plot of the loss for each phase, in their order', () => {
  const plots = lossCurves([...steps('encoder', 12), ...steps('denoiser', 7)]);
  expect(plots.map(circles)).toEqual([12, 7]);
  expect(plots[0]).toContain('↑ loss, encoder phase');
  expect(plots[1]).toContain('↑ loss, denoiser phase');
  expect(plots.join('')).not.toMatch(/NaN|undefined|Infinity/);
});

it('draws the running median of the losses', () => {
  // Twelve steps: windows of three. The outlier at the sixth is never a median.
  const points = steps('encoder', 12).map((point, i) => ({ ...point, loss: i === 5 ? 100 : 1 }));
  const [, line] = lossCurves(points)[0]!.match(/<polyline points="([^"]*)"/)!;
  const heights = line!.split(' ').map((point) => point.split(',')[1]);
  expect(heights).toHaveLength(12);
  expect(new Set(heights).size).toBe(1);
});

it('thins long phases, and leaves out what a logarithm cannot show', () => {
  expect(lossCurves(steps('encoder', 5000)).map(circles)).toEqual([1667]);
  const [plot] = lossCurves([{ step: 1, phase: 'encoder', loss: 0 }]);
  expect(circles(plot!)).toBe(0);
  expect(plot).not.toMatch(/NaN|undefined|Infinity/);
});

it('draws the validations, where there were any', () => {
  const points = steps('encoder', 4).map((point, i) => ({ ...point, validationDice: i % 2 ? 0.5 : undefined }));
  expect(circles(validationCurve(points)!)).toBe(2);
  expect(validationCurve(steps('encoder', 4))).toBeUndefined();
});

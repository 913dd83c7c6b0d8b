import { expect, it } from 'vitest';
import { lossByTime } from './loss-by-time.ts';
import { lossCurves } from './training-curves.ts';

const step = (at: number, times: number[], losses: number[]) => ({
  step: at,
  phase: 'denoiser',
  loss: 1,
  times,
  losses,
});
const dots = (svg: string): string[] => svg.match(/<circle[^>]*>/g) ?? [];

it('draws a dot per part of the time in which there are samples, of the second half of the steps', () => {
  const points = [step(1, [0, 999], [5, 5]), step(2, [10, 20, 990], [0.1, 0.3, 0.9])];
  const svg = lossByTime(points)!;
  expect(dots(svg)).toHaveLength(2);
  const heights = dots(svg).map((dot) => Number(/cy="([\d.]+)"/.exec(dot)![1]));
  expect(heights[0]).toBeGreaterThan(heights[1]!); // .2 lies below .9
  expect(lossByTime([step(1, [0, 999], [5, 5]), ...points.slice(1)])).toBe(svg); // the first half does not count
});

it('draws nothing where no step has times', () => {
  expect(lossByTime([])).toBeUndefined();
  expect(lossByTime([{ step: 1, phase: 'encoder', loss: 1 }])).toBeUndefined();
});

it('draws the validation loss beside the losses of its phase', () => {
  const points = [1, 2, 3].map((at) => ({
    step: at,
    phase: 'encoder',
    loss: 1 / at,
    ...(at === 2 && { validationLoss: 4 }),
  }));
  const [svg] = lossCurves(points);
  expect(svg!.match(/<rect[^>]*class="validation"/g)).toHaveLength(1);
  expect(svg).toContain('squares: validation');
  expect(lossCurves(points.slice(0, 1))[0]).not.toContain('validation');
});

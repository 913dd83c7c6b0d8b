import { expect, it } from 'vitest';
import { lineChart } from './line-chart.ts';

const options = { x: 'steps', y: 'Dice', label: 'Dice by steps' };
const centres = (svg: string): number[][] =>
  [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)]);

it('puts equal ratios at equal distances, and higher values higher', () => {
  const svg = lineChart(
    [
      {
        name: 'one',
        points: [
          [1, 0.2],
          [10, 0.4],
          [100, 0.3],
        ],
      },
    ],
    options,
  )!; // prettier
  const [a, b, c] = centres(svg) as [number[], number[], number[]];
  expect(b[0]! - a[0]!).toBeCloseTo(c[0]! - b[0]!, 1);
  expect(b[1]).toBeLessThan(c[1]!);
  expect(c[1]).toBeLessThan(a[1]!);
  expect(svg).toContain('steps →');
});

it('names every line in a colour of its own, and leaves out what has no place', () => {
  const points = [
    [0, 1],
    [1, Number.NaN],
    [2, 0.5],
  ] as const;
  const svg = lineChart(
    [
      { name: '1 < 2', points },
      { name: 'two', points: [[4, 1]] },
    ],
    options,
  )!;
  expect(centres(svg)).toHaveLength(2);
  expect(svg).toContain('1 &lt; 2');
  expect(new Set([...svg.matchAll(/fill="(rgb[^"]*)"/g)].map(([, colour]) => colour)).size).toBe(2);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  expect(lineChart([{ name: 'none', points: [] }], options)).toBeUndefined();
});

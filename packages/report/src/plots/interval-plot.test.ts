import { expect, it } from 'vitest';
import { intervalPlot } from './interval-plot.ts';

const options = { axis: 'Dice', label: 'Dice by setting' };

it('draws a value, its interval and the values that it comes from, on one scale', () => {
  const points = [0.2, 0.4].map((value) => ({ title: `seed <${value}>`, value }));
  const svg = intervalPlot([{ name: '1', estimate: 0.3, low: 0.2, high: 0.4, points }], options);
  const [, left, right] = svg.match(/<line x1="([\d.]+)" x2="([\d.]+)" y1="25" y2="25"/)!.map(Number);
  const dots = [...svg.matchAll(/<circle cx="([\d.]+)"/g)].map(([, x]) => Number(x));
  expect(dots).toEqual([left, right]);
  expect(svg).toContain(`<line x1="${(left! + right!) / 2}" x2="${(left! + right!) / 2}" y1="17" y2="33"`);
  expect(svg).toContain('seed &lt;0.2&gt;');
});

it('draws no interval where there is none, and marks 0 where differences are asked for', () => {
  const empty = { name: '2', estimate: Number.NaN, low: Number.NaN, high: Number.NaN };
  const one = { ...empty, estimate: 0.1 };
  const svg = intervalPlot([one, empty], { ...options, zero: true });
  expect(svg.match(/stroke-width="2"/g)).toBeNull();
  expect(svg.match(/stroke-width="3"/g)).toHaveLength(1);
  expect(svg).toContain('stroke-dasharray');
  expect(intervalPlot([one], options)).not.toContain('stroke-dasharray');
  expect(intervalPlot([empty], options)).not.toMatch(/NaN|Infinity/);
});

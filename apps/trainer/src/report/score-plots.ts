import * as Plot from '@observablehq/plot';
import type { Agreement } from '../evaluation/agreement.ts';
import { methodsOf } from '../evaluation/metrics.ts';
import type { CaseScores } from '../evaluation/scores.ts';
import { COLOURS, svg } from './svg.ts';

/** Dice of every image as a box a method: quartiles, whiskers to 1.5 interquartile ranges, and the images themselves. */
export function diceBoxes(results: readonly CaseScores[]): string {
  const methods = methodsOf(results);
  const marks = methods.flatMap(({ key, name, scoresOf }) => {
    const dices = results.map((result) => scoresOf(result)!.dice);
    const colour = COLOURS[key];
    return [
      Plot.boxX(dices, { x: dices, y: () => name, fill: colour, fillOpacity: 0.25, stroke: colour, r: 0 }),
      // A mark has one offset for all its dots: each row of the scatter is a mark of its own.
      ...SCATTER.map((dy, row) => {
        const own = dices.filter((_, i) => i % SCATTER.length === row);
        return Plot.dot(own, { x: own, y: () => name, r: 2, fill: colour, fillOpacity: 0.7, dy });
      }),
    ];
  });
  return svg({
    marginLeft: 128,
    x: { label: 'Dice', grid: true, domain: [0, 1] },
    y: { label: null, domain: methods.map(({ name }) => name), padding: 0.3 },
    marks,
  });
}

/** Pixels that dots stand below the middle of their box, so that equal ones do not cover each other. */
const SCATTER = [2, -9, 11, -3, 7, -13, -6, 13];

/** Difference of predicted and true area against their mean, with bias and limits of agreement. */
export function blandAltman({ points, bias, low, high }: Agreement, unit: string): string {
  const what = unit === 'mm³' ? 'volume' : 'area';
  const lines = [
    { y: bias, text: 'bias', dash: '0' },
    { y: low, text: '-1.96 SD', dash: '5 4' },
    { y: high, text: '+1.96 SD', dash: '5 4' },
  ].filter(({ y }) => Number.isFinite(y));
  return svg({
    marginRight: 70,
    x: { label: `mean of predicted and true ${what} (${unit})`, nice: true },
    y: { label: `predicted - true ${what} (${unit})`, grid: true, nice: true },
    marks: [
      Plot.ruleY([0], { stroke: '#1c2430', strokeOpacity: 0.35 }),
      Plot.dot(points, { x: 'mean', y: 'difference', r: 3, fill: COLOURS.ensemble, fillOpacity: 0.6 }),
      ...lines.flatMap((line) => [
        Plot.ruleY([line], { y: 'y', stroke: COLOURS.ensemble, strokeDasharray: line.dash }),
        Plot.text([line], { y: 'y', text: 'text', frameAnchor: 'right', dx: 6, textAnchor: 'start' }),
      ]),
    ],
  });
}

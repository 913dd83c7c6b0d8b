import type { MetricsLine } from '@medseg/pipeline';
import * as Plot from '@observablehq/plot';
import { COLOURS, svg } from './svg.ts';

const PHASES = { encoder: COLOURS.anchor, denoiser: COLOURS.ensemble };

/** Loss of every step and its running median, one panel a phase since each has a loss of its own; SVG. */
export function lossCurves(lines: readonly MetricsLine[]): string {
  const phases = (['encoder', 'denoiser'] as const).map((phase) => lines.filter((line) => line.phase === phase));
  return phases
    .filter((points) => points.length > 0)
    .map((points) => {
      const phase = points[0]!.phase as keyof typeof PHASES;
      return svg({
        height: 240,
        x: { label: 'step' },
        y: { label: `loss, ${phase} phase`, grid: true, type: 'log', ticks: 5, tickFormat: '~g' },
        marks: [
          Plot.dot(points, { x: 'step', y: 'loss', r: 1.2, fill: '#b8bfc9' }),
          Plot.lineY(
            points,
            Plot.windowY(
              { k: Math.max(1, Math.min(25, points.length >> 2)), reduce: 'median' },
              { x: 'step', y: 'loss', stroke: PHASES[phase], strokeWidth: 2 },
            ),
          ),
        ],
      });
    })
    .join('');
}

/** Validation Dice over the steps, a colour a phase; SVG, or nothing where there was no validation. */
export function diceCurve(lines: readonly MetricsLine[]): string {
  const points = lines.filter((line) => line.validationDice !== undefined);
  if (points.length === 0) return '';
  return svg({
    height: 240,
    x: { label: 'step' },
    y: { label: 'validation Dice', grid: true, domain: [0, 1] },
    color: { domain: Object.keys(PHASES), range: Object.values(PHASES) },
    marks: [
      Plot.lineY(points, { x: 'step', y: 'validationDice', stroke: 'phase', z: 'phase', strokeWidth: 2 }),
      Plot.dot(points, { x: 'step', y: 'validationDice', fill: 'phase', r: 3 }),
    ],
  });
}

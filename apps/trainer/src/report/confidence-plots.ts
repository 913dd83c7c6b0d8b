import type { ReliabilityBin, RiskCoverage } from '@medseg/metrics';
import * as Plot from '@observablehq/plot';
import { COLOURS, svg } from './svg.ts';

/** What is shown of each method that has probabilities. */
export interface ByMethod<T> {
  readonly ensemble: T;
  readonly anchor: T;
}

/** How often a pixel belongs to the lesion against the probability that it was given; dots grow with their pixels. */
export function reliabilityDiagram(bins: ByMethod<readonly ReliabilityBin[]>): string {
  const points = (['anchor', 'ensemble'] as const).flatMap((method) =>
    bins[method].filter(({ count }) => count > 0).map((bin) => ({ ...bin, method })),
  );
  return svg({
    x: { label: 'predicted probability', domain: [0, 1], nice: true },
    y: { label: 'share of pixels in the lesion', domain: [0, 1], grid: true },
    color: { domain: Object.keys(COLOURS), range: Object.values(COLOURS) },
    r: { type: 'log', domain: [1, Math.max(10, ...points.map(({ count }) => count))], range: [1.5, 7] },
    marks: [
      Plot.line(
        [
          [0, 0],
          [1, 1],
        ],
        { stroke: '#1c2430', strokeOpacity: 0.35, strokeDasharray: '5 4' },
      ),
      Plot.line(points, { x: 'confidence', y: 'accuracy', stroke: 'method', z: 'method', strokeWidth: 1.5 }),
      Plot.dot(points, { x: 'confidence', y: 'accuracy', r: 'count', fill: 'method', fillOpacity: 0.8 }),
    ],
  });
}

/** Mean loss (1 - Dice) of the images kept, the most confident first. */
export function riskCoverageCurves(curves: ByMethod<RiskCoverage>): string {
  const points = (['anchor', 'ensemble'] as const).flatMap((method) =>
    Array.from(curves[method].coverage, (coverage, i) => ({ method, coverage, risk: curves[method].risk[i]! })),
  );
  return svg({
    x: { label: 'share of images kept', domain: [0, 1], tickFormat: '%' },
    y: { label: 'risk: mean of 1 - Dice', grid: true, zero: true, nice: true },
    color: { domain: Object.keys(COLOURS), range: Object.values(COLOURS) },
    marks: [
      Plot.ruleY([0]),
      Plot.line(points, { x: 'coverage', y: 'risk', stroke: 'method', z: 'method', strokeWidth: 2 }),
    ],
  });
}

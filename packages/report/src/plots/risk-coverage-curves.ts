import { requireObject } from '@medseg/arguments';
import type { RiskCoverage } from '@medseg/metrics';
import { METHOD_COLOURS } from '../palette.ts';
import { chart, frameFor } from './chart.ts';
import { type ByMethod, fromBaselines } from './reliability-diagram.ts';
import { linearScale, niceExtent } from './scale.ts';
import { element, polyline } from './svg.ts';

/**
 * Mean loss (1 - Dice) of the cases kept, the most confident first, as SVG.
 *
 * @example riskCoverageCurves({ ensemble: diceRisk(results, 'ensemble') })
 */
export function riskCoverageCurves(curves: ByMethod<RiskCoverage>): string {
  requireObject('riskCoverageCurves: curves', curves, []);
  const methods = fromBaselines(curves);
  const risks = [0, ...methods.flatMap(([, { risk }]) => [...risk])];
  const { frame, y } = frameFor({}, (range) => linearScale(niceExtent(risks), range));
  const x = linearScale([0, 1], [frame.left, frame.right]);
  const marks = [
    element('line', { x1: frame.left, x2: frame.right, y1: y.at(0), y2: y.at(0), stroke: 'currentColor' }),
    ...methods.map(([key, { coverage, risk }]) =>
      polyline(
        Array.from(coverage, (share, i) => [x.at(share), y.at(risk[i]!)]),
        { stroke: METHOD_COLOURS[key], 'stroke-width': 2 },
      ),
    ),
  ];
  return chart(frame, {
    x: { label: 'share of images kept', scale: x, tickLabel: (value) => `${Math.round(100 * value)}%` },
    y: { label: 'risk: mean of 1 − Dice', scale: y, grid: true },
    label: 'Mean of 1 - Dice against the share of images kept',
    marks,
  });
}

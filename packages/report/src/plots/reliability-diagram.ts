import { requireObject } from '@medseg/arguments';
import type { MethodKey, ReliabilityBin } from '@medseg/metrics';
import { METHOD_COLOURS } from '../palette.ts';
import { chart, frameOf } from './chart.ts';
import { linearScale } from './scale.ts';
import { element, polyline } from './svg.ts';

/** What is shown of each method that has probabilities. */
export type ByMethod<T> = Readonly<Partial<Record<MethodKey, T>>>;

/** The methods with what is shown of each; the model's own comes last and so lies above the others. */
export function fromBaselines<T>(shown: ByMethod<T>): [MethodKey, T][] {
  return (['otsu', 'anchor', 'ensemble'] as const).flatMap((key): [MethodKey, T][] => {
    const value = shown[key];
    return value === undefined ? [] : [[key, value]];
  });
}

/** Smallest and largest radius of a dot. */
const RADIUS = [1.5, 7] as const;

/**
 * How often a pixel belongs to the object against the probability that it was given, as SVG; dots grow with the number
 * of their pixels, and on the dashed line probabilities are what they say.
 *
 * @example reliabilityDiagram({ ensemble: reliabilityBins(probability, truth) })
 */
export function reliabilityDiagram(bins: ByMethod<readonly ReliabilityBin[]>): string {
  requireObject('reliabilityDiagram: bins', bins, []);
  const methods = fromBaselines(bins).map(([key, all]) => ({ key, filled: all.filter(({ count }) => count > 0) }));
  const most = Math.max(10, ...methods.flatMap(({ filled }) => filled.map(({ count }) => count)));
  const frame = frameOf();
  const x = linearScale([0, 1], [frame.left, frame.right]);
  const y = linearScale([0, 1], [frame.bottom, frame.top]);
  const radius = (count: number): number => RADIUS[0] + (RADIUS[1] - RADIUS[0]) * (Math.log(count) / Math.log(most));
  const place = ({ confidence, accuracy }: ReliabilityBin) => [x.at(confidence), y.at(accuracy)] as const;
  const diagonal = [0, 1].map((value) => [x.at(value), y.at(value)] as const);
  const marks = [
    polyline(diagonal, { stroke: 'currentColor', 'stroke-opacity': 0.35, 'stroke-dasharray': '5 4' }),
    ...methods.map(({ key, filled }) =>
      polyline(filled.map(place), { stroke: METHOD_COLOURS[key], 'stroke-width': 1.5 }),
    ),
    ...methods.flatMap(({ key, filled }) =>
      filled.map((bin) => {
        const [cx, cy] = place(bin);
        return element('circle', { cx, cy, r: radius(bin.count), fill: METHOD_COLOURS[key], 'fill-opacity': 0.8 });
      }),
    ),
  ];
  return chart(frame, {
    x: { label: 'predicted probability', scale: x },
    y: { label: 'share of pixels in the lesion', scale: y, grid: true },
    label: 'Reliability diagram: share of pixels in the lesion against predicted probability',
    marks,
  });
}

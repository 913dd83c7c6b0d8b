import { requireObject, requireText } from '@medseg/arguments';
import type { Agreement } from '@medseg/metrics';
import { METHOD_COLOURS } from '../palette.ts';
import { chart, frameFor } from './chart.ts';
import { linearScale, niceExtent } from './scale.ts';
import { element, text } from './svg.ts';

/**
 * Difference of predicted and true size against their mean, with bias and limits of agreement, as SVG (Bland & Altman
 * 1986). `unit` is that of the sizes; where it is mm³ they are called volumes, else areas.
 *
 * @example blandAltman(agreement(pairs), 'mm²')
 */
export function blandAltman(agreement: Agreement, unit: string): string {
  requireObject('blandAltman: agreement', agreement, ['bias', 'low', 'high', 'points']);
  const { points, bias, low, high } = agreement;
  requireText('blandAltman: unit', unit);
  const what = unit === 'mm³' ? 'volume' : 'area';
  const lines = [
    { at: bias, name: 'bias', dash: undefined },
    { at: low, name: '−1.96 SD', dash: '5 4' },
    { at: high, name: '+1.96 SD', dash: '5 4' },
  ].filter(({ at }) => Number.isFinite(at));
  const heights = [0, ...lines.map(({ at }) => at), ...points.map(({ difference }) => difference)];
  const { frame, y } = frameFor({ left: 62, right: 70 }, (range) => linearScale(niceExtent(heights), range));
  const x = linearScale(niceExtent(points.map(({ mean }) => mean)), [frame.left, frame.right]);
  const across = (value: number) => ({ x1: frame.left, x2: frame.right, y1: y.at(value), y2: y.at(value) });
  const marks = [
    element('line', { ...across(0), stroke: 'currentColor', 'stroke-opacity': 0.35 }),
    ...points.map(({ mean, difference }) =>
      element('circle', {
        cx: x.at(mean),
        cy: y.at(difference),
        r: 3,
        fill: METHOD_COLOURS.ensemble,
        'fill-opacity': 0.6,
      }),
    ),
    ...lines.map(({ at, name, dash }) =>
      [
        element('line', { ...across(at), stroke: METHOD_COLOURS.ensemble, 'stroke-dasharray': dash }),
        text(name, { x: frame.right + 6, y: y.at(at) + 4 }),
      ].join(''),
    ),
  ];
  return chart(frame, {
    x: { label: `mean of predicted and true ${what} (${unit})`, scale: x },
    y: { label: `predicted − true ${what} (${unit})`, scale: y, grid: true },
    label: `Difference of predicted and true ${what} against their mean`,
    marks,
  });
}

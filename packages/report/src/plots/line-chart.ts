import { type OptionNames, requireList, requireOptions } from '@medseg/arguments';
import { cssColour, type Rgb } from '../palette.ts';
import { chart, frameFor } from './chart.ts';
import { linearScale, logScale, niceExtent } from './scale.ts';
import { element, polyline, text } from './svg.ts';

/** Points that one line joins. */
export interface LineSeries {
  /** What the legend calls it. */
  readonly name: string;
  /** The points in their order; those that are not finite are left out. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** How {@link lineChart} labels what it draws. */
export interface LineChartOptions {
  /** Text of the x axis, which is logarithmic: its values are above 0. */
  readonly x: string;
  /** Text of the y axis. */
  readonly y: string;
  /** What the plot shows, for readers who do not see it. */
  readonly label: string;
}

const optionNames: OptionNames<LineChartOptions> = { x: true, y: true, label: true };

/** Colours that stand out on a light and on a dark page, and that readers with any colour vision tell apart (Okabe & Ito 2008). */
const COLOURS: readonly Rgb[] = [
  [0, 114, 178],
  [213, 94, 0],
  [0, 158, 115],
  [204, 121, 167],
  [230, 159, 0],
  [86, 180, 233],
];

/** Pixels of a line of the legend. */
const LINE = 16;

/** Share of the largest value that the axis covers at least: differences below it are not to look large. */
const LEAST_SPAN = 0.05;

/**
 * Lines over a logarithmic x axis with a legend above them, as SVG; undefined where there is no point.
 *
 * @example lineChart([{ name: '5 members', points: [[1, 0.7], [10, 0.8]] }], { x: 'steps', y: 'Dice', label: 'Dice by steps' })
 */
export function lineChart(series: readonly LineSeries[], options: LineChartOptions): string | undefined {
  requireList('lineChart: series', series);
  requireOptions('lineChart', options, optionNames);
  const drawn = series.map(({ name, points }) => ({
    name,
    points: points.filter(([x, y]) => x > 0 && Number.isFinite(x) && Number.isFinite(y)),
  }));
  const all = drawn.flatMap(({ points }) => points);
  if (all.length === 0) return undefined;
  const top = 30 + LINE * series.length;
  const { frame, y } = frameFor({ height: 260 + LINE * series.length, top }, (range) =>
    linearScale(niceExtent(widened(all.map((point) => point[1]))), range),
  );
  const xs = all.map((point) => point[0]);
  const x = logScale([Math.min(...xs), Math.max(...xs)], [frame.left, frame.right]);
  const marks = drawn.flatMap(({ name, points }, k) => {
    const colour = cssColour(COLOURS[k % COLOURS.length]!);
    const places = points.map(([px, py]) => [x.at(px), y.at(py)] as const);
    const at = 30 + LINE * k;
    return [
      element('line', { x1: frame.left, x2: frame.left + 20, y1: at, y2: at, stroke: colour, 'stroke-width': 2 }),
      text(name, { x: frame.left + 26, y: at + 4 }),
      polyline(places, { stroke: colour, 'stroke-width': 2 }),
      ...places.map(([cx, cy]) => element('circle', { cx, cy, r: 3, fill: colour })),
    ];
  });
  return chart(frame, {
    x: { label: options.x, scale: x },
    y: { label: options.y, scale: y, grid: true },
    label: options.label,
    marks,
  });
}

/** Values, with two more where all are nearly the same. */
function widened(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const least = LEAST_SPAN * Math.max(Math.abs(low), Math.abs(high));
  if (high - low >= least) return [...values];
  const middle = (low + high) / 2;
  return [...values, middle - least / 2, middle + least / 2];
}

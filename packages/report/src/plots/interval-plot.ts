import { type OptionNames, requireList, requireOptions } from '@medseg/arguments';
import { escapeHtml } from '../escape-html.ts';
import { METHOD_COLOURS } from '../palette.ts';
import { chart, frameOf } from './chart.ts';
import { linearScale, niceExtent } from './scale.ts';
import { element, text } from './svg.ts';

/** A value with its interval, and the values that it comes from. */
export interface IntervalRow {
  /** What stands before the row; keep it short. */
  readonly name: string;
  /** The value; a row without one (NaN) is empty. */
  readonly estimate: number;
  /** Lower end of its interval; NaN where there is none. */
  readonly low: number;
  /** Upper end of its interval; NaN where there is none. */
  readonly high: number;
  /** Values that are drawn as dots. Default none. */
  readonly points?: readonly {
    /** Text that the pointer shows. */
    readonly title: string;
    /** Where the dot is. */
    readonly value: number;
  }[];
}

/** How {@link intervalPlot} labels what it draws. */
export interface IntervalPlotOptions {
  /** Text of the axis. */
  readonly axis: string;
  /** What the plot shows, for readers who do not see it. */
  readonly label: string;
  /** Whether a line marks 0, as for differences. Default false. */
  readonly zero?: boolean;
}

const optionNames: OptionNames<IntervalPlotOptions> = { axis: true, label: true, zero: true };

/** Pixels of a row. */
const ROW = 26;

/**
 * Values with their intervals, one row each, as SVG.
 *
 * @example intervalPlot([{ name: '2 - 1', estimate: 0.02, low: -0.01, high: 0.05 }], { axis: 'Dice', label: 'Differences', zero: true })
 */
export function intervalPlot(rows: readonly IntervalRow[], options: IntervalPlotOptions): string {
  requireList('intervalPlot: rows', rows);
  requireOptions('intervalPlot', options, optionNames);
  const { axis, label, zero = false } = options;
  const values = rows.flatMap(({ estimate, low, high, points = [] }) =>
    [estimate, low, high, ...points.map(({ value }) => value)].filter(Number.isFinite),
  );
  const longest = Math.max(0, ...rows.map(({ name }) => name.length));
  const frame = frameOf({ height: 50 + ROW * rows.length, left: Math.min(200, 16 + 8 * longest), top: 12 });
  const scale = linearScale(niceExtent([...values, ...(zero || values.length === 0 ? [0] : [])]), [
    frame.left,
    frame.right,
  ]);
  const marks = rows.flatMap(({ name, estimate, low, high, points = [] }, k) => {
    const y = frame.top + (k + 0.5) * ROW;
    const stroke = METHOD_COLOURS.ensemble;
    return [
      text(name, { x: frame.left - 9, y: y + 4, 'text-anchor': 'end' }),
      ...points.flatMap(({ title, value }) =>
        Number.isFinite(value)
          ? element(
              'circle',
              { cx: scale.at(value), cy: y, r: 3, fill: METHOD_COLOURS.anchor, 'fill-opacity': 0.6 },
              `<title>${escapeHtml(title)}</title>`,
            )
          : [],
      ),
      Number.isFinite(low) && Number.isFinite(high)
        ? element('line', { x1: scale.at(low), x2: scale.at(high), y1: y, y2: y, stroke, 'stroke-width': 2 })
        : '',
      Number.isFinite(estimate)
        ? element('line', {
            x1: scale.at(estimate),
            x2: scale.at(estimate),
            y1: y - 8,
            y2: y + 8,
            stroke,
            'stroke-width': 3,
          })
        : '',
    ];
  });
  const line = { y1: frame.top, y2: frame.bottom, stroke: 'currentColor', 'stroke-dasharray': '3 3' };
  const middle = zero ? [element('line', { x1: scale.at(0), x2: scale.at(0), ...line })] : [];
  return chart(frame, { x: { label: axis, scale, grid: true }, label, marks: [...middle, ...marks] });
}

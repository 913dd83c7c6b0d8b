import type { Scale } from './scale.ts';
import { element, text } from './svg.ts';

/** Where the area of the data lies in a plot, in pixels. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** An axis with numbers. */
export interface Axis {
  readonly label: string;
  readonly scale: Scale;
  readonly grid?: boolean;
  /** What stands at a tick; the tick's own label unless told. */
  readonly tickLabel?: (value: number, label: string) => string;
}

/** The usual frame, half the width of a page, less the room that is left free at its sides. */
export function frameOf({
  height = 280,
  left = 50,
  right = 20,
  top = 30,
}: {
  readonly height?: number;
  readonly left?: number;
  readonly right?: number;
  readonly top?: number;
} = {}): Frame {
  const width = 460;
  return { width, height, left, right: width - right, top, bottom: height - 38 };
}

/** Pixels between two ticks of the x axis and of the y axis, about. */
const TICK_SPACE = { x: 80, y: 35 };

/** A plot as SVG that stands alone: axes under its marks, which are SVG too. `label` says what it shows. */
export function chart(
  frame: Frame,
  {
    x,
    y,
    label,
    marks,
  }: { readonly x: Axis; readonly y?: Axis | undefined; readonly label: string; readonly marks: readonly string[] },
): string {
  const { width, height } = frame;
  const content = [xAxis(frame, x), y ? yAxis(frame, y) : '', ...marks].join('');
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      'font-family': 'system-ui, sans-serif',
      'font-size': 12,
      fill: 'currentColor',
      role: 'img',
      'aria-label': label,
    },
    content,
  );
}

function xAxis({ left, right, top, bottom, height }: Frame, { label, scale, grid, tickLabel }: Axis): string {
  const ticks = scale.ticks((right - left) / TICK_SPACE.x);
  const marks = ticks.map(({ value, label: written }) => {
    const at = scale.at(value);
    const line = { x1: at, x2: at, stroke: 'currentColor' };
    return [
      grid ? element('line', { ...line, y1: top, y2: bottom, 'stroke-opacity': 0.1 }) : '',
      element('line', { ...line, y1: bottom, y2: bottom + 6 }),
      text(tickLabel?.(value, written) ?? written, { x: at, y: bottom + 18, 'text-anchor': 'middle' }),
    ].join('');
  });
  return marks.join('') + text(`${label} →`, { x: right, y: height - 5, 'text-anchor': 'end' });
}

function yAxis({ left, right }: Frame, { label, scale, grid, tickLabel }: Axis): string {
  const [from, to] = scale.domain.map((value) => scale.at(value)) as [number, number];
  const ticks = scale.ticks(Math.abs(from - to) / TICK_SPACE.y);
  const marks = ticks.map(({ value, label: written }) => {
    const at = scale.at(value);
    const line = { y1: at, y2: at, stroke: 'currentColor' };
    return [
      grid ? element('line', { ...line, x1: left, x2: right, 'stroke-opacity': 0.1 }) : '',
      element('line', { ...line, x1: left - 6, x2: left }),
      text(tickLabel?.(value, written) ?? written, { x: left - 9, y: at + 4, 'text-anchor': 'end' }),
    ].join('');
  });
  return marks.join('') + text(`↑ ${label}`, { x: 3, y: 13 });
}

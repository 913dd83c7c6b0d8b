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

/** Widest a character of a tick's label is drawn at the size of the plots, in pixels: of a wide font, such as DejaVu Sans. */
function widthOf(character: string): number {
  if (/[.,]/.test(character)) return 4;
  return character === '−' ? 10.1 : 7.7;
}

/** A frame whose left side has room for every label of its y axis, the sign included, and the scale of that axis. */
export function frameFor(
  options: Parameters<typeof frameOf>[0],
  scaleOf: (range: readonly [bottom: number, top: number]) => Scale,
): { frame: Frame; y: Scale } {
  const frame = frameOf(options);
  const y = scaleOf([frame.bottom, frame.top]);
  const widths = ticksOf(y).map(({ label }) => [...label].reduce((sum, character) => sum + widthOf(character), 0));
  return { frame: { ...frame, left: Math.max(frame.left, Math.ceil(TICK_LABEL + Math.max(0, ...widths))) }, y };
}

/** Pixels from the y axis to the end of its labels. */
const TICK_LABEL = 9;

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
  const marks = ticksOf(scale).map(({ value, label: written }) => {
    const at = scale.at(value);
    const line = { y1: at, y2: at, stroke: 'currentColor' };
    return [
      grid ? element('line', { ...line, x1: left, x2: right, 'stroke-opacity': 0.1 }) : '',
      element('line', { ...line, x1: left - 6, x2: left }),
      text(tickLabel?.(value, written) ?? written, { x: left - TICK_LABEL, y: at + 4, 'text-anchor': 'end' }),
    ].join('');
  });
  return marks.join('') + text(`↑ ${label}`, { x: 3, y: 13 });
}

/** The ticks of a y axis. */
function ticksOf(scale: Scale): ReturnType<Scale['ticks']> {
  const [from, to] = scale.domain.map((value) => scale.at(value)) as [number, number];
  return scale.ticks(Math.abs(from - to) / TICK_SPACE.y);
}

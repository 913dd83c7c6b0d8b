import { requireList } from '@medseg/arguments';
import { summarise } from '@medseg/metrics';
import { METHOD_COLOURS } from '../palette.ts';
import { chart, frameFor, frameOf } from './chart.ts';
import { linearScale, logScale } from './scale.ts';
import { element, polyline } from './svg.ts';

/** One step of training. */
export interface TrainingPoint {
  /** Number of the step, from 1. */
  readonly step: number;
  /** The phase that it belongs to; each phase has a plot of its own. */
  readonly phase: string;
  /** The loss before the step. */
  readonly loss: number;
  /** Where the step was followed by a validation. */
  readonly validationDice?: number | undefined;
  /** Mean loss on the validation samples then. Absent where there was no validation. */
  readonly validationLoss?: number | undefined;
  /** Loss of each sample of the step. Absent where it is not known. */
  readonly losses?: readonly number[] | undefined;
  /** Training step t of each sample, beside `losses`. Absent where there is none. */
  readonly times?: readonly number[] | undefined;
}

/** Phases have the colours of the methods that they train. */
const PHASE_COLOURS: Readonly<Record<string, string>> = {
  encoder: METHOD_COLOURS.anchor,
  denoiser: METHOD_COLOURS.ensemble,
};

/** Steps that are drawn of a phase, at most; of more, every second, third … is. */
const SHOWN_STEPS = 2000;

const HEIGHT = 240;

/**
 * Loss of every step and its running median, as SVG: one plot per phase, since each has a loss of its own.
 *
 * @example lossCurves([{ step: 1, phase: 'encoder', loss: 0.7 }, { step: 2, phase: 'encoder', loss: 0.6 }])
 */
export function lossCurves(points: readonly TrainingPoint[]): string[] {
  requireList('lossCurves: points', points);
  return byPhase(points).map(([phase, own]) => lossCurve(phase, own));
}

function lossCurve(phase: string, points: readonly TrainingPoint[]): string {
  const shown = points.filter(({ loss }) => loss > 0); // the axis is logarithmic
  const losses = shown.map(({ loss }) => loss);
  const validated = points.filter(({ validationLoss = 0 }) => validationLoss > 0);
  const all = [...losses, ...validated.map(({ validationLoss }) => validationLoss!)];
  const { frame, y } = frameFor({ height: HEIGHT }, (range) => logScale(all.length > 0 ? extent(all) : [1, 1], range));
  const x = linearScale(extent(points.map(({ step }) => step)), [frame.left, frame.right]);
  const drawn = thinned([...shown.keys()]);
  const marks = [
    ...drawn.map((i) =>
      element('circle', {
        cx: x.at(shown[i]!.step),
        cy: y.at(shown[i]!.loss),
        r: shown.length > 200 ? 1.2 : 2,
        fill: '#b8bfc9',
      }),
    ),
    polyline(
      drawn.map((i) => [x.at(shown[i]!.step), y.at(medianAround(losses, i))]),
      { stroke: colourOf(phase), 'stroke-width': 2 },
    ),
    ...validated.map(({ step, validationLoss }) =>
      element('rect', {
        class: 'validation',
        ...{ x: x.at(step) - 3, y: y.at(validationLoss!) - 3, width: 6, height: 6 },
        ...{ fill: '#fff', stroke: colourOf(phase), 'stroke-width': 1.5 },
      }),
    ),
  ];
  const squares = validated.length > 0 ? ' (squares: validation)' : '';
  return chart(frame, {
    x: { label: 'step', scale: x },
    y: { label: `loss, ${phase} phase${squares}`, scale: y, grid: true },
    label: `Loss against training steps, ${phase} phase`,
    marks,
  });
}

/**
 * Validation Dice over the steps, one colour per phase, as SVG; undefined where there was no validation.
 *
 * @example validationCurve([{ step: 10, phase: 'encoder', loss: 0.3, validationDice: 0.8 }])
 */
export function validationCurve(points: readonly TrainingPoint[]): string | undefined {
  requireList('validationCurve: points', points);
  const validated = points.flatMap(({ step, phase, validationDice }) =>
    validationDice === undefined ? [] : [{ step, phase, loss: 0, dice: validationDice }],
  );
  if (validated.length === 0) return undefined;
  const frame = frameOf({ height: HEIGHT });
  const x = linearScale(extent(validated.map(({ step }) => step)), [frame.left, frame.right]);
  const y = linearScale([0, 1], [frame.bottom, frame.top]);
  const phases = byPhase(validated);
  const place = ({ step, dice }: { step: number; dice: number }) => [x.at(step), y.at(dice)] as const;
  const lines = phases.map(([phase, own]) => polyline(own.map(place), { stroke: colourOf(phase), 'stroke-width': 2 }));
  const dots = phases.flatMap(([phase, own]) =>
    own.map((point) => {
      const [cx, cy] = place(point);
      return element('circle', { cx, cy, r: 3, fill: colourOf(phase) });
    }),
  );
  return chart(frame, {
    x: { label: 'step', scale: x },
    y: { label: 'validation Dice', scale: y, grid: true },
    label: 'Validation Dice against training steps',
    marks: [...lines, ...dots],
  });
}

function byPhase<T extends TrainingPoint>(points: readonly T[]): [string, T[]][] {
  const phases = [...new Set(points.map(({ phase }) => phase))];
  return phases.map((phase) => [phase, points.filter((point) => point.phase === phase)]);
}

function colourOf(phase: string): string {
  return PHASE_COLOURS[phase] ?? METHOD_COLOURS.ensemble;
}

/** The median of a window around a value, up to 25 wide and cut off at the ends. */
function medianAround(values: readonly number[], i: number): number {
  const width = Math.max(1, Math.min(25, values.length >> 2));
  const start = i - ((width - 1) >> 1);
  return summarise(values.slice(Math.max(0, start), start + width)).median;
}

function thinned(indices: readonly number[]): number[] {
  const every = Math.ceil(indices.length / SHOWN_STEPS);
  return indices.filter((_, k) => k % every === 0);
}

function extent(values: readonly number[]): [number, number] {
  const { minimum, maximum } = summarise(values);
  return [minimum, maximum];
}

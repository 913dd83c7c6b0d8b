import { requireList } from '@medseg/arguments';
import { type CaseScores, methodsOf, summarise } from '@medseg/metrics';
import { escapeHtml } from '../escape-html.ts';
import { METHOD_COLOURS } from '../palette.ts';
import { chart, frameOf } from './chart.ts';
import { linearScale } from './scale.ts';
import { element, text } from './svg.ts';

/** Pixels that dots stand below the middle of their box, so that equal ones do not cover each other. */
const SCATTER = [2, -9, 11, -3, 7, -13, -6, 13];

/** Height of a box as a share of its row. */
const BOX = 0.7;

/**
 * Dice of every case as a box per method, as SVG: quartiles, whiskers to 1.5 interquartile ranges, and the cases
 * themselves, which show their id when the pointer rests on them.
 *
 * @example await writeFile('dice.svg', diceBoxes(results))
 */
export function diceBoxes(results: readonly CaseScores[]): string {
  requireList('diceBoxes: results', results);
  const methods = methodsOf(results);
  const frame = frameOf({ left: 128, top: 12 });
  const scale = linearScale([0, 1], [frame.left, frame.right]);
  const row = (frame.bottom - frame.top) / methods.length;
  const marks = methods.flatMap(({ key, name, scoresOf }, k) => {
    const dices = results.map((result) => scoresOf(result)!.dice);
    const middle = frame.top + (k + 0.5) * row;
    const dots = dices.map((dice, i) =>
      element(
        'circle',
        {
          cx: scale.at(dice),
          cy: middle + SCATTER[i % SCATTER.length]!,
          r: 2,
          fill: METHOD_COLOURS[key],
          'fill-opacity': 0.7,
        },
        `<title>${escapeHtml(results[i]!.id)}: ${dice.toFixed(3)}</title>`,
      ),
    );
    return [
      text(name, { x: frame.left - 9, y: middle + 4, 'text-anchor': 'end' }),
      box(dices, (dice) => scale.at(dice), { middle, height: Math.min(44, row * BOX), colour: METHOD_COLOURS[key] }),
      ...dots,
    ];
  });
  return chart(frame, { x: { label: 'Dice', scale, grid: true }, label: 'Dice of every case, by method', marks });
}

/** A box with its whiskers and its median. */
function box(
  values: readonly number[],
  at: (value: number) => number,
  { middle, height, colour }: { readonly middle: number; readonly height: number; readonly colour: string },
): string {
  const { lowerQuartile, median, upperQuartile } = summarise(values);
  const reach = 1.5 * (upperQuartile - lowerQuartile);
  const within = values.filter((value) => value >= lowerQuartile - reach && value <= upperQuartile + reach);
  const [top, bottom] = [middle - height / 2, middle + height / 2];
  const line = { stroke: colour };
  return [
    element('line', { x1: at(Math.min(...within)), x2: at(Math.max(...within)), y1: middle, y2: middle, ...line }),
    element('rect', {
      x: at(lowerQuartile),
      y: top,
      width: at(upperQuartile) - at(lowerQuartile),
      height,
      fill: colour,
      'fill-opacity': 0.25,
    }),
    element('line', { x1: at(median), x2: at(median), y1: top, y2: bottom, 'stroke-width': 2, ...line }),
  ].join('');
}

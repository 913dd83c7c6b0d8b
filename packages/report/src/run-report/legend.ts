import type { CaseScores } from '@medseg/metrics';
import { escapeHtml } from '../escape-html.ts';
import {
  classColour,
  cssColour,
  ERROR_COLOURS,
  IGNORED_COLOUR,
  PREDICTION_COLOUR,
  type Rgb,
  TRUTH_COLOUR,
} from '../palette.ts';
import { drawHeat } from '../pictures/draw.ts';
import { toDataUri } from '../pictures/picture.ts';

/** Pixels of the colour bar. */
const BAR = 64;

/** What the colours of the pictures of cases mean, and what is shown of volumes, as HTML. */
export function legend({
  classNames,
  noun,
  results,
}: {
  readonly classNames: readonly string[];
  readonly noun: string;
  readonly results: readonly Pick<CaseScores, 'ignoredPixels'>[];
}): string {
  const slice = noun === 'volumes' ? 'Of each volume the slice with the most of the truth is shown. ' : '';
  const masks =
    classNames.length === 1
      ? [swatch('truth', TRUTH_COLOUR), swatch('prediction', PREDICTION_COLOUR)]
      : classNames.map((name, k) => swatch(name, classColour(k)));
  const errors = [
    swatch('found without being there (false positive)', ERROR_COLOURS.falsePositive),
    swatch('missed (false negative)', ERROR_COLOURS.falseNegative),
    ...(results.some(({ ignoredPixels = 0 }) => ignoredPixels > 0)
      ? [swatch('counts in no score', IGNORED_COLOUR)]
      : []),
    ...(classNames.length > 1 ? [swatch('other class', ERROR_COLOURS.wrongClass)] : []),
  ];
  return `<div class="legend"><p>${slice}Masks: ${masks.join(' ')}</p>
<p>Errors: ${errors.join(' ')}</p>
<p class="scale">Probability and uncertainty: 0 <img src="${colourBar()}" alt="colour bar from black at 0 over red to yellow at 1"> 1</p>
<p>Uncertainty is the entropy of the probability shown beside it, in bits where there is one class: 0 where it is sure, 1 where it is undecided.</p></div>`;
}

function swatch(name: string, colour: Rgb): string {
  return `<span class="key"><span class="swatch" style="background:${cssColour(colour)}"></span>${escapeHtml(name)}</span>`;
}

function colourBar(): string {
  const ramp = Float32Array.from({ length: BAR }, (_, i) => i / (BAR - 1));
  return toDataUri(drawHeat(ramp, { height: 1, width: BAR }));
}

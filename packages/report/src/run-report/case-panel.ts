import { requireList, requireObject, requireText } from '@medseg/arguments';
import { type CaseScores, methodsOf, threshold } from '@medseg/metrics';
import { escapeHtml } from '../escape-html.ts';
import { classColour, IGNORED_COLOUR, PREDICTION_COLOUR, type Rgb, TRUTH_COLOUR } from '../palette.ts';
import { drawHeat, drawMask, drawSlice, type Slice } from '../pictures/draw.ts';
import { drawErrors } from '../pictures/draw-errors.ts';
import { type Picture, toDataUri } from '../pictures/picture.ts';

/** Where a slice lies in its volume, and what its sides are: letters of the patient's axes, such as R, L, A and P. */
export interface SlicePlace {
  /** Number of the slice, from 1, and how many there are. */
  readonly number: number;
  /** How many slices there are. */
  readonly of: number;
  /** Such as axial. */
  readonly plane: string;
  /** The letters of each side; absent where the orientation is not known. */
  readonly sides?: Readonly<Record<'left' | 'right' | 'top' | 'bottom', string>> | undefined;
}

/** A case as the report shows it; pictures are data URIs. */
export interface CasePanel {
  /** What the case is called. */
  readonly title: string;
  /** Its scores. */
  readonly result: CaseScores;
  /** Pictures of one slice, from left to right. */
  readonly pictures: readonly {
    /** What the picture shows. */
    readonly caption: string;
    /** The picture as a data URI. */
    readonly uri: string;
  }[];
  /** Which slice of a volume is shown; absent for images. */
  readonly place?: SlicePlace | undefined;
}

/** A slice of a segmented case, all at the size of `image`. */
export interface SegmentedSlice {
  /** The slice itself. */
  readonly image: Slice;
  /** [height, width] in {0, 1} for each class. */
  readonly truth: readonly ArrayLike<number>[];
  /** 1 for each pixel that counts in no score, [height, width]; absent where all count. */
  readonly ignored?: ArrayLike<number> | undefined;
  /** [height, width, classes] in [0, 1]. */
  readonly probability: Float32Array;
  /** [height, width] in [0, 1]. */
  readonly uncertainty: ArrayLike<number>;
  /** Of a volume: which slice this is. Absent for images. */
  readonly place?: SlicePlace | undefined;
}

/** The best, the median and the worst of some results by Dice, each once. */
export function exemplars(results: readonly CaseScores[]): { title: string; result: CaseScores }[] {
  requireList('exemplars: results', results);
  const sorted = [...results].sort((a, b) => b.dice - a.dice || a.id.localeCompare(b.id));
  const chosen = new Map<CaseScores, string>();
  const add = (title: string, result: CaseScores): void => {
    if (!chosen.has(result)) chosen.set(result, title);
  };
  add('Best', sorted[0]!);
  add('Median', sorted[(sorted.length - 1) >> 1]!);
  add('Worst', sorted.at(-1)!);
  return [...chosen].map(([result, title]) => ({ title, result }));
}

/**
 * Image, truth, prediction, errors, probability and uncertainty of a case side by side; of several classes the
 * probability is that of the likeliest.
 *
 * @example drawCase('Best', result, { image, truth: [mask], probability, uncertainty })
 */
export function drawCase(title: string, result: CaseScores, segmentedSlice: SegmentedSlice): CasePanel {
  requireText('drawCase: title', title);
  requireObject('drawCase: result', result, ['id', 'patient', 'trueArea', 'confidence']);
  requireObject('drawCase: segmentedSlice', segmentedSlice, ['image', 'truth', 'probability', 'uncertainty']);
  const { image, truth, ignored, probability, uncertainty, place } = segmentedSlice;
  const drawn = drawSlice(image);
  const count = truth.length;
  const channels = truth.map((_, k) => probability.filter((_value, i) => i % count === k));
  const prediction = channels.map((map) => threshold(map));
  const base = ignored ? drawMask(drawn, ignored, IGNORED_COLOUR) : drawn;
  const draw = (masks: readonly ArrayLike<number>[], single: Rgb, on: Picture): string =>
    toDataUri(masks.reduce((picture, mask, k) => drawMask(picture, mask, count === 1 ? single : classColour(k)), on));
  const likeliest = channels[0]!.map((_, i) => Math.max(...channels.map((map) => map[i]!)));
  const pictures = [
    { caption: 'image', uri: toDataUri(drawn) },
    { caption: 'truth', uri: draw(truth, TRUTH_COLOUR, base) },
    { caption: 'prediction', uri: draw(prediction, PREDICTION_COLOUR, drawn) },
    { caption: 'errors', uri: toDataUri(drawErrors(drawn, { truth, prediction, ignored })) },
    { caption: 'probability', uri: toDataUri(drawHeat(likeliest, image)) },
    { caption: 'uncertainty', uri: toDataUri(drawHeat(uncertainty, image)) },
  ];
  return { title, result, pictures, place };
}

/** A case as HTML: its name, its Dice, where its slice lies, and its pictures. */
export function casePanel({ title, result, pictures, place }: CasePanel): string {
  const [method] = methodsOf([result]);
  const where = place ? `, ${place.plane} slice ${place.number} of ${place.of}` : '';
  const marks = Object.entries(place?.sides ?? {})
    .map(([side, letter]) => `<span class="side ${side}" aria-hidden="true">${escapeHtml(letter)}</span>`)
    .join('');
  const figures = pictures.map(({ caption, uri }) => {
    const alt = escapeHtml(`${caption} of ${result.id}${where}`);
    return `<figure><div class="framed"><img src="${uri}" alt="${alt}">${marks}</div><figcaption>${caption}</figcaption></figure>`;
  });
  return `<div class="case"><h3>${title} <span class="quiet plain">${escapeHtml(result.id)}, Dice of the ${method!.name} ${result.dice.toFixed(3)}${escapeHtml(where)}</span></h3><div class="pictures">${figures.join('')}</div></div>`;
}

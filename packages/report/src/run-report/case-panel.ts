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

/** A picture of a slice. */
export interface CasePicture {
  /** What it shows. */
  readonly caption: string;
  /** The picture as a data URI. */
  readonly uri: string;
}

/** A case as the report shows it; pictures are data URIs. */
export interface CasePanel {
  /** What the case is called. */
  readonly title: string;
  /** Its scores. */
  readonly result: CaseScores;
  /** Pictures of one slice, from left to right. */
  readonly pictures: readonly CasePicture[];
  /** Rows of pictures: the masks of several annotators, and those of members. Default none. */
  readonly readers?: readonly (readonly CasePicture[])[];
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
  /** [height, width] in {0, 1} for each class: the masks that are scored. Default: the probability at one half. */
  readonly prediction?: readonly ArrayLike<number>[] | undefined;
  /** The masks of each of several annotators, [height, width] in {0, 1} for each class. Default none. */
  readonly annotators?:
    | readonly {
        /** Who drew them; undefined where nobody is named. */
        readonly name?: string | undefined;
        /** [height, width] in {0, 1} for each class. */
        readonly masks: readonly ArrayLike<number>[];
      }[]
    | undefined;
  /** The masks of each member of the ensemble, [height, width] in {0, 1} for each class. Default none. */
  readonly members?: readonly (readonly ArrayLike<number>[])[] | undefined;
  /** Of a volume: which slice this is. Absent for images. */
  readonly place?: SlicePlace | undefined;
}

/** Annotators, and members, that are drawn, at most. */
const MOST_READERS = 8;

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
 * probability is that of the likeliest. Below them, where there are several annotators, the first eight of them and of the
 * members.
 *
 * @example drawCase('Best', result, { image, truth: [mask], probability, uncertainty })
 */
export function drawCase(title: string, result: CaseScores, segmentedSlice: SegmentedSlice): CasePanel {
  requireText('drawCase: title', title);
  requireObject('drawCase: result', result, ['id', 'patient', 'trueArea', 'confidence']);
  requireObject('drawCase: segmentedSlice', segmentedSlice, ['image', 'truth', 'probability', 'uncertainty']);
  const { image, truth, ignored, probability, uncertainty, place, annotators = [], members = [] } = segmentedSlice;
  const drawn = drawSlice(image);
  const count = truth.length;
  const channels = truth.map((_, k) => probability.filter((_value, i) => i % count === k));
  const { prediction = channels.map((map) => threshold(map)) } = segmentedSlice;
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
  const readers = [
    annotators.slice(0, MOST_READERS).map(({ name = '', masks }, j) => ({
      caption: name === '' ? `annotator ${j + 1}` : name,
      uri: draw(masks, TRUTH_COLOUR, drawn),
    })),
    members
      .slice(0, MOST_READERS)
      .map((masks, j) => ({ caption: `member ${j + 1}`, uri: draw(masks, PREDICTION_COLOUR, drawn) })),
  ].filter((row) => row.length > 0);
  return { title, result, pictures, ...(annotators.length > 1 && { readers }), place };
}

/** A case as HTML: its name, its Dice, where its slice lies, and its pictures. */
export function casePanel({ title, result, pictures, readers = [], place }: CasePanel): string {
  const [method] = methodsOf([result]);
  const where = place ? `, ${place.plane} slice ${place.number} of ${place.of}` : '';
  const marks = Object.entries(place?.sides ?? {})
    .map(([side, letter]) => `<span class="side ${side}" aria-hidden="true">${escapeHtml(letter)}</span>`)
    .join('');
  const rows = [pictures, ...readers].map((row) => {
    const figures = row.map(({ caption, uri }) => {
      const alt = escapeHtml(`${caption} of ${result.id}${where}`);
      return `<figure><div class="framed"><img src="${uri}" alt="${alt}">${marks}</div><figcaption>${escapeHtml(caption)}</figcaption></figure>`;
    });
    return `<div class="pictures">${figures.join('')}</div>`;
  });
  return `<div class="case"><h3>${title} <span class="quiet plain">${escapeHtml(result.id)}, Dice of the ${method!.name} ${result.dice.toFixed(3)}${escapeHtml(where)}</span></h3>${rows.join('')}</div>`;
}

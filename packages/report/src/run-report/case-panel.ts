import { type CaseScores, threshold } from '@medseg/metrics';
import { classColour, PREDICTION_COLOUR, type Rgb, TRUTH_COLOUR } from '../palette.ts';
import { drawHeat, drawMask, drawSlice, type Slice } from '../pictures/draw.ts';
import { toDataUri } from '../pictures/picture.ts';

/** A case as the report shows it; pictures are data URIs. */
export interface CasePanel {
  readonly title: string;
  readonly result: CaseScores;
  readonly pictures: readonly { readonly caption: string; readonly uri: string }[];
}

/** A slice of a segmented case, all at the size of `image`. */
export interface SegmentedSlice {
  readonly image: Slice;
  /** [height, width] in {0, 1} for each class. */
  readonly truth: readonly ArrayLike<number>[];
  /** [height, width, classes] in [0, 1]. */
  readonly probability: Float32Array;
  /** [height, width] in [0, 1]. */
  readonly uncertainty: ArrayLike<number>;
}

/** The best, the median and the worst of some results by Dice, each once. */
export function exemplars(results: readonly CaseScores[]): { title: string; result: CaseScores }[] {
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
 * Image, truth, prediction and uncertainty of a case side by side.
 *
 * @example drawCase('Best', result, { image, truth: [mask], probability, uncertainty })
 */
export function drawCase(
  title: string,
  result: CaseScores,
  { image, truth, probability, uncertainty }: SegmentedSlice,
): CasePanel {
  const drawn = drawSlice(image);
  const count = truth.length;
  const draw = (maskOf: (k: number) => ArrayLike<number>, single: Rgb): string =>
    toDataUri(
      truth.reduce((picture, _, k) => drawMask(picture, maskOf(k), count === 1 ? single : classColour(k)), drawn),
    );
  const pictures = [
    { caption: 'image', uri: toDataUri(drawn) },
    { caption: 'truth', uri: draw((k) => truth[k]!, TRUTH_COLOUR) },
    {
      caption: 'prediction',
      uri: draw((k) => threshold(probability.filter((_, i) => i % count === k)), PREDICTION_COLOUR),
    },
    { caption: 'uncertainty', uri: toDataUri(drawHeat(uncertainty, image)) },
  ];
  return { title, result, pictures };
}

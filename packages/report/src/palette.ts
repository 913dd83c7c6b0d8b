import type { MethodKey } from '@medseg/metrics';

/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

/** Colours of the methods in plots; the phases that train the anchor and the ensemble have theirs. */
export const METHOD_COLOURS: Readonly<Record<MethodKey, string>> = {
  ensemble: '#c2410c',
  anchor: '#2d6cdf',
  otsu: '#6b7686',
};

/** Colours of the masks in pictures where there is one class. */
export const TRUTH_COLOUR: Rgb = [60, 200, 255];
/** Colour of the predicted mask in pictures where there is one class. */
export const PREDICTION_COLOUR: Rgb = [255, 214, 10];

/** Colours of errors, which readers with any colour vision tell apart (Okabe & Ito 2008). */
export const ERROR_COLOURS: Readonly<Record<'falsePositive' | 'falseNegative' | 'wrongClass', Rgb>> = {
  falsePositive: [230, 159, 0],
  falseNegative: [86, 180, 233],
  wrongClass: [204, 121, 167],
};

/** Colour of pixels that count in no score. */
export const IGNORED_COLOUR: Rgb = [140, 140, 150];

const CLASS_COLOURS: readonly Rgb[] = [
  [60, 200, 255],
  [255, 214, 10],
  [255, 99, 132],
  [88, 214, 141],
  [187, 134, 252],
  [255, 159, 64],
  [64, 224, 208],
  [240, 98, 246],
];

/** The colour of a class in pictures and legends; colours repeat after eight classes. */
export function classColour(k: number): Rgb {
  return CLASS_COLOURS[k % CLASS_COLOURS.length]!;
}

/** A colour as style sheets have it. */
export function cssColour(colour: Rgb): string {
  return `rgb(${colour.join(' ')})`;
}

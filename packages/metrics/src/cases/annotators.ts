import { checkMask, type Mask } from '../arrays.ts';
import { packedEnergyDistance, packedHungarianIou } from '../readers/diversity.ts';
import { packedDice, packMask } from '../readers/packed-masks.ts';

/** The masks of one of several annotators. */
export interface AnnotatorMasks {
  /** Who drew them; undefined where nobody is named. */
  readonly name?: string | undefined;
  /** [pixels] in {0, 1} for each class. */
  readonly truth: readonly Mask[];
  /** [pixels] in {0, 1}: 1 where the annotator says nothing. Default: nowhere. */
  readonly ignored?: Mask | undefined;
}

/** What is said of a metric that needs several annotators. */
export interface AnnotatorMetric {
  /** Its name in scores and files. */
  readonly key: 'annotatorDice' | 'ged' | 'hungarianIou';
  /** Its name in tables. */
  readonly name: string;
  /** Which values are better. */
  readonly better: 'higher' | 'lower';
  /** Digits that tables print after the point. */
  readonly digits: number;
}

/**
 * The metrics of cases with several annotators, in the order of tables and files.
 *
 * @example ANNOTATOR_METRICS.map(({ key }) => key) // ['annotatorDice', 'ged', 'hungarianIou']
 */
export const ANNOTATOR_METRICS: readonly AnnotatorMetric[] = [
  { key: 'annotatorDice', name: 'Dice, each annotator', better: 'higher', digits: 3 },
  { key: 'ged', name: 'GED', better: 'lower', digits: 3 },
  { key: 'hungarianIou', name: 'Hungarian IoU', better: 'higher', digits: 3 },
];

/** What a method scores against several annotators; NaN where a metric has no value. */
export interface AnnotatorScores extends Readonly<Record<AnnotatorMetric['key'], number>> {
  /** Masks that the method offers the annotators: the members of an ensemble, one mask of the anchor head. */
  readonly samples: number;
}

/** What each method scores against several annotators. */
export interface AnnotatorResult {
  /** Annotators of the case. */
  readonly count: number;
  /** Of the ensemble; undefined where it was not scored. */
  readonly ensemble?: AnnotatorScores | undefined;
  /** Of the anchor head, whose one mask is its only sample; undefined where it was not scored. */
  readonly anchor?: AnnotatorScores | undefined;
}

/** The pixels that any of the annotators ignores, or the case itself; undefined where that is nowhere. */
export function ignoredByAny(
  id: string,
  annotators: readonly AnnotatorMasks[],
  ignored: Mask | undefined,
): Mask | undefined {
  const given = [ignored, ...annotators.map((each) => each.ignored)].filter((mask) => mask !== undefined);
  const pixels = annotators[0]!.truth[0]!.length;
  const odd = given.find((mask) => mask.length !== pixels);
  if (odd) {
    throw new RangeError(`scoreCase: what annotators of ${id} ignore must have ${pixels} pixels, got ${odd.length}`);
  }
  if (given.length < 2) return given[0];
  return Uint8Array.from({ length: given[0]!.length }, (_, i) => (given.some((mask) => mask[i] === 1) ? 1 : 0));
}

/**
 * Scores one class of a mask, and the members that it was made of, against each annotator. `ignored`: 1 where a pixel
 * counts for nobody. All NaN where no pixel counts.
 */
export function scoreAgainstAnnotators(
  { mask, members }: { readonly mask: Mask; readonly members: readonly Mask[] },
  truths: readonly Mask[],
  ignored: Mask | undefined,
): AnnotatorScores {
  const samples = members.length;
  if (ignored?.every((one: number) => one === 1))
    return { samples, annotatorDice: Number.NaN, ged: Number.NaN, hungarianIou: Number.NaN };
  const [fused, drawn, known] = [
    packMask(mask, ignored),
    members.map((member) => packMask(member, ignored)),
    truths.map((truth) => packMask(truth, ignored)),
  ];
  return {
    samples,
    annotatorDice: known.reduce((sum, truth) => sum + packedDice(fused, truth), 0) / known.length,
    ged: packedEnergyDistance(drawn, known),
    hungarianIou: packedHungarianIou(drawn, known),
  };
}

/** Means over classes, of each method that was scored. */
export function meanAnnotators(classes: readonly AnnotatorResult[]): AnnotatorResult {
  const { count, ensemble, anchor } = classes[0]!;
  return {
    count,
    ...(ensemble && { ensemble: meanAnnotatorScores(classes.map((own) => own.ensemble!)) }),
    ...(anchor && { anchor: meanAnnotatorScores(classes.map((own) => own.anchor!)) }),
  };
}

/** Means over classes, of those that have a value. */
function meanAnnotatorScores(scores: readonly AnnotatorScores[]): AnnotatorScores {
  const mean = (key: AnnotatorMetric['key']): number => {
    const known = scores.map((each) => each[key]).filter((value) => !Number.isNaN(value));
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  return {
    samples: scores[0]!.samples,
    annotatorDice: mean('annotatorDice'),
    ged: mean('ged'),
    hungarianIou: mean('hungarianIou'),
  };
}

/** Throws RangeError unless each list has, for each reader, a mask of 0 and 1 of each class that fills the grid. */
export function checkReaders(
  id: string,
  readers: Readonly<Record<string, readonly (readonly Mask[])[] | undefined>>,
  { classes, pixels }: { readonly classes: number; readonly pixels: number },
): void {
  for (const [what, lists] of Object.entries(readers)) {
    if (lists?.length === 0) throw new RangeError(`scoreCase: ${what} of ${id} must not be empty`);
    for (const [j, masks] of (lists ?? []).entries()) {
      if (masks.length !== classes) {
        throw new RangeError(
          `scoreCase: ${what}[${j}] of ${id} must have a mask for each of ${classes} classes, got ${masks.length}`,
        );
      }
      for (const [k, mask] of masks.entries()) {
        if (mask.length !== pixels) {
          throw new RangeError(
            `scoreCase: ${what}[${j}] of ${id} must have ${pixels} pixels in each class, got ${mask.length} in class ${k}`,
          );
        }
        checkMask('scoreCase', `${what}[${j}][${k}] of ${id}`, mask);
      }
    }
  }
}

import { createRandom } from '@medseg/random';
import type { Case } from '../case.ts';
import { placeId, placesOf } from './places.ts';
import type { PrepareOptions } from './prepare.ts';
import { fileIndex, type SliceGrid, sliceGrid } from './slice-grid.ts';
import { checkView, type Place } from './view.ts';

/** A sample before it is read: a case and a place in it. */
export interface Item {
  id: string;
  /** Number of the case. */
  caseIndex: number;
  place: Place;
}

export interface ItemOptions extends Pick<PrepareOptions, 'imageSize' | 'view'> {
  /** Share of the slices without any foreground that are kept, 0 to 1: all unless given. */
  emptyShare?: number;
  /** Decides which of them. */
  seed?: number;
}

/**
 * Lists what cases are cut into, case by case, without opening a file. Slices of which every pixel is to be ignored are
 * left out.
 *
 * Which empty slices stay is drawn for each by seed and id, so that it does not depend on what other cases there are.
 *
 * Throws RangeError for a share that is none, and for a volume, or an image that is to be cut into patches, whose size
 * is not known because `checkCases` has not read it.
 */
export function itemsOf(
  cases: readonly Case[],
  { imageSize, view = {}, emptyShare = 1, seed = 0 }: ItemOptions,
): Item[] {
  if (!(emptyShare >= 0 && emptyShare <= 1))
    throw new RangeError(`emptyShare must be a share from 0 to 1, got ${emptyShare}`);
  checkView(view);
  const random = createRandom(seed).fork('empty');
  return cases.flatMap((c, caseIndex) => {
    const { id, facts } = c;
    const grid = gridOf(c, view.patches !== undefined);
    const volume = facts?.spacing !== undefined;
    const places = grid ? placesOf(grid, view, imageSize) : [{ slice: 0 }];
    return places
      .map((place) => ({ id: placeId(id, place, { isVolume: volume, view }), caseIndex, place }))
      .filter(
        (item) =>
          !isIgnored(c, grid, item.place) &&
          (emptyShare === 1 ||
            !isEmpty(c, grid, item.place) ||
            (emptyShare > 0 && random.fork(item.id).uniform() < emptyShare)),
      );
  });

  function gridOf(c: Case, needsSize: boolean): SliceGrid | undefined {
    const { facts } = c;
    if (!facts) {
      if (!needsSize && c.images.every(isImageName)) return undefined;
      throw new RangeError(`itemsOf: ${c.id} must have been read by checkCases, so that its size is known`);
    }
    const { size, spacing, direction } = facts;
    if (size.length === 3 && spacing && direction) return sliceGrid({ size, spacing, direction }, view.plane);
    return { count: 1, height: size[1], width: size[0], start: 0, strides: [0, size[0], 1] };
  }
}

const imageNames = /\.(png|tiff?|jpe?g|bmp|gif)$/i;

/** Whether a file is an image and not a volume, judging by its name. */
function isImageName(path: string): boolean {
  return imageNames.test(path);
}

function isEmpty({ facts }: Case, grid: SliceGrid | undefined, { slice }: Place): boolean {
  if (!facts) return false;
  if (!grid?.sliceAxis || !facts.foregroundAlong) return facts.foreground.every((count) => count === 0);
  return facts.foregroundAlong[grid.sliceAxis.axis]![fileIndex(grid, slice)] === 0;
}

/** Whether nothing of a slice of a volume counts. An image of which nothing does is none of the cases. */
function isIgnored({ facts }: Case, grid: SliceGrid | undefined, { slice }: Place): boolean {
  if (!grid?.sliceAxis || !facts?.ignoredAlong) return false;
  return facts.ignoredAlong[grid.sliceAxis.axis]![fileIndex(grid, slice)] === grid.height * grid.width;
}

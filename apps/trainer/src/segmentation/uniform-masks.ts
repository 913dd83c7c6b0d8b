import { plural } from '@medseg/metrics';
import type { ClassSize } from '@medseg/pipeline';

/** Watches the masks of a command for all being alike. */
export interface MaskWatch {
  /** Takes a mask in: the sizes of its classes, and how many pixels or voxels it has. */
  add(sizes: readonly ClassSize[], pixels: number): void;
  /** What is remarkable of all masks together, in a sentence without a full stop; undefined where they differ. */
  note(): string | undefined;
}

/**
 * Notices masks that are all empty, or all one class from border to border. Networks that have learned nothing draw them; of
 * images without a reference nobody knows whether they are right.
 */
export function watchMasks(): MaskWatch {
  let count = 0;
  let names: readonly string[] = [];
  let areEmpty = true;
  /** Classes that have filled every mask so far. */
  let full: Set<string> | undefined;
  return {
    add: (sizes, pixels) => {
      count++;
      names = sizes.map(({ name }) => name);
      areEmpty &&= sizes.every(({ voxels }) => voxels === 0);
      const filled = sizes.filter(({ voxels }) => voxels === pixels).map(({ name }) => name);
      full = new Set(full === undefined ? filled : filled.filter((name) => full!.has(name)));
    },
    note: () => {
      if (count === 0) return undefined;
      const which = count === 1 ? 'the mask' : `every mask of ${plural(count, 'files')}`;
      if (areEmpty)
        return `${which} is empty: no ${names.join(' or ')} was found; a network that has learned nothing draws such masks too`;
      const [filled] = full ?? [];
      return filled === undefined ? undefined : `${which} is ${filled} from border to border`;
    },
  };
}

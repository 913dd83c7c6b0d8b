import { type OptionNames, requireOptions } from '@medseg/arguments';
import { checkMask, type Mask } from '../arrays.ts';
import { checkFills, type Grid, type Grid3, grid3 } from '../grid.ts';

/** Which neighbours hang together: 4 or 8 in 2-D; 6, 18 or 26 in 3-D. */
export type Connectivity = 4 | 8 | 6 | 18 | 26;

/** The connected parts of a mask. */
export interface Components {
  /** [pixels] 0 outside, 1..count inside, numbered in row-major order of each part's first pixel. */
  readonly labels: Int32Array;
  /** Number of parts. */
  readonly count: number;
}

const connectedComponentsOptionNames: OptionNames<NonNullable<Parameters<typeof connectedComponents>[1]>> = {
  shape: true,
  spacing: true,
  connectivity: true,
};

/**
 * Labels the connected parts of a mask: union-find over one scan (Rosenfeld & Pfaltz 1966).
 *
 * mask: [pixels] in {0, 1}, filling `shape`. connectivity: 8 in 2-D and 26 in 3-D unless told. Labels are numbered as
 * SciPy's `ndimage.label` numbers them. Throws RangeError when the mask does not fill the shape, holds another value,
 * or the connectivity is not one of the grid's.
 *
 * @example connectedComponents(Uint8Array.of(1, 0, 1), { shape: [1, 3] }).count // 2
 */
export function connectedComponents(
  mask: Mask,
  options: Grid & {
    /** Neighbours of a pixel. Default 8 in 2-D, 26 in 3-D. */
    readonly connectivity?: Connectivity;
  },
): Components {
  requireOptions('connectedComponents', options, connectedComponentsOptionNames);
  const grid = grid3('connectedComponents', options);
  checkFills('connectedComponents', 'mask', mask, grid);
  checkMask('connectedComponents', 'mask', mask);
  return labelParts(mask, grid, reach('connectedComponents', grid, options.connectivity));
}

/** Along how many axes at once a neighbour may lie. Throws RangeError for another grid's connectivity. */
export function reach(asked: string, grid: Grid3, connectivity: Connectivity | undefined): number {
  const known = grid.axes === 2 ? [4, 8] : [6, 18, 26];
  if (connectivity === undefined) return known.length;
  const axes = known.indexOf(connectivity) + 1;
  if (axes === 0) {
    throw new RangeError(
      `${asked}: connectivity must be ${known.join(' or ')} on ${grid.axes} axes, got ${String(connectivity)}`,
    );
  }
  return axes;
}

/** Steps to the neighbours, [dz, dy, dx], that lie along at most `axes` axes at once. */
export function neighbourSteps(grid: Grid3, axes: number): [number, number, number][] {
  const steps: [number, number, number][] = [];
  const deep = grid.axes === 3 ? [-1, 0, 1] : [0];
  for (const z of deep) {
    for (const y of [-1, 0, 1]) {
      for (const x of [-1, 0, 1]) {
        const along = Math.abs(z) + Math.abs(y) + Math.abs(x);
        if (along > 0 && along <= axes) steps.push([z, y, x]);
      }
    }
  }
  return steps;
}

/** As `connectedComponents`, on a checked mask. */
export function labelParts(mask: Mask, grid: Grid3, axes: number): Components {
  const [depth, height, width] = grid.shape;
  // The first half of the steps leads to pixels already scanned.
  const steps = neighbourSteps(grid, axes);
  const before = steps.slice(0, steps.length / 2);
  const labels = new Int32Array(mask.length);
  const parents: number[] = [0];
  const root = (label: number): number => {
    let at = label;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!;
      at = parents[at]!;
    }
    return at;
  };
  let i = 0;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        if (mask[i] !== 1) continue;
        let label = 0;
        for (const [dz, dy, dx] of before) {
          if (z + dz < 0 || y + dy < 0 || y + dy >= height || x + dx < 0 || x + dx >= width) continue;
          const other = labels[i + (dz * height + dy) * width + dx]!;
          if (other === 0) continue;
          const found = root(other);
          if (label === 0) label = found;
          else if (found !== label) {
            // The smaller label stays, so that parts are numbered by their first pixel.
            parents[Math.max(found, label)] = Math.min(found, label);
            label = Math.min(found, label);
          }
        }
        if (label === 0) {
          label = parents.length;
          parents.push(label);
        }
        labels[i] = label;
      }
    }
  }
  const names = new Int32Array(parents.length);
  let count = 0;
  for (let label = 1; label < parents.length; label++) {
    const found = root(label);
    names[label] = found === label ? ++count : names[found]!;
  }
  for (let j = 0; j < labels.length; j++) labels[j] = names[labels[j]!]!;
  return { labels, count };
}

import { type Assembler, createAssembler, type Place, regionMasks, type SliceGrid } from '@medseg/datasets';

/** Assembles the masks of each member of an ensemble on the grid of a file. */
export interface MemberMasks {
  /** Adds the probabilities of each member at a place, [size[0], size[1], K], on the network's grid. */
  add(place: Place, members: readonly Float32Array[], size: readonly [height: number, width: number]): void;
  /** `[member][class]`, 0 or 1 for each pixel of the file: 1 where the probability is one half or more. */
  masks(): Uint8Array[][];
}

/**
 * Makes the masks of so many members and classes. Of whole slices, which never overlap, only masks are kept, a byte for
 * each pixel, member and class; of patches the probabilities, of which overlapping ones are averaged.
 */
export function createMemberMasks(
  grid: SliceGrid,
  { members, classes }: { members: number; classes: number },
): MemberMasks {
  const pixels = grid.count * grid.height * grid.width;
  let whole: Uint8Array[][] | undefined;
  let patches: Assembler[] | undefined;
  return {
    add(place, drawn, size) {
      if (place.window) {
        patches ??= Array.from({ length: members }, () => createAssembler(grid, classes));
        for (const [m, values] of drawn.entries()) patches[m]!.add(place, values, size);
        return;
      }
      whole ??= Array.from({ length: members }, () => Array.from({ length: classes }, () => new Uint8Array(pixels)));
      for (const [m, values] of drawn.entries()) addSlice(whole[m]!, grid, place.slice, { values, size });
    },
    masks: () => whole ?? (patches ?? []).map((member) => regionMasks(member.values(), classes)),
  };
}

/** Writes one slice of a member's masks. */
function addSlice(
  masks: readonly Uint8Array[],
  grid: SliceGrid,
  slice: number,
  { values, size }: { values: Float32Array; size: readonly [height: number, width: number] },
): void {
  const { height, width, start, strides } = grid;
  const flat = createAssembler({ ...grid, count: 1, start: 0, strides: [0, width, 1] }, masks.length);
  flat.add({ slice: 0 }, values, size);
  for (const [k, own] of regionMasks(flat.values(), masks.length).entries()) {
    for (let y = 0; y < height; y++) {
      const row = start + slice * strides[0] + y * strides[1];
      for (let x = 0; x < width; x++) masks[k]![row + x * strides[2]] = own[y * width + x]!;
    }
  }
}

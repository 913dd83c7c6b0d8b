import type { SliceGrid } from './slice-grid.ts';
import type { Place, View } from './view.ts';

/**
 * All places that a view cuts from a grid, slice by slice, patches row by row. Patches cover every pixel, lie evenly,
 * and overlap by at least the share asked for.
 *
 * `imageSize`: [height, width] of the network's input, which is the size of a patch.
 */
export function placesOf(
  { count, height, width }: Pick<SliceGrid, 'count' | 'height' | 'width'>,
  view: View,
  imageSize: readonly [number, number],
): Place[] {
  const { patches } = view;
  const places: Place[] = [];
  for (let slice = 0; slice < count; slice++) {
    if (!patches) {
      places.push({ slice });
      continue;
    }
    const [patchHeight, patchWidth] = imageSize;
    for (const top of starts(height, patchHeight, patches.overlap ?? 0.25))
      for (const left of starts(width, patchWidth, patches.overlap ?? 0.25))
        places.push({ slice, window: { top, left, height: patchHeight, width: patchWidth } });
  }
  return places;
}

/** Where patches of a length start so that they cover an extent; a patch that is longer lies around its middle. */
function starts(extent: number, patch: number, overlap: number): number[] {
  if (patch >= extent) return [Math.floor((extent - patch) / 2)];
  const stride = Math.max(1, patch * (1 - overlap));
  const count = Math.ceil((extent - patch) / stride) + 1;
  return Array.from({ length: count }, (_, i) => Math.round((i * (extent - patch)) / (count - 1)));
}

/** A case's id with the place in it: `liver_003_axial_017`, and `…_y0_x96` for a patch. */
export function placeId(
  id: string,
  { slice, window }: Place,
  { isVolume, view }: { isVolume: boolean; view: View },
): string {
  const at = isVolume ? `_${view.plane ?? 'axial'}_${String(slice).padStart(3, '0')}` : '';
  return `${id}${at}${window ? `_y${window.top}_x${window.left}` : ''}`;
}

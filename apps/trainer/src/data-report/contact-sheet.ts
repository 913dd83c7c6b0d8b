import type { Tile } from './tile.ts';

/** Pixels between tiles. */
const GAP = 4;

/** Tiles side by side, each in the middle of a square, on a dark ground. */
export function contactSheet(tiles: readonly Tile[], { side, columns }: { side: number; columns: number }): Tile {
  const across = Math.min(columns, tiles.length);
  const rows = Math.ceil(tiles.length / across);
  const width = across * (side + GAP) + GAP;
  const height = rows * (side + GAP) + GAP;
  const rgb = new Uint8Array(width * height * 3).fill(24);
  for (const [n, tile] of tiles.entries()) {
    const left = GAP + (n % across) * (side + GAP) + Math.floor((side - tile.width) / 2);
    const top = GAP + Math.floor(n / across) * (side + GAP) + Math.floor((side - tile.height) / 2);
    for (let y = 0; y < tile.height; y++)
      rgb.set(tile.rgb.subarray(y * tile.width * 3, (y + 1) * tile.width * 3), ((top + y) * width + left) * 3);
  }
  return { height, width, rgb };
}

import type { Mask } from '../arrays.ts';
import type { Grid3 } from '../grid.ts';
import { neighbourSteps } from './connected-components.ts';

/** The mask grown by its neighbours along at most `axes` axes at once, as often as told. */
export function dilate(mask: Mask, grid: Grid3, axes: number, times: number): Uint8Array {
  const [depth, height, width] = grid.shape;
  const steps = neighbourSteps(grid, axes);
  const grown = Uint8Array.from(mask);
  let rim: number[] = [];
  for (let i = 0; i < grown.length; i++) if (grown[i] === 1) rim.push(i);
  for (let time = 0; time < times; time++) {
    const next: number[] = [];
    for (const i of rim) {
      const x = i % width;
      const y = Math.floor(i / width) % height;
      const z = Math.floor(i / (width * height));
      for (const [dz, dy, dx] of steps) {
        const [nz, ny, nx] = [z + dz, y + dy, x + dx];
        if (nz < 0 || nz >= depth || ny < 0 || ny >= height || nx < 0 || nx >= width) continue;
        const j = (nz * height + ny) * width + nx;
        if (grown[j] === 1) continue;
        grown[j] = 1;
        next.push(j);
      }
    }
    rim = next;
  }
  return grown;
}

import { kindOf } from '@medseg/arguments';
import type { Draw } from './recipe.ts';

/** Throws TypeError or RangeError where what a phase has drawn cannot be shared out over the samples of a batch. */
export function requireDraw(phase: string, draw: Draw, count: number): void {
  const what = `draw of the phase ${phase} must`;
  if (typeof draw !== 'object' || draw === null || typeof (draw as Partial<Promise<Draw>>).then === 'function') {
    throw new TypeError(`${what} return an object of arrays and numbers, got ${kindOf(draw)}`);
  }
  for (const [name, value] of Object.entries(draw)) {
    if (typeof value === 'number') continue;
    if (!(value instanceof Float32Array || value instanceof Float64Array || value instanceof Int32Array)) {
      throw new TypeError(
        `${what} give numbers, Float32Array, Float64Array or Int32Array, got ${name}: ${kindOf(value)}`,
      );
    }
    if (value.length % count !== 0) {
      throw new RangeError(
        `${what} give each sample as many values, got ${name} of ${value.length} for ${count} samples`,
      );
    }
  }
}

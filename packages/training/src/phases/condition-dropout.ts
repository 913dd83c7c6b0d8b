import type { Draw } from '../recipe.ts';

/** How much each sample counts in a loss of its condition: not at all where its image was taken away; undefined without dropout. */
export function keptSamples({ dropped }: Draw): Float32Array | undefined {
  return dropped instanceof Int32Array ? Float32Array.from(dropped, (value) => 1 - value) : undefined;
}

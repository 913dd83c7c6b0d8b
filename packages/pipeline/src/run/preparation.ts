import type { PrepareOptions } from '@medseg/datasets';

/** How files become a network's input, and results get back: kept with a run. */
export interface Preparation extends PrepareOptions {
  /** Stretches intensities of `photo` from [0, 1] to [-1, 1], as some references train. Default false. */
  readonly signed?: boolean;
}

/** Applies what `prepareScan` does not know of. */
export function finishIntensities(values: Float32Array, { signed = false }: Preparation): Float32Array {
  return signed ? values.map((v) => 2 * v - 1) : values;
}

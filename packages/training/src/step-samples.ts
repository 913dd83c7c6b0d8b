import type { Draw } from './recipe.ts';

/** The loss of each sample of a step, for losses by time. */
export interface StepSamples {
  /** The loss of each sample, in the order of the batch. */
  readonly losses: Float32Array;
  /** The time of each sample; absent where the phase draws none. */
  readonly t?: Int32Array;
}

/** The losses of samples beside their times, which a phase draws as `t`. */
export function samplesOf(losses: Float32Array, draw: Draw | undefined): StepSamples {
  const t = draw?.t;
  return { losses, ...(t instanceof Int32Array && t.length === losses.length && { t }) };
}

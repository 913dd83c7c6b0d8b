import type { Expected } from './reference.ts';
import type { Outcome } from './run-case.ts';

/** Largest errors that count as right, relative to the largest expected number. */
export const LIMITS: { readonly value: number; readonly gradient: number } = { value: 1e-4, gradient: 1e-3 };

/** A number, the error with which the backend refused, or nothing to check. */
export type Finding = number | { readonly refused: string } | null;

export interface Verdict {
  readonly value: Finding;
  readonly gradient: Finding;
}

/** Compares what a backend gave with the definition. */
export function judge(expected: Expected, outcome: Outcome): Verdict {
  const value = 'refused' in outcome.value ? outcome.value : relativeError(outcome.value, expected.value);
  const { gradients } = outcome;
  if (expected.gradients === null || gradients === null) return { value, gradient: null };
  if ('refused' in gradients) return { value, gradient: gradients };
  const errors = expected.gradients.map((list, i) => relativeError(gradients[i]!, list));
  return { value, gradient: errors.reduce(worse, 0) };
}

/** Largest |actual - expected| over the largest |expected|; NaN where a number is none or the sizes differ. */
function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.NaN;
  let [difference, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference = worse(difference, Math.abs(actual[i]! - expected[i]!));
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return difference / (scale || 1);
}

/** The larger error; NaN is the largest. */
export function worse(a: number, b: number): number {
  return Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.max(a, b);
}

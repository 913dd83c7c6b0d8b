import { requireFunction, requireOptions } from '@medseg/arguments';
import { requireNumber } from './check.ts';
import { type Schedule, scheduleOf } from './schedule.ts';

/** What every curve is laid out by. */
interface CurveOptions {
  /** Training steps T. Default 1000. */
  steps?: number | undefined;
  /** Largest beta. Default 0.999. */
  maxBeta?: number | undefined;
}

/**
 * Discretises a continuous survival curve: b_i = min(1 - a((i + 1) / T) / a(i / T), maxBeta) (Nichol & Dhariwal 2021).
 * `alphaBar` falls from 1 at u = 0 to about 0 at u = 1. Throws RangeError for a step count below 1.
 *
 * @example scheduleFromAlphaBar((u) => Math.exp(-12 * u), { steps: 1000 });
 */
export function scheduleFromAlphaBar(
  alphaBar: (u: number) => number,
  options: {
    /** Training steps T. Default 1000. */
    steps?: number;
    /** Largest beta. Default 0.999. */
    maxBeta?: number;
  } = {},
): Schedule {
  requireFunction('scheduleFromAlphaBar: alphaBar', alphaBar);
  requireOptions('scheduleFromAlphaBar', options, { steps: true, maxBeta: true });
  return scheduleOfCurve('scheduleFromAlphaBar', 'steps, maxBeta', alphaBar, options);
}

/** As `scheduleFromAlphaBar`, for a schedule by name: an option that is not `known` is refused. */
export function scheduleOfCurve(
  who: string,
  known: string,
  alphaBar: (u: number) => number,
  { steps = 1000, maxBeta = 0.999, ...others }: CurveOptions,
): Schedule {
  // Smaller than requireOptions of @medseg/arguments: a cosine schedule is often all that a page loads.
  for (const name in others) throw new RangeError(`${who}: options must be among ${known}, got ${name}`);
  requireNumber(`${who}: steps`, steps, 1, Number.POSITIVE_INFINITY, 'whole ');
  requireNumber(`${who}: maxBeta`, maxBeta, 0, 1);
  return scheduleOf(
    Float64Array.from({ length: steps }, (_, i) =>
      Math.min(1 - alphaBar((i + 1) / steps) / alphaBar(i / steps), maxBeta),
    ),
  );
}

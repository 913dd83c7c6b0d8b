import { scheduleOfCurve } from './alpha-bar.ts';
import { requireNumber } from './check.ts';
import type { Schedule } from './schedule.ts';

/** Options of {@link cosineSchedule}. */
export interface CosineOptions {
  /** Training steps T. Default 1000. */
  readonly steps?: number;
  /** The s of the paper, which keeps the first betas from vanishing. Default 0.008. */
  readonly offset?: number;
  /** Largest beta. Default 0.999. */
  readonly maxBeta?: number;
}

/**
 * The cosine schedule: alphaBar(u) = cos^2((u + s) / (1 + s) * pi / 2) (Nichol & Dhariwal 2021, eq. 17).
 * The seed, lucidrains, the official MedSegDiff and diffusers (`squaredcos_cap_v2`) write it differently and mean these
 * same numbers. Throws RangeError for options out of range.
 *
 * @example const schedule = cosineSchedule({ steps: 1000 });
 */
export function cosineSchedule(options: CosineOptions = {}): Schedule {
  // A number in the place of options becomes the name of an option, and is refused as such.
  const given = Object(options) === options ? options : { [options as never]: 0 };
  const { offset = 0.008, maxBeta = 0.999, ...others }: CosineOptions = given;
  requireNumber('cosineSchedule: offset', offset, 0);
  const curve = (u: number): number => Math.cos((((u + offset) / (1 + offset)) * Math.PI) / 2) ** 2;
  const schedule = scheduleOfCurve('cosineSchedule', 'steps, offset, maxBeta', curve, { maxBeta, ...others });
  const usual = offset === 0.008 && maxBeta === 0.999;
  return usual ? { ...schedule, recipe: { betaSchedule: 'squaredcos_cap_v2' } } : schedule;
}

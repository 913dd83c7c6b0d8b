import { kindOf } from '@medseg/arguments';
import { linspace } from '../schedule/linear.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { interpolate, sigmaTable, spacedSigmas, timestepOfSigma } from '../schedule/sigmas.ts';
import { roundHalfEven } from '../schedule/timesteps.ts';
import { type PathPoint, type SolverOptions, straightPoint, variancePreservingPoint } from './half-log-snr.ts';
import { requireCountForSpacing } from './require-count-for-spacing.ts';
import { planTimesteps } from './variance-preserving.ts';

/** Where a solver goes: what the network is told at each call, and one more point than calls. */
export interface SolverPath {
  readonly timesteps: Float64Array;
  readonly points: readonly PathPoint[];
}

/**
 * Lays a solver's path along the schedule. Spaced sigmas fall between training steps: Karras' and Lu's are told as the
 * nearest one, the others as the one below, and with `truncateCosine` so are those of a cosine schedule.
 */
export function solverPath(
  name: string,
  schedule: Schedule,
  steps: number | readonly number[],
  options: SolverOptions,
  { last = schedule.steps, truncateCosine = false }: { last?: number; truncateCosine?: boolean } = {},
): SolverPath {
  const { timestepSpacing = 'linspace', stepsOffset = 0, sigmaSpacing, finalSigma = 'zero' } = options;
  requireCountForSpacing(name, steps, sigmaSpacing);
  const single = options.matchDiffusers === true;
  const table = sigmaTable(schedule, single);
  let timesteps: Float64Array = planTimesteps(name, schedule, steps, {
    spacing: timestepSpacing,
    offset: stepsOffset,
    skipZero: true,
    beyond: true,
    overshoot: single,
    last,
  });
  let sigmas: Float64Array = timesteps.map((t) => interpolate(table, t));
  if (sigmaSpacing !== undefined) {
    const { sigmaMin = table[0]!, sigmaMax = table[table.length - 1]! } = options;
    sigmas = spacedSigmas(sigmaSpacing, sigmaMax, sigmaMin, typeof steps === 'number' ? steps : timesteps.length);
    const cosine = truncateCosine && schedule.recipe?.betaSchedule === 'squaredcos_cap_v2';
    const nearest = (sigmaSpacing === 'karras' || sigmaSpacing === 'lu') && !cosine;
    const toWhole = nearest ? roundHalfEven : (t: number): number => Math.floor(t + 1e-3); // but for rounding errors
    timesteps = sigmas.map((sigma) => toWhole(timestepOfSigma(table, sigma, single)));
  }
  const final = finalSigma === 'zero' ? 0 : table[0]!;
  return { timesteps, points: [...sigmas, final].map(variancePreservingPoint) };
}

/** Lays a solver's path along the straight line from noise to image, shifted (Esser et al. 2024, eq. 23). */
export function straightSolverPath(
  name: string,
  trainSteps: number,
  steps: number | readonly number[],
  shift: number,
  rule: 'dpmSolver' | 'unipc',
  final: number,
): SolverPath {
  if (typeof steps !== 'number') {
    throw new RangeError(
      `${name}: with flowShift pass a number of steps, got ${Array.isArray(steps) ? 'a list of timesteps' : kindOf(steps)}`,
    );
  }
  const shifted = (sigma: number): number => (shift * sigma) / (1 + (shift - 1) * sigma);
  const ends = linspace(1, 1 / trainSteps, steps + 1);
  const sigmas =
    rule === 'dpmSolver'
      ? Array.from(ends.map((end) => shifted(1 - end)).reverse()).slice(0, -1)
      : Array.from(ends.map(shifted)).slice(0, -1);
  // Pure noise would have no signal to divide by.
  if (Math.abs(sigmas[0]! - 1) < 1e-6) sigmas[0]! -= 1e-6;
  return {
    timesteps: Float64Array.from(sigmas, (sigma) => Math.trunc(sigma * trainSteps)),
    points: [...sigmas, final].map(straightPoint),
  };
}

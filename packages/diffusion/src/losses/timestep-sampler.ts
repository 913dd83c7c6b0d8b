import { type OptionNames, requireList, requireObject, requireOptions } from '@medseg/arguments';
import { requireInteger, requireNumber } from '../schedule/check.ts';

/** What the samplers of t need of a random source; `createRandom` of `@medseg/ops` has it. */
export interface UniformSource {
  /** A number in [0, 1). */
  uniform(): number;
}

/** Steps to train on, and what each sample's loss is multiplied by so that the mean stays unbiased. */
export interface DrawnTimesteps {
  /** The step of each sample, 0..T-1. */
  readonly t: Int32Array;
  /** What each sample's loss is multiplied by. */
  readonly weights: Float64Array;
}

/**
 * Draws t evenly from 0..T-1, all weights 1 (Ho et al. 2020, algorithm 1).
 * Throws RangeError unless steps and batch are at least 1.
 *
 * @example const { t } = uniformTimesteps(schedule.steps, 16, random);
 */
export function uniformTimesteps(steps: number, batch: number, random: UniformSource): DrawnTimesteps {
  requireInteger('uniformTimesteps: steps', steps, 1);
  requireInteger('uniformTimesteps: batch', batch, 1);
  return {
    t: Int32Array.from({ length: batch }, () => Math.floor(random.uniform() * steps)),
    weights: new Float64Array(batch).fill(1),
  };
}

/** The last losses seen at each step; plain numbers, so that a checkpoint can hold it. */
export interface LossHistory {
  /** Losses kept a step. */
  readonly depth: number;
  /** For each step the losses seen, oldest first. */
  readonly losses: readonly (readonly number[])[];
}

const createLossHistoryOptionNames: OptionNames<NonNullable<Parameters<typeof createLossHistory>[1]>> = { depth: true };

/** An empty history of losses. Throws RangeError unless both numbers are at least 1. */
export function createLossHistory(
  steps: number,
  options: {
    /** Losses kept a step. Default 10. */
    readonly depth?: number;
  } = {},
): LossHistory {
  requireOptions('createLossHistory', options, createLossHistoryOptionNames);
  const { depth = 10 } = options;
  requireInteger('createLossHistory: steps', steps, 1);
  requireInteger('createLossHistory: depth', depth, 1);
  return { depth, losses: Array.from({ length: steps }, () => []) };
}

/**
 * The history with the losses of one training step added; the one given is left as it was.
 * Throws RangeError when a t is outside 0..T-1, a loss is not finite, or their counts differ.
 */
export function recordLosses(history: LossHistory, t: ArrayLike<number>, losses: ArrayLike<number>): LossHistory {
  requireObject('recordLosses: history', history, ['depth', 'losses']);
  requireList('recordLosses: t', t);
  requireList('recordLosses: losses', losses);
  if (t.length !== losses.length) {
    throw new RangeError(`recordLosses: needs one loss for each t, got ${losses.length} for ${t.length}`);
  }
  const next = history.losses.slice();
  for (let i = 0; i < t.length; i++) {
    requireInteger(`recordLosses: t[${i}]`, t[i]!, 0, history.losses.length - 1);
    requireNumber(`recordLosses: losses[${i}]`, losses[i]!, -Number.MAX_VALUE);
    next[t[i]!] = [...next[t[i]!]!, losses[i]!].slice(-history.depth);
  }
  return { depth: history.depth, losses: next };
}

const lossSecondMomentTimestepsOptionNames: OptionNames<NonNullable<Parameters<typeof lossSecondMomentTimesteps>[3]>> =
  { uniformShare: true };

/**
 * Draws t in proportion to sqrt(E[loss^2]), mixed with a little of the even distribution, once every step has been seen
 * `depth` times; evenly until then (Nichol & Dhariwal 2021, eq. 18). Throws RangeError for a batch below 1.
 *
 * @example
 * const { t, weights } = lossSecondMomentTimesteps(history, 16, random);
 * const next = recordLosses(history, t, losses);
 */
export function lossSecondMomentTimesteps(
  lossHistory: LossHistory,
  batch: number,
  random: UniformSource,
  options: {
    /** Share of the even distribution, 0 to 1. Default 0.001. */
    readonly uniformShare?: number;
  } = {},
): DrawnTimesteps {
  requireObject('lossSecondMomentTimesteps: lossHistory', lossHistory, ['depth', 'losses']);
  const { depth, losses } = lossHistory;
  requireObject('lossSecondMomentTimesteps: random', random, ['uniform']);
  requireOptions('lossSecondMomentTimesteps', options, lossSecondMomentTimestepsOptionNames);
  const { uniformShare = 0.001 } = options;
  requireInteger('lossSecondMomentTimesteps: batch', batch, 1);
  requireNumber('lossSecondMomentTimesteps: uniformShare', uniformShare, 0, 1);
  const steps = losses.length;
  if (losses.some((seen) => seen.length < depth)) return uniformTimesteps(steps, batch, random);
  const moments = losses.map((seen) => Math.sqrt(seen.reduce((sum, loss) => sum + loss * loss, 0) / seen.length));
  const total = moments.reduce((sum, moment) => sum + moment, 0);
  const probabilities = moments.map((moment) =>
    total > 0 ? (moment / total) * (1 - uniformShare) + uniformShare / steps : 1 / steps,
  );
  const t = Int32Array.from({ length: batch }, () => {
    let left = random.uniform();
    const found = probabilities.findIndex((p) => {
      left -= p;
      return left < 0;
    });
    return found < 0 ? steps - 1 : found;
  });
  return { t, weights: Float64Array.from(t, (step) => 1 / (steps * probabilities[step]!)) };
}

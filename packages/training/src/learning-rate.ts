import { type OptionNames, requireOptions } from '@medseg/ops';
import { requireNumber } from './require-number.ts';

/** Shape of a learning rate over one phase of training. */
export interface LearningRateOptions {
  /** Highest rate. */
  peak: number;
  /** Share of the phase spent rising linearly from peak / 20 to peak, below 1. Default 0.04. */
  warmUp?: number;
  /** Share of the peak that is left at the end, 0 to 1. Default 0.01. */
  floor?: number;
}

/** Shape of a learning rate that stays, or that falls to 0. */
export interface PlainRateOptions {
  /** Highest rate. */
  peak: number;
  /** Share of the phase spent rising linearly from peak / 20 to peak, below 1. Default 0: none. */
  warmUp?: number;
}

const optionNames: OptionNames<LearningRateOptions> = { peak: true, warmUp: true, floor: true };
const plainNames: OptionNames<PlainRateOptions> = { peak: true, warmUp: true };

/**
 * Linear warm-up and cosine decay (Loshchilov & Hutter 2017, without restarts) over the progress of a phase.
 * progress: share of the phase done, 0 to 1; returns the rate. Throws RangeError outside.
 */
export function learningRate(progress: number, options: LearningRateOptions): number {
  requireOptions('learningRate', options, optionNames);
  return cosineAt('learningRate', progress, options);
}

/**
 * {@link learningRate} as a function of the progress, for a phase. Throws RangeError for options out of range.
 *
 * @example
 * const rate = cosineRate({ peak: 1e-3, warmUp: 0, floor: 0 });
 * rate(0.5) // 0.0005
 */
export function cosineRate(options: LearningRateOptions): (progress: number) => number {
  requireOptions('cosineRate', options, optionNames);
  requireShape('cosineRate', options);
  return (progress) => cosineAt('cosineRate', progress, options);
}

/**
 * A rate that stays, after a linear warm-up where one is asked for. Throws RangeError for options out of range.
 *
 * @example
 * const rate = constantRate({ peak: 0.1, warmUp: 0.1 });
 * [rate(0), rate(0.1), rate(1)] // [0.005, 0.1, 0.1]
 */
export function constantRate(options: PlainRateOptions): (progress: number) => number {
  requireOptions('constantRate', options, plainNames);
  requireShape('constantRate', options);
  const { peak, warmUp = 0 } = options;
  return (progress) => {
    requireProgress('constantRate', progress);
    return progress < warmUp ? warming(progress, peak, warmUp) : peak;
  };
}

/**
 * A rate that falls linearly to 0 at the end of the phase, as guided-diffusion's annealing, after a linear warm-up where
 * one is asked for. Throws RangeError for options out of range.
 *
 * @example
 * const rate = linearRate({ peak: 0.4 });
 * [rate(0), rate(0.25), rate(1)] // [0.4, 0.3, 0]
 */
export function linearRate(options: PlainRateOptions): (progress: number) => number {
  requireOptions('linearRate', options, plainNames);
  requireShape('linearRate', options);
  const { peak, warmUp = 0 } = options;
  return (progress) => {
    requireProgress('linearRate', progress);
    return progress < warmUp ? warming(progress, peak, warmUp) : (peak * (1 - progress)) / (1 - warmUp);
  };
}

function cosineAt(who: string, progress: number, options: LearningRateOptions): number {
  requireShape(who, options);
  requireProgress(who, progress);
  const { peak, warmUp = 0.04, floor = 0.01 } = options;
  if (progress < warmUp) return warming(progress, peak, warmUp);
  const decayed = (progress - warmUp) / (1 - warmUp);
  return peak * (floor + ((1 - floor) * (1 + Math.cos(Math.PI * decayed))) / 2);
}

function warming(progress: number, peak: number, warmUp: number): number {
  return peak * (0.05 + (0.95 * progress) / warmUp);
}

function requireShape(who: string, { peak, warmUp = 0, floor = 0 }: LearningRateOptions): void {
  requireNumber(`${who}: peak`, peak, {});
  requireNumber(`${who}: warmUp`, warmUp, { below: 1 });
  requireNumber(`${who}: floor`, floor, { most: 1 });
}

function requireProgress(who: string, progress: number): void {
  if (progress >= 0 && progress <= 1) return;
  throw new RangeError(`${who}: progress must be within 0 and 1, got ${progress}`);
}

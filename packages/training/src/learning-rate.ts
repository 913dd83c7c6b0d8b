import { type OptionNames, requireOptions } from '@medseg/ops';
/** Shape of a learning rate over one phase of training. */
export interface LearningRateOptions {
  /** Highest rate. */
  peak: number;
  /** Share of the phase spent rising linearly from peak / 20 to peak. Default 0.04. */
  warmUp?: number;
  /** Share of the peak that is left at the end. Default 0.01. */
  floor?: number;
}

const optionNames: OptionNames<LearningRateOptions> = { peak: true, warmUp: true, floor: true };

/**
 * Linear warm-up and cosine decay (Loshchilov & Hutter 2017, without restarts) over the progress of a phase.
 * progress: share of the phase done, 0 to 1; returns the rate. Throws RangeError outside.
 */
export function learningRate(progress: number, options: LearningRateOptions): number {
  requireOptions('learningRate', options, optionNames);
  const { peak, warmUp = 0.04, floor = 0.01 } = options;
  if (!(progress >= 0 && progress <= 1))
    throw new RangeError(`learningRate: progress must be within 0 and 1, got ${progress}`);
  if (progress < warmUp) return peak * (0.05 + (0.95 * progress) / warmUp);
  const decayed = (progress - warmUp) / (1 - warmUp);
  return peak * (floor + ((1 - floor) * (1 + Math.cos(Math.PI * decayed))) / 2);
}

import { requireList, requireObject, requireOptions } from '@medseg/arguments';
import { requireInteger, requireNumber, requireOneOf } from './check.ts';
import type { Schedule } from './schedule.ts';

/** Signal-to-noise ratio a_t / (1 - a_t) of step t. Throws RangeError when t is outside 0..T-1. */
export function snr(schedule: Schedule, t: number): number {
  requireObject('snr: schedule', schedule, ['steps', 'betas', 'alphas', 'alphasCumprod']);
  requireInteger('snr: t', t, 0, schedule.steps - 1);
  const a = schedule.alphasCumprod[t]!;
  return a / (1 - a);
}

/**
 * Loss weights that stop the easy steps from ruling the training (Hang et al. 2023, eq. 8): min(SNR, gamma) for x0,
 * over SNR for noise, over SNR + 1 for v. Throws RangeError when a t is outside 0..T-1 or gamma is not above 0.
 *
 * @example const loss = mseLoss(output, target, { weights: minSnrWeights(schedule, 'v_prediction', t) });
 */
export function minSnrWeights(
  schedule: Schedule,
  predictionType: 'epsilon' | 'sample' | 'v_prediction',
  t: ArrayLike<number>,
  options: {
    /** SNR above which a step counts no more. Default 5. */
    readonly gamma?: number;
  } = {},
): Float64Array {
  requireOptions('minSnrWeights', options, { gamma: true });
  const { gamma = 5 } = options;
  requireList('minSnrWeights: t', t);
  requireNumber('minSnrWeights: gamma', gamma, Number.MIN_VALUE);
  requireOneOf('minSnrWeights: predictionType', predictionType, ['epsilon', 'sample', 'v_prediction']);
  return Float64Array.from(t, (step) => {
    const ratio = snr(schedule, step);
    if (predictionType === 'sample') return Math.min(ratio, gamma);
    if (predictionType === 'v_prediction') return Math.min(ratio, gamma) / (ratio + 1);
    return ratio === 0 ? 1 : Math.min(1, gamma / ratio);
  });
}

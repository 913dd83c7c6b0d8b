import { requireObject, requireOptions } from '@medseg/arguments';
import { requireNumber } from './check.ts';
import { type Schedule, scheduleFromAlphasCumprod } from './schedule.ts';

/** Options of {@link shiftForResolution}. */
export interface ResolutionShiftOptions {
  /** Side of the images that the schedule was made for, in pixels. Default 64. */
  readonly from?: number;
  /** Side of the images to diffuse, in pixels. */
  readonly to: number;
}

/**
 * Destroys large images as much as small ones: multiplies the SNR by (from / to)^2, since averaging (to / from)^2 pixels
 * undoes that much noise (Hoogeboom et al. 2023, eq. 3). Throws RangeError for sides that are not above 0.
 *
 * @example const schedule = shiftForResolution(cosineSchedule(), { from: 64, to: 256 });
 */
export function shiftForResolution(schedule: Schedule, options: ResolutionShiftOptions): Schedule {
  requireObject('shiftForResolution: schedule', schedule, ['steps', 'betas', 'alphas', 'alphasCumprod']);
  requireOptions('shiftForResolution', options, { from: true, to: true });
  const { from = 64, to } = options;
  requireNumber('shiftForResolution: from', from, Number.MIN_VALUE);
  requireNumber('shiftForResolution: to', to, Number.MIN_VALUE);
  const factor = (from / to) ** 2;
  return scheduleFromAlphasCumprod(schedule.alphasCumprod.map((a) => (a === 0 ? 0 : 1 / (1 + (1 - a) / (a * factor)))));
}

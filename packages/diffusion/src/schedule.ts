export { scheduleFromAlphaBar } from './schedule/alpha-bar.ts';
export { type CosineOptions, cosineSchedule } from './schedule/cosine.ts';
export { exponentialSchedule, laplaceSchedule } from './schedule/laplace.ts';
export { type BetaRangeOptions, type LinearOptions, linearSchedule, scaledLinearSchedule } from './schedule/linear.ts';
export { type PosteriorCoefficients, posteriorCoefficients } from './schedule/posterior.ts';
export { type ResolutionShiftOptions, shiftForResolution } from './schedule/resolution-shift.ts';
export { type RespacedSchedule, respace } from './schedule/respace.ts';
export {
  type Schedule,
  type ScheduleRecipe,
  scheduleFromAlphasCumprod,
  scheduleFromBetas,
} from './schedule/schedule.ts';
export { type SigmaSpacing, sigmaTable, spacedSigmas } from './schedule/sigmas.ts';
export { type SigmoidOptions, sigmoidBetaSchedule, sigmoidSchedule } from './schedule/sigmoid.ts';
export { minSnrWeights, snr } from './schedule/snr.ts';
export { spacedTimesteps, type TimestepOptions, type TimestepSpacing } from './schedule/timesteps.ts';
export { rescaleZeroTerminalSnr } from './schedule/zero-terminal-snr.ts';

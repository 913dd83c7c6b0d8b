export { scheduleFromAlphaBar } from './schedule/alpha-bar.ts';
export { type CosineOptions, cosineSchedule } from './schedule/cosine.ts';
export { exponentialSchedule, laplaceSchedule } from './schedule/laplace.ts';
export { type BetaRangeOptions, type LinearOptions, linearSchedule, scaledLinearSchedule } from './schedule/linear.ts';
export { type Schedule, scheduleFromAlphasCumprod, scheduleFromBetas } from './schedule/schedule.ts';
export { type SigmoidOptions, sigmoidBetaSchedule, sigmoidSchedule } from './schedule/sigmoid.ts';
export { spacedTimesteps, type TimestepOptions, type TimestepSpacing } from './schedule/timesteps.ts';

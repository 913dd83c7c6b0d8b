export { crossEntropyLoss } from './losses/cross-entropy.ts';
export { type DiceLossOptions, diceLoss } from './losses/dice.ts';
export { mseLoss } from './losses/mse.ts';
export { addNoise, type Timesteps, velocity } from './process/add-noise.ts';
export {
  type PredictionType,
  predictNoise,
  predictVelocity,
  predictXStart,
  trainingTarget,
} from './process/objective.ts';
export type { Denoiser, SelfConditionedDenoiser } from './sampling/denoiser.ts';
export { repeatForMembers, splitMembers } from './sampling/ensemble.ts';
export { type SampleOptions, type SampleStep, sample, sampleToEnd } from './sampling/sample.ts';
export { type SavedSampling, saveSampling } from './sampling/saved.ts';
export * from './schedule.ts';
export { type DdimOptions, ddim } from './schedulers/ddim.ts';
export { type DdpmOptions, ddpm, type VarianceType } from './schedulers/ddpm.ts';
export type { LimitOptions } from './schedulers/limit.ts';
export type {
  NoiseLevel,
  NoiseSource,
  SamplingPlan,
  Scheduler,
  SchedulerState,
  StepResult,
} from './schedulers/scheduler.ts';
export type { DiscreteOptions } from './schedulers/variance-preserving.ts';

export type { ConfigValue, SchedulerConfig } from './config/fields.ts';
export {
  formatSchedulerConfig,
  readSchedulerConfig,
  type StepOptions,
  writeSchedulerConfig,
} from './config/scheduler-config.ts';
export { type CalibrationLossOptions, calibrationLoss } from './losses/calibration.ts';
export { type CrossEntropyOptions, crossEntropyLoss } from './losses/cross-entropy.ts';
export { type DiceLossOptions, diceLoss } from './losses/dice.ts';
export {
  type BoundOptions,
  type HybridLossOptions,
  hybridLoss,
  hybridLosses,
  variationalBound,
} from './losses/hybrid.ts';
export { type MseLossOptions, mseLoss, mseLosses } from './losses/mse.ts';
export type { PixelWeightOptions, SampleWeightOptions } from './losses/pixel-weights.ts';
export {
  createLossHistory,
  type DrawnTimesteps,
  type LossHistory,
  lossSecondMomentTimesteps,
  recordLosses,
  type UniformSource,
  uniformTimesteps,
} from './losses/timestep-sampler.ts';
export type { Network } from './network.ts';
export { addNoise, type Timesteps, velocity } from './process/add-noise.ts';
export { flowInterpolate, flowTarget } from './process/flow.ts';
export { type Activation, maskOfLogits, probabilityOfLogits } from './process/mask-of-logits.ts';
export {
  predictNoise,
  predictVelocity,
  predictXStart,
  trainingTarget,
} from './process/objective.ts';
export { learnedLogVariance, posteriorMean } from './process/posterior.ts';
export { type NetworkPrediction, networkPredictions, type PredictionType } from './process/prediction.ts';
export type { Denoiser } from './sampling/denoiser.ts';
export { repeatForMembers, splitMembers } from './sampling/ensemble.ts';
export { type RecyclingOptions, recycledInput } from './sampling/recycling.ts';
export { type SampleOptions, sample, sampleToEnd } from './sampling/sample.ts';
export { type SavedSampling, type SaveOptions, saveSampling } from './sampling/saved.ts';
export type { SampleStep } from './sampling/step.ts';
export * from './schedule.ts';
export { type DdimOptions, ddim } from './schedulers/ddim.ts';
export { type DdimInversionOptions, ddimInversion } from './schedulers/ddim-inversion.ts';
export { type DdpmOptions, ddpm, type VarianceType } from './schedulers/ddpm.ts';
export { type DpmSolverOptions, dpmSolver } from './schedulers/dpm-solver.ts';
export type { DpmAlgorithm } from './schedulers/dpm-solver-update.ts';
export { type EulerOptions, euler } from './schedulers/euler.ts';
export { type EulerAncestralOptions, eulerAncestral } from './schedulers/euler-ancestral.ts';
export { type FlowMatchingOptions, flowMatching } from './schedulers/flow-matching.ts';
export type { SolverOptions, SolverPrediction } from './schedulers/half-log-snr.ts';
export { type HeunOptions, heun } from './schedulers/heun.ts';
export { type LcmOptions, lcm } from './schedulers/lcm.ts';
export type { LimitOptions } from './schedulers/limit.ts';
export type {
  NoiseLevel,
  NoiseSource,
  SamplingPlan,
  Scheduler,
  SchedulerState,
  StepResult,
} from './schedulers/scheduler.ts';
export { type UniPcOptions, unipc } from './schedulers/unipc.ts';
export type { SigmaOptions } from './schedulers/variance-exploding.ts';
export type { DiscreteOptions } from './schedulers/variance-preserving.ts';

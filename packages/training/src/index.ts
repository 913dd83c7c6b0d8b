export { AdamWOptimizer, type AdamWOptions } from './adam-w-optimizer.ts';
export { adoptBudget, usedShare } from './budget.ts';
export { encodeCheckpoint, restoreCheckpoint } from './checkpoint.ts';
export { type LearningRateOptions, learningRate } from './learning-rate.ts';
export { encodeModel, encodeVariables, loadModel, loadVariables } from './model-file.ts';
export { averageDecay, MovingAverage } from './moving-average.ts';
export { NonFiniteError } from './non-finite-error.ts';
export { anchorLoss, type DenoisingDraw, type DenoisingTask, denoiserLoss } from './objectives.ts';
export { PhaseLearner, type PhaseLearnerOptions, type UpdateReport } from './phase-learner.ts';
export { type GroupOptions, ReplicaGroup, type ReplicaGroupOptions } from './replicas/replica-group.ts';
export { serveGradients, serveReplica } from './replicas/serve-replica.ts';
export type {
  ComputeGradients,
  GradientSource,
  PhaseVariables,
  StepGradients,
  StepInput,
  StepProcess,
} from './step-gradients.ts';
export { type TrainEvent, type TrainOptions, train } from './train.ts';

export { type Budget, type TrainedStep, Trainer, type TrainerOptions, type TrainerProgress } from './trainer.ts';
export type { Anchored, Phase, TrainingBatch, TwoPhaseNetwork } from './two-phase-network.ts';

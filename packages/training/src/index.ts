export { adoptBudget, usedShare } from './budget.ts';
export { encodeCheckpoint, restoreCheckpoint } from './checkpoint.ts';
export {
  constantRate,
  cosineRate,
  type LearningRateOptions,
  learningRate,
  linearRate,
  type PlainRateOptions,
} from './learning-rate.ts';
export { encodeModel, encodeVariables, loadModel, loadVariables } from './model-file.ts';
export { averageDecay, MovingAverage, type MovingAverageOptions } from './moving-average.ts';
export { NonFiniteError } from './non-finite-error.ts';
export { AdamOptimizer, type AdamOptions } from './optimizers/adam-optimizer.ts';
export { AdamWOptimizer, type AdamWOptions } from './optimizers/adam-w-optimizer.ts';
export type { OptimizerOptions } from './optimizers/create-optimizer.ts';
export type { MomentOptions } from './optimizers/moment-optimizer.ts';
export type { ApplyOptions, Decays, Optimizer, OptimizerName } from './optimizers/optimizer.ts';
export { SgdOptimizer, type SgdOptions } from './optimizers/sgd-optimizer.ts';
export { PhaseLearner, type PhaseLearnerOptions, type UpdateReport } from './phase-learner.ts';
export { type PhaseLoss, type PhaseLossOptions, phaseLoss } from './phase-loss.ts';
export { type AnchoredRecipeOptions, anchoredRecipe } from './phases/anchored-recipe.ts';
export { diffusionPhase } from './phases/diffusion-phase.ts';
export type { DiffusionPhaseOptions } from './phases/diffusion-phase-options.ts';
export { type DiffusionRecipeOptions, diffusionRecipe } from './phases/diffusion-recipe.ts';
export { type MaskPhaseOptions, maskPhase } from './phases/mask-phase.ts';
export { type MaskNetwork, type MaskRecipeOptions, maskRecipe } from './phases/mask-recipe.ts';
export { type MedSegDiffV2RecipeOptions, medSegDiffV2Recipe } from './phases/med-seg-diff-v2-recipe.ts';
export {
  type CalibratedNetwork,
  type OfficialRecipeOptions,
  officialRecipe,
} from './phases/official-recipe.ts';
export type { PhaseOptions } from './phases/phase-options.ts';
export type { PlateauOptions } from './plateau.ts';
export type { Draw, NamedVariables, PhaseMemory, Recipe, RecipePhase, StepData } from './recipe.ts';
export { ReplicaGroup, type ReplicaGroupOptions } from './replicas/replica-group.ts';
export { serveReplica } from './replicas/serve-replica.ts';
export { type GradientSource, type StepGradients, stepGradients } from './step-gradients.ts';
export type { StepInput } from './step-input.ts';
export type { StepSamples } from './step-samples.ts';
export { type TrainEvent, type TrainOptions, train } from './train.ts';
export { type TrainedStep, Trainer, type TrainerOptions } from './trainer.ts';
export type { Budget, TrainerProgress } from './trainer-progress.ts';
export type { TrainingBatch } from './training-batch.ts';
export type { Anchored, TwoPhaseNetwork } from './two-phase-network.ts';

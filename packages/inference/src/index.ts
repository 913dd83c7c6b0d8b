export { anchorProbabilities } from './anchor-probabilities.ts';
export { binaryEntropy, choiceEntropy } from './entropy.ts';
export { repeatCondition } from './repeat-condition.ts';
export { type EnsembleOptions, type SampleMasksOptions, sampleMasks } from './sample-masks.ts';
export { type SegmentOptions, segment } from './segment.ts';
export type { Segmentation } from './segmentation.ts';
export type { SegmentationModel, TensorTree } from './segmentation-model.ts';
export { summariseMembers } from './summarise-members.ts';

export { anchorProbabilities } from './anchor-probabilities.ts';
export { choiceEntropy } from './choice-entropy.ts';
export { repeatCondition } from './repeat-condition.ts';
export { type SamplingOptions, type SegmentOptions, segment } from './segment.ts';
export type { Segmentation } from './segmentation.ts';
export { summariseMembers } from './summarise-members.ts';

export { binaryEntropy } from './binary-entropy.ts';
export { repeatCondition } from './repeat-condition.ts';
export { type Segmentation, type SegmentOptions, segment } from './segment.ts';
export type { SegmentationModel, TensorTree } from './segmentation-model.ts';

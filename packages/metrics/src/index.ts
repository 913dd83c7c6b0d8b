export type { Labels, Mask, NumberArray, Probabilities } from './arrays.ts';
export { adaptiveEce, brierScore, ece, maximumCalibrationError } from './calibration.ts';
export { type Confusion, confusion } from './confusion.ts';
export { type MajorityVoteOptions, majorityVote, meanFusion } from './fusion.ts';
export { type OtsuOptions, otsuThreshold } from './otsu-threshold.ts';
export { dice, type EmptyRule, iou, type OverlapOptions } from './overlap.ts';
export {
  type CalibrationForm,
  type ReliabilityBin,
  type ReliabilityOptions,
  reliabilityBins,
} from './reliability.ts';
export { type StapleOptions, type StapleResult, staple } from './staple.ts';

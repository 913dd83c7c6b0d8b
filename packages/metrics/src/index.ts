export type { Labels, Mask, NumberArray, Probabilities } from './arrays.ts';
export { type BoundaryIouOptions, boundaryIou } from './boundary-iou.ts';
export { adaptiveEce, brierScore, ece, maximumCalibrationError } from './calibration.ts';
export {
  type ClassOptions,
  type ClassWeight,
  type GeneralizedDiceOptions,
  generalizedDice,
  perClass,
} from './classes.ts';
export { type Confusion, confusion } from './confusion.ts';
export {
  accuracy,
  balancedAccuracy,
  cohenKappa,
  fallOut,
  falseDiscoveryRate,
  falseOmissionRate,
  fBeta,
  fowlkesMallows,
  informedness,
  markedness,
  matthewsCorrelation,
  missRate,
  negativePredictiveValue,
  precision,
  prevalence,
  prevalenceThreshold,
  relativeVolumeDifference,
  sensitivity,
  specificity,
  threatScore,
  volumeSimilarity,
} from './confusion-metrics.ts';
export { distanceTransform } from './distance-transform.ts';
export { type MajorityVoteOptions, majorityVote, meanFusion } from './fusion.ts';
export { checkSameGrid, type Grid } from './grid.ts';
export { type OtsuOptions, otsuThreshold } from './otsu-threshold.ts';
export { dice, type EmptyRule, iou, type OverlapOptions } from './overlap.ts';
export {
  type CalibrationForm,
  type ReliabilityBin,
  type ReliabilityOptions,
  reliabilityBins,
} from './reliability.ts';
export { type StapleOptions, type StapleResult, staple } from './staple.ts';
export {
  type DirectedDistances,
  type SurfaceDefinition,
  type SurfaceDistances,
  type SurfaceOptions,
  surfaceDistances,
} from './surface-distances.ts';
export {
  averageSurfaceDistance,
  averageSymmetricSurfaceDistance,
  type HausdorffOptions,
  hausdorff,
  surfaceDice,
} from './surface-metrics.ts';

export type { Labels, Mask, NumberArray, Probabilities } from './arrays.ts';
export { minimumAssignment } from './assignment.ts';
export { type BootstrapOptions, bootstrapInterval, type Interval } from './bootstrap.ts';
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
export { type Components, type Connectivity, connectedComponents } from './connected-components.ts';
export { CumulativeMetric, type Reduced, type ReduceOptions, type Reduction, reduce } from './cumulative.ts';
export { distanceTransform } from './distance-transform.ts';
export {
  type CollectiveInsight,
  collectiveInsight,
  generalizedEnergyDistance,
  hungarianIou,
  maximumDiceMatching,
} from './diversity.ts';
export { type MajorityVoteOptions, majorityVote, meanFusion } from './fusion.ts';
export { checkSameGrid, type Grid } from './grid.ts';
export { BRATS_2023, type Lesion, type LesionOptions, type LesionWise, lesionWise } from './lesions.ts';
export { type OtsuOptions, otsuThreshold } from './otsu-threshold.ts';
export { dice, type EmptyRule, iou, type OverlapOptions } from './overlap.ts';
export { type PanopticQuality, panopticQuality } from './panoptic-quality.ts';
export {
  type CalibrationForm,
  type ReliabilityBin,
  type ReliabilityOptions,
  reliabilityBins,
} from './reliability.ts';
export { type RiskCoverage, riskCoverage } from './risk-coverage.ts';
export { type StapleOptions, type StapleResult, staple } from './staple.ts';
export { type StapleLabelsOptions, type StapleLabelsResult, stapleLabels } from './staple-labels.ts';
export { type Summary, summarise } from './summary.ts';
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
export { type Table, toCsv, toJson, toMarkdown } from './table.ts';
export { type EnsembleUncertainty, ensembleUncertainty, entropy } from './uncertainty.ts';
export { type WilcoxonResult, wilcoxonSignedRank } from './wilcoxon.ts';

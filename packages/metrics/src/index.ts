export type { Labels, Mask, NumberArray, Probabilities } from './arrays.ts';
export { binaryEntropy } from './calibration/binary-entropy.ts';
export { adaptiveEce, brierScore, calibrationError, ece, maximumCalibrationError } from './calibration/calibration.ts';
export { poolBins } from './calibration/pool-bins.ts';
export {
  type CalibrationForm,
  type ReliabilityBin,
  type ReliabilityOptions,
  reliabilityBins,
} from './calibration/reliability.ts';
export { type RiskCoverage, riskCoverage } from './calibration/risk-coverage.ts';
export { softDiceConfidence } from './calibration/soft-dice-confidence.ts';
export { type EnsembleUncertainty, ensembleUncertainty, entropy } from './calibration/uncertainty.ts';
export {
  type AnnotatorMeans,
  type AnnotatorSummary,
  annotatorClassTable,
  annotatorNotes,
  annotatorTable,
  summariseAnnotators,
} from './cases/annotator-summary.ts';
export {
  ANNOTATOR_METRICS,
  type AnnotatorMasks,
  type AnnotatorMetric,
  type AnnotatorResult,
  type AnnotatorScores,
} from './cases/annotators.ts';
export { type ClassMeans, type CountOf, classMeans } from './cases/class-means.ts';
export { casesCsv } from './cases/csv.ts';
export { diceRisk } from './cases/dice-risk.ts';
export {
  classTable,
  formatP,
  formatSigned,
  formatValue,
  type LengthUnit,
  metricTitle,
  missingNotes,
  type TextTable,
} from './cases/format.ts';
export {
  type ComparisonOptions,
  compareMap,
  compareMasks,
  type MapComparison,
  type MapComparisonOptions,
  type MaskComparison,
} from './cases/mask-comparison.ts';
export { type Method, type MethodKey, methodsIn, methodsOf } from './cases/methods.ts';
export { type MapMetric, type MaskMetric, METRICS, type Metric, type MetricKey } from './cases/metrics.ts';
export type { MissingValues } from './cases/missing.ts';
export { comparePaired, compareWithAnchor, type LeftOut, type PairedMetric } from './cases/paired.ts';
export { alignCases, assertUnseen, type ComparedRun, commonIds } from './cases/same-cases.ts';
export { type CaseResult, type SegmentedCase, scoreCase } from './cases/score-case.ts';
export {
  type CaseScores,
  type ClassScores,
  type MaskScores,
  type ProbabilityScores,
  scoreMap,
  scoreMask,
  sizeOf,
} from './cases/scores.ts';
export {
  INTERVAL_CONFIDENCE,
  type MeanInterval,
  type MetricMean,
  type MetricMeans,
  type ResultsSummary,
  summariseResults,
} from './cases/summary.ts';
export { otsuMask, threshold } from './cases/threshold.ts';
export { checkSameGrid, type Grid } from './grid.ts';
export { type Components, type Connectivity, connectedComponents } from './instances/connected-components.ts';
export { BRATS_2023, type Lesion, type LesionOptions, type LesionWise, lesionWise } from './instances/lesions.ts';
export { type PanopticQuality, panopticQuality } from './instances/panoptic-quality.ts';
export { type OtsuOptions, otsuThreshold } from './otsu-threshold.ts';
export { type BoundaryIouOptions, boundaryIou } from './overlap/boundary-iou.ts';
export {
  type ClassOptions,
  type ClassWeight,
  type GeneralizedDiceOptions,
  generalizedDice,
  perClass,
} from './overlap/classes.ts';
export { type Confusion, confusion } from './overlap/confusion.ts';
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
} from './overlap/confusion-metrics.ts';
export { dice, type EmptyRule, iou, type OverlapOptions } from './overlap/overlap.ts';
export { plural } from './plural.ts';
export { minimumAssignment } from './readers/assignment.ts';
export {
  type CollectiveInsight,
  collectiveInsight,
  generalizedEnergyDistance,
  hungarianIou,
  maximumDiceMatching,
} from './readers/diversity.ts';
export { type MajorityVoteOptions, majorityVote, meanFusion } from './readers/fusion.ts';
export { type StapleOptions, type StapleResult, staple } from './readers/staple.ts';
export { type StapleLabelsOptions, type StapleLabelsResult, stapleLabels } from './readers/staple-labels.ts';
export { type Agreement, agreement } from './statistics/agreement.ts';
export { type BootstrapOptions, bootstrapInterval, type Interval } from './statistics/bootstrap.ts';
export { CumulativeMetric, type Reduced, type ReduceOptions, type Reduction, reduce } from './statistics/cumulative.ts';
export { type Summary, summarise } from './statistics/summary.ts';
export { type Table, toCsv, toJson, toMarkdown } from './statistics/table.ts';
export { type WilcoxonResult, wilcoxonSignedRank } from './statistics/wilcoxon.ts';
export { distanceTransform } from './surface/distance-transform.ts';
export {
  type DirectedDistances,
  type SurfaceDefinition,
  type SurfaceDistances,
  type SurfaceOptions,
  surfaceDistances,
} from './surface/surface-distances.ts';
export {
  averageSurfaceDistance,
  averageSymmetricSurfaceDistance,
  type HausdorffOptions,
  hausdorff,
  surfaceDice,
} from './surface/surface-metrics.ts';

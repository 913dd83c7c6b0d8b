export { decodeScan } from '@medseg/datasets';
export { asRunError, ConfigError, RunError } from './errors.ts';
export { nounOf, type Spacing, sizeUnitOf, unitOf } from './evaluation/case-units.ts';
export { type CaseFiles, decodeTruthCase, type MaskBytes, type NamedBytes } from './evaluation/decode-truth.ts';
export { type EvaluateOptions, evaluateCases } from './evaluation/evaluate-cases.ts';
export { type Evaluation, type EvaluationInfo, evaluationJson, parseEvaluation } from './evaluation/evaluation-file.ts';
export { alignCases, assertUnseen, commonIds } from './evaluation/same-cases.ts';
export { scoreSegmentation } from './evaluation/score-segmentation.ts';
export { gridOf, type TruthCase } from './evaluation/truth.ts';
export { type LoadRunOptions, loadRun } from './load-run/load-run.ts';
export type { LoadedRun } from './load-run/loaded-run.ts';
export type { RunSource } from './load-run/run-source.ts';
export { resultName, type ScanFile, type ScanInput } from './load-run/scan-input.ts';
export type { InputOptions, MaskLabel, RunSegmentation, SegmentInputOptions } from './load-run/segment-input.ts';
export { serveRun } from './load-run/serve-run.ts';
export { estimateDrawing, estimateTraining, type MemoryEstimate } from './networks/estimate-memory.ts';
export { NETWORK_KINDS, NETWORK_NAMES, type NetworkName } from './networks/kinds/kinds.ts';
export { buildNetwork, loadRunModel } from './networks/load.ts';
export {
  ANCHORED_PROCESS,
  createSchedule,
  type ProcessInfo,
  recogniseSchedule,
  SCHEDULE_NAMES,
  type ScheduleName,
} from './networks/process.ts';
export {
  INTENSITIES,
  type Intensities,
  REFERENCE_NAMES,
  REFERENCES,
  type Reference,
  type ReferenceName,
  type Unseen,
} from './networks/references.ts';
export type { RunModel } from './networks/run-model.ts';
export {
  createScheduler,
  currentSchedulerName,
  type SamplerOptions,
  SCHEDULER_NAMES,
  type SchedulerName,
  VARIANCE_TYPES,
} from './networks/samplers.ts';
export { cutSlice, fullestSlice, type Slice } from './report/scan-slice.ts';
export { segmentSlice, watchSampling } from './report/segment-slice.ts';
export { type CaseChange, type CaseRecord, changesOf, encodeRecords, recordsOf } from './run/case-records.ts';
export { chooseCases, missingPatients, type SplitName, splitOf } from './run/choose-cases.ts';
export { activationOf, type Classes, classesOf, classMapOf } from './run/classes.ts';
export { compareScan } from './run/compare-scan.ts';
export { compareWithTraining, noRangesRemark } from './run/compare-with-training.ts';
export { describeSettings, type SettingDescription } from './run/config/describe-settings.ts';
export {
  type ConfigInput,
  MOST_MEMBERS,
  MOST_THREADS,
  type ResolveOptions,
  type RunConfig,
  resolveConfig,
} from './run/config.ts';
export { directoryStore } from './run/directory-store.ts';
export { parseRunInfo, RUN_FORMAT, type RunInfo, type TrainedInfo } from './run/info.ts';
export { exportModel } from './run/model-file.ts';
export type { Preparation } from './run/preparation.ts';
export { processOf } from './run/process-of.ts';
export { type MetricsLine, RUN_FILES, Run } from './run/run.ts';
export { ensembleOf, finalEnsembleOf, isPlain, type SamplingChoice } from './run/sampling.ts';
export type { ScanFinding } from './run/scan-finding.ts';
export { memoryStore, type RunStore } from './run/store.ts';
export { copiesOfTraining, type TrainingData, trainingDataOf } from './run/training-data.ts';
export { type ClassSize, classSizes } from './segmentation/class-sizes.ts';
export { describeSegments } from './segmentation/describe-labels.ts';
export { FUSIONS, type Fusion } from './segmentation/fuse-members.ts';
export { checkImageLabels, imageResults } from './segmentation/image-results.ts';
export { madeBy } from './segmentation/made-by.ts';
export { channelChange, channelsOfFile, type MatchedScan, matchChannels } from './segmentation/match-channels.ts';
export type { ResultFile, ResultTarget } from './segmentation/result-file.ts';
export {
  evaluateOnPool,
  type LoadTruths,
  poolSampler,
  type RunAnswer,
  type RunJob,
  type RunPool,
  runJobsWith,
} from './segmentation/run-jobs.ts';
export {
  type EnsembleOptions,
  type PlaceInput,
  type PlaceSampler,
  samplePlaces,
} from './segmentation/sample-places.ts';
export { samplesAtOnce } from './segmentation/samples-at-once.ts';
export {
  acceptsSegmentation,
  type ScanResultOptions,
  scanResults,
  volumeFormatOf,
} from './segmentation/scan-results.ts';
export {
  type NamedScan,
  placesAtOnce,
  type ScanSegmentation,
  type SegmentScansOptions,
  segmentScan,
  segmentScans,
  watchPlace,
} from './segmentation/segment-scans.ts';
export { type VolumeResultOptions, volumeResults } from './segmentation/volume-results.ts';
export { recipeOf } from './training/recipe-of.ts';
export { validate } from './training/validate.ts';
export { type ValidationLossOptions, validationLoss } from './training/validation-loss.ts';

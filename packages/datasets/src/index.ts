export { type Assembler, createAssembler } from './assemble.ts';
export { type AugmentOptions, augment } from './augment.ts';
export { type Batch, batchTensors, stackSamples } from './batch.ts';
export {
  type Batcher,
  type BatcherOptions,
  type Change,
  createBatcher,
  type SampleSource,
  sampleSource,
} from './batcher.ts';
export type { Case, CaseFacts, DataProblem, Listing, MaskFile, Sample } from './case.ts';
export { type ClassMap, classCount, classMap, classNames, parseClasses } from './class-map.ts';
export { type CutMaskOptions, cutMask, type MaskLayer, type MaskResize } from './cut-mask.ts';
export { acceptCases, DataError } from './data-error.ts';
export type { Groups } from './epoch-order.ts';
export { type AnnotatedBits, type Annotators, type Fuser, fuseAnnotators } from './fuse-annotators.ts';
export { bitsOf, labelsOf, labelsOfBits, regionMasks } from './label-map.ts';
export { channelOf, type MaskBits } from './mask-bits.ts';
export {
  type Normalization,
  type NormalizationMode,
  type NormalizeOptions,
  normalizationModes,
  normalizeIntensity,
} from './normalize.ts';
export { drawPhantomSlice, type PhantomSlice, type PhantomSliceOptions } from './phantom.ts';
export {
  binarizeMask,
  measuredPixels,
  type Pixels,
  type PreparedScan,
  type PrepareOptions,
  prepareImage,
  prepareScan,
  resizeMask,
} from './prepare.ts';
export { type RasterSize, resize, resizeArea, resizeBilinear } from './resize.ts';
export { isVolume, type Scan } from './scan.ts';
export { type SliceGrid, sliceGrid } from './slice-grid.ts';
export { kFold, type NamedPatients, type Split, type SplitOptions, splitByPatient } from './split.ts';
export type { Stratum } from './stratify.ts';
export { type CaseCount, type ClassBalance, type DataSummary, summarizeCases } from './summarize-cases.ts';
export type { Place, Plane, View, Window } from './view.ts';

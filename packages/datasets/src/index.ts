export { type AugmentOptions, augment } from './batches/augment.ts';
export { type Batch, stackSamples } from './batches/batch.ts';
export {
  type Batcher,
  type BatcherOptions,
  type Change,
  createBatcher,
  type SampleSource,
  sampleSource,
} from './batches/batcher.ts';
export type { Groups } from './batches/epoch-order.ts';
export {
  annotatorCount,
  type Case,
  type CaseFacts,
  type CaseReading,
  type DataProblem,
  type DataRemark,
  type Listing,
  type MaskFile,
  type NamedPatients,
  type Sample,
  type ScanFacts,
} from './case.ts';
export {
  type ClassMap,
  channelsOfMask,
  classCount,
  classMap,
  classNames,
  mostClasses,
  parseClasses,
} from './class-map.ts';
export { acceptCases, DataError } from './data-error.ts';
export { acceptScan } from './field-of-view.ts';
export { foreignEncoding } from './foreign-encoding.ts';
export { currentLayoutName, LAYOUT_NAMES, type LayoutName } from './layouts/names.ts';
export { drawPhantomSlice, type PhantomSlice, type PhantomSliceOptions } from './phantom/phantom.ts';
export type { AnnotatedBits, ReadCase } from './reading/annotated.ts';
export { annotatorRemark } from './reading/annotator-remarks.ts';
export { type AnnotatorTruth, caseAnnotators, caseIgnored, caseTruth } from './reading/case-truth.ts';
export { absentClasses, requireForeground } from './reading/class-presence.ts';
export { decodeMask, type MaskOf, maskOfScan, type ReadMaskOptions } from './reading/decode-mask.ts';
export { decodeScan, type ReadScanOptions } from './reading/decode-scan.ts';
export { type Annotators, type Fuser, fuseAnnotators } from './reading/fuse-annotators.ts';
export { ignoredRemark } from './reading/ignored-remark.ts';
export { channelOf, ignoredPixels, type MaskBits } from './reading/mask-bits.ts';
export { measureScan } from './reading/measure-scan.ts';
export { remarkLines } from './reading/remark-lines.ts';
export { checkSegmentNumbers, type FoundSegment } from './reading/segment-classes.ts';
export { stackChannels } from './reading/stack-channels.ts';
export { type CaseCount, type ClassBalance, type DataSummary, summarizeCases } from './reading/summarize-cases.ts';
export { type UnitedMask, uniteParts } from './reading/unite-parts.ts';
export { isVolume, measuredChannels, type Scan } from './scan.ts';
export { shortList } from './short-list.ts';
export { type Assembler, createAssembler } from './slicing/assemble.ts';
export { type CutMaskOptions, cutMask, type MaskLayer, type MaskResize } from './slicing/cut-mask.ts';
export { bitsOf, labelsOf, labelsOfBits, labelValues, regionMasks } from './slicing/label-map.ts';
export {
  type Normalization,
  type NormalizationMode,
  type NormalizeOptions,
  normalizationModes,
  normalizeIntensity,
} from './slicing/normalize.ts';
export {
  binarizeMask,
  measuredPixels,
  type Pixels,
  type PreparedScan,
  type PrepareOptions,
  prepareImage,
  prepareScan,
  resizeMask,
} from './slicing/prepare.ts';
export { type RasterSize, resize, resizeArea, resizeBilinear } from './slicing/resize.ts';
export { type SliceGrid, sliceGrid } from './slicing/slice-grid.ts';
export type { Place, Plane, View, Window } from './slicing/view.ts';
export { kFold, type Split, type SplitOptions, separatedDuplicates, splitByPatient } from './splits/split.ts';
export type { Stratum } from './splits/stratify.ts';

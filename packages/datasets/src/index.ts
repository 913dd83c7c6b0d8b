export { type AugmentOptions, augment } from './augment.ts';
export {
  type Batch,
  type Batcher,
  type BatcherOptions,
  batchTensors,
  createBatcher,
  type SampleSource,
  sampleSource,
  stackSamples,
} from './batcher.ts';
export type { Case, DataProblem, Listing, Sample } from './case.ts';
export { acceptCases, DataError } from './data-error.ts';
export { type NormalizationMode, type NormalizeOptions, normalizationModes, normalizeIntensity } from './normalize.ts';
export { drawPhantomSlice, type PhantomSlice, type PhantomSliceOptions } from './phantom.ts';
export { binarizeMask, measuredPixels, type Pixels, type PrepareOptions, prepareImage, resizeMask } from './prepare.ts';
export { type RasterSize, resize, resizeArea, resizeBilinear } from './resize.ts';
export { type Split, type SplitOptions, splitByPatient } from './split.ts';

export { decodeBmp } from './bmp/decode.ts';
export { WordHash } from './bytes/word-hash.ts';
export { decodeImage } from './decode-image.ts';
export { decodeVolume, sniffVolume, type VolumeFormat } from './decode-volume.ts';
export { type DecodeSeriesOptions, type DicomPart, decodeDicomSeries } from './dicom/decode.ts';
export { type DicomSeries, describeSeries, matchSeries } from './dicom/series.ts';
export { createUid } from './dicom/uid.ts';
export { conceptOf, type SegmentConcept } from './dicom-seg/anatomy.ts';
export { checkSegmentationSource } from './dicom-seg/check-source.ts';
export {
  decodeDicomLabels,
  decodeDicomSegmentation,
  type Labels,
  type Segmentation,
} from './dicom-seg/decode.ts';
export { type CodedConcept, checkSegments, type SegmentDescription } from './dicom-seg/description.ts';
export { type EncodeSegmentationOptions, encodeDicomSegmentation } from './dicom-seg/encode.ts';
export type { Segment } from './dicom-seg/frames.ts';
export { labelMap } from './dicom-seg/label-map.ts';
export { listDicomSegments } from './dicom-seg/list-segments.ts';
export { referencedSeries } from './dicom-seg/referenced-series.ts';
export { FormatError, type FormatErrorDetails } from './format-error.ts';
export type { Matrix, Triple } from './geometry.ts';
export { decodeGif } from './gif/decode.ts';
export {
  createImage,
  type DecodeOptions,
  defaultMaxBytes,
  type Image,
  type ImageData,
  type Orientation,
} from './image.ts';
export { decodeJpeg } from './jpeg/decode.ts';
export type { LabelDescription } from './label-description.ts';
export { decodeMetaImage } from './metaimage/decode.ts';
export { type DecodeVolumeOptions, decodeNifti } from './nifti/decode.ts';
export { type EncodeNiftiOptions, encodeNifti } from './nifti/encode.ts';
export { labelText } from './nifti/label-text.ts';
export { decodeNrrd } from './nrrd/decode.ts';
export { type EncodeNrrdOptions, encodeNrrd } from './nrrd/encode.ts';
export { encodeNrrdSegmentation } from './nrrd/encode-segmentation.ts';
export { inverseOrientation, orientImage, swapsSides } from './orientation.ts';
export { decodePng } from './png/decode.ts';
export { encodePng } from './png/encode.ts';
export { type ImageFormat, sniffFormat } from './sniff.ts';
export { type DecodeTiffOptions, decodeTiff } from './tiff/decode.ts';
export { tiffPages } from './tiff/directory.ts';
export { encodeTiff } from './tiff/encode.ts';
export { createVolume, type Volume } from './volume.ts';
export type { VoxelData, VoxelType } from './voxels.ts';

export { decodeBmp } from './decode-bmp.ts';
export { type DecodeSeriesOptions, type DicomPart, decodeDicomSeries } from './decode-dicom.ts';
export {
  decodeDicomLabels,
  decodeDicomSegmentation,
  type Labels,
  type Segmentation,
} from './decode-dicom-segmentation.ts';
export { decodeImage } from './decode-image.ts';
export { decodeJpeg } from './decode-jpeg.ts';
export { decodeMetaImage } from './decode-metaimage.ts';
export { type DecodeVolumeOptions, decodeNifti } from './decode-nifti.ts';
export { decodeNrrd } from './decode-nrrd.ts';
export { decodePng } from './decode-png.ts';
export { type DecodeTiffOptions, decodeTiff } from './decode-tiff.ts';
export { decodeVolume, sniffVolume, type VolumeFormat } from './decode-volume.ts';
export { createUid } from './dicom-uid.ts';
export { type EncodeSegmentationOptions, encodeDicomSegmentation } from './encode-dicom-segmentation.ts';
export { type EncodeNiftiOptions, encodeNifti } from './encode-nifti.ts';
export { encodeNrrd } from './encode-nrrd.ts';
export { encodePng } from './encode-png.ts';
export { encodeTiff } from './encode-tiff.ts';
export { FormatError, type FormatErrorDetails } from './format-error.ts';
export type { Matrix, Triple } from './geometry.ts';
export { createImage, type DecodeOptions, defaultMaxBytes, type Image, type ImageData } from './image.ts';
export { labelMap } from './label-map.ts';
export type { CodedConcept, SegmentDescription } from './segment-description.ts';
export type { Segment } from './segment-frames.ts';
export { type ImageFormat, sniffFormat } from './sniff.ts';
export { tiffPages } from './tiff-directory.ts';
export { createVolume, type Volume } from './volume.ts';
export type { VoxelData, VoxelType } from './voxels.ts';

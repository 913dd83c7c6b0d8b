import { requireBytes, requireOptions } from '@medseg/arguments';
import { isGzip, openBytes } from './bytes/byte-source.ts';
import { readDicomDataset } from './dicom/dataset.ts';
import { type DecodeSeriesOptions, decodeSeries } from './dicom/decode.ts';
import { decodeSegmentationOf } from './dicom-seg/decode.ts';
import { FormatError } from './format-error.ts';
import { defaultMaxBytes } from './image.ts';
import { decodeMetaImage } from './metaimage/decode.ts';
import { type DecodeVolumeOptions, decodeNifti, decodeVolumeOptionNames } from './nifti/decode.ts';
import { isNifti, niftiHeaderBytes } from './nifti/header.ts';
import { decodeNrrd } from './nrrd/decode.ts';
import { sniffFormat } from './sniff.ts';
import { decodeTiffStack } from './tiff/decode-stack.ts';
import type { Volume } from './volume.ts';

/** Formats of volumes that are read. */
export type VolumeFormat = 'NIfTI' | 'NRRD' | 'MetaImage' | 'DICOM';

type Decoder = (bytes: Uint8Array, name?: string, options?: DecodeVolumeOptions) => Volume | Promise<Volume>;

const decoders: Record<VolumeFormat, Decoder> = {
  NIfTI: decodeNifti,
  NRRD: decodeNrrd,
  MetaImage: decodeMetaImage,
  DICOM: decodeDicom,
};

async function decodeDicom(
  bytes: Uint8Array,
  name?: string,
  { maxBytes = defaultMaxBytes }: DecodeSeriesOptions = {},
): Promise<Volume> {
  const dataset = readDicomDataset(bytes, name, maxBytes);
  if (dataset.text(0x00080060) === 'SEG') return (await decodeSegmentationOf(dataset, name, maxBytes)).volume;
  return await decodeSeries([{ dataset, name }], maxBytes);
}

/**
 * Tells the format of a volume by its content, that of a gzip file by what is in it, or returns undefined,
 * also for TIFF, whose pages `decodeVolume` reads but which mostly is an image.
 *
 * Throws FormatError for a broken gzip file.
 *
 * @example sniffVolume(await readFile('hippocampus_001.nii.gz')) // 'NIfTI'
 */
export function sniffVolume(bytes: Uint8Array, name?: string): VolumeFormat | undefined {
  requireBytes('sniffVolume', bytes);
  if (isGzip(bytes)) return isNifti(openBytes(bytes, name).head(niftiHeaderBytes)) ? 'NIfTI' : undefined;
  const format = sniffFormat(bytes);
  return format && format in decoders ? (format as VolumeFormat) : undefined;
}

/**
 * Decodes a volume by what its bytes are, whatever its name says: NIfTI, NRRD, MetaImage, one DICOM
 * file or a TIFF file of several equal pages. The content of a second file (.img, .raw) goes in `options.voxels`; `decodeDicomSeries` takes many files.
 * The segments of a DICOM SEG are channels; `decodeDicomSegmentation` names them.
 *
 * Throws FormatError, with the name given, when the bytes are none of these, broken, or larger than `maxBytes`
 * (256 MiB decoded, by default).
 *
 * @example const volume = await decodeVolume(new Uint8Array(await file.arrayBuffer()), file.name)
 */
export async function decodeVolume(
  bytes: Uint8Array,
  name?: string,
  options: DecodeVolumeOptions = {},
): Promise<Volume> {
  requireBytes('decodeVolume', bytes);
  requireOptions('decodeVolume', options, decodeVolumeOptionNames);
  if (bytes.length === 0) throw new FormatError('the file is empty', { file: name, offset: 0 });
  if (sniffFormat(bytes) === 'TIFF') return decodeTiffStack(bytes, name, options);
  const format = sniffVolume(bytes, name);
  if (!format) {
    const found = sniffFormat(bytes);
    throw new FormatError(
      `a volume must be NIfTI, NRRD, MetaImage, DICOM or TIFF of several pages, the content is ${found ? `a ${found} file` : 'none of these'}`,
      { file: name, offset: 0 },
    );
  }
  return await decoders[format](bytes, name, options);
}

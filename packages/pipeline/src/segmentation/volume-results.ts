import { labelsOf, regionMasks } from '@medseg/datasets';
import {
  createVolume,
  type DicomPart,
  encodeDicomSegmentation,
  encodeNifti,
  encodeNrrd,
  type Volume,
  type VoxelData,
} from '@medseg/image-io';
import { threshold } from '@medseg/metrics';
import { classMapOf } from '../run/classes.ts';
import { channelLabels, type ResultFile, type ResultTarget } from './result-file.ts';
import type { ScanSegmentation } from './segment-scans.ts';

export interface VolumeResultOptions {
  /** Format of the volumes: `.nii.gz` or `.nrrd`. */
  readonly format: 'nifti' | 'nrrd';
  /** The DICOM series that was segmented: the mask then is a DICOM SEG that refers to it. */
  readonly dicom?: {
    readonly source: readonly DicomPart[];
    /** Numbers from 0 to below 1, of which the UIDs of the SEG are made. */
    random(): number;
  };
}

/**
 * The results of a volume as files, one after another: `<name>_mask`, `<name>_probability` and `<name>_uncertainty` on the
 * grid of the volume. Masks have the labels of the data set, of one class 0 and 1; probabilities have a channel per class.
 * Of a DICOM series the mask is a DICOM SEG, `<name>_mask.dcm`. Throws what `encodeDicomSegmentation` throws.
 */
export function* volumeResults(
  { name, classes }: ResultTarget,
  { size, spacing, origin, direction }: Volume,
  { probability, uncertainty, classes: count }: ScanSegmentation,
  { format, dicom }: VolumeResultOptions,
): Generator<ResultFile> {
  const onGrid = (data: VoxelData, channels = 1): Volume =>
    createVolume({ size, spacing, origin, direction, channels, data });
  const file = (what: string, volume: Volume): ResultFile =>
    format === 'nrrd'
      ? { name: `${name}_${what}.nrrd`, bytes: encodeNrrd(volume) }
      : { name: `${name}_${what}.nii.gz`, bytes: encodeNifti(volume, { gzip: true }) };
  if (dicom) {
    const bytes = encodeDicomSegmentation(onGrid(interleavedMasks(probability, count), count), {
      source: dicom.source,
      segments: classes.names.map((label, k) => ({
        number: k + 1,
        label,
        algorithmType: 'AUTOMATIC',
        algorithmName: 'medseg',
      })),
      random: dicom.random,
    });
    yield { name: `${name}_mask.dcm`, bytes };
  } else {
    const map = classMapOf(classes) ?? (count === 1 ? undefined : channelLabels(count));
    yield file('mask', onGrid(count === 1 ? threshold(probability) : labelsOf(probability, map)));
  }
  yield file('probability', onGrid(probability, count));
  yield file('uncertainty', onGrid(uncertainty));
}

/** The mask of each class, the classes of a voxel side by side. */
function interleavedMasks(probability: Float32Array, count: number): Uint8Array {
  const masks = regionMasks(probability, count);
  return Uint8Array.from(probability, (_, i) => masks[i % count]![Math.floor(i / count)]!);
}

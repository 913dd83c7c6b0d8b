import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import {
  createVolume,
  type DicomPart,
  encodeDicomSegmentation,
  encodeNifti,
  encodeNrrd,
  encodeNrrdSegmentation,
  type LabelDescription,
  labelText,
  type Volume,
  type VoxelData,
} from '@medseg/image-io';
import { describeLabels, describeSegments } from './describe-labels.ts';
import { stepWord } from './image-results.ts';
import type { ResultFile, ResultTarget } from './result-file.ts';
import { type MaskSource, scanLabels, scanMasks } from './scan-masks.ts';
import type { ScanSegmentation } from './segment-scans.ts';

/** Options of {@link volumeResults}. */
export interface VolumeResultOptions {
  /** Format of the volumes: `.nii.gz` or `.nrrd`, whose mask is a segmentation of 3D Slicer, `.seg.nrrd`. */
  readonly format: 'nifti' | 'nrrd';
  /**
   * The DICOM series that was segmented: the mask then is a DICOM SEG that refers to it. Default: the mask is a
   * volume in `format`.
   */
  readonly dicom?: {
    /** The files of the series. */
    readonly source: readonly DicomPart[];
    /** Which series was segmented, where the files are of several. */
    readonly series?: string;
    /** What made the segmentation, which its UIDs tell from others of the series. */
    readonly madeBy: string;
  };
}

const volumeResultOptionNames: OptionNames<VolumeResultOptions> = { format: true, dicom: true };

/**
 * The results of a volume as files, one after another: `<name>_mask`, `<name>_probability` and `<name>_uncertainty` on the
 * grid of the volume. Masks have the labels of the data set, of one class 0 and 1; probabilities have a channel per class.
 * The names and colours of the labels are in the header of NRRD, and beside NIfTI in `<name>_mask.txt`, a label
 * description of ITK-SNAP. Of a DICOM series the mask is a DICOM SEG, `<name>_mask.dcm`. Throws what
 * `encodeDicomSegmentation` throws; `checkSegmentationSource` says so before.
 */
export function* volumeResults(
  resultTarget: ResultTarget,
  given: Volume,
  scanSegmentation: ScanSegmentation,
  options: VolumeResultOptions,
): Generator<ResultFile> {
  requireObject('volumeResults: resultTarget', resultTarget, ['name', 'classes']);
  const { name, classes } = resultTarget;
  requireObject('volumeResults: given', given, ['size', 'spacing', 'origin', 'direction']);
  const { size, spacing, origin, direction } = given;
  requireObject('volumeResults: scanSegmentation', scanSegmentation, ['classes', 'probability', 'uncertainty']);
  const { probability, uncertainty, classes: count, emerging = [] } = scanSegmentation;
  requireOptions('volumeResults', options, volumeResultOptionNames);
  const { format, dicom } = options;
  const onGrid = (data: VoxelData, channels = 1): Volume =>
    createVolume({ size, spacing, origin, direction, channels, data });
  const file = (what: string, volume: Volume): ResultFile =>
    format === 'nrrd'
      ? { name: `${name}_${what}.nrrd`, bytes: encodeNrrd(volume) }
      : { name: `${name}_${what}.nii.gz`, bytes: encodeNifti(volume, { gzip: true }) };
  if (dicom) {
    const { segments } = describeSegments(classes);
    const mask = onGrid(interleavedMasks(scanSegmentation), count);
    const bytes = encodeDicomSegmentation(mask, { ...dicom, segments });
    yield { name: `${name}_mask.dcm`, bytes };
  } else {
    const mask = onGrid(scanLabels(scanSegmentation, classes));
    const labels = describeLabels(classes, count);
    if (format === 'nifti') {
      yield file('mask', mask);
      yield { name: `${name}_mask.txt`, bytes: new TextEncoder().encode(labelText(labels)) };
    } else if (isSegmentation(labels)) {
      yield { name: `${name}_mask.seg.nrrd`, bytes: encodeNrrdSegmentation(mask, labels) };
    } else yield file('mask', mask);
  }
  yield file('probability', onGrid(probability, count));
  yield file('uncertainty', onGrid(uncertainty));
  for (const [i, map] of emerging.entries()) yield file(stepWord(i, emerging.length), onGrid(map, count));
}

/** Whether labels are those of a segmentation of 3D Slicer, in which 0 is nothing. */
function isSegmentation(labels: readonly LabelDescription[]): boolean {
  return labels.every(({ value, name }) => value > 0 && name !== 'background');
}

/** The mask of each class, the classes of a voxel side by side. */
function interleavedMasks(segmentation: MaskSource): Uint8Array {
  const masks = scanMasks(segmentation);
  const count = masks.length;
  return Uint8Array.from({ length: masks[0]!.length * count }, (_, i) => masks[i % count]![Math.floor(i / count)]!);
}

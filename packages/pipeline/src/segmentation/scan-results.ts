import { type OptionNames, requireOptions } from '@medseg/arguments';
import { isVolume, type Scan } from '@medseg/datasets';
import { checkSegmentationSource, type DicomPart } from '@medseg/image-io';
import type { Classes } from '../run/classes.ts';
import { describeSegments } from './describe-labels.ts';
import { imageResults } from './image-results.ts';
import type { ResultFile, ResultTarget } from './result-file.ts';
import type { ScanSegmentation } from './segment-scans.ts';
import { volumeResults } from './volume-results.ts';

/** Options of {@link scanResults}. */
export interface ScanResultOptions {
  /** Format of the files of a volume. */
  readonly format: 'nifti' | 'nrrd';
  /** What made the segmentation, for the UIDs of a DICOM SEG: see `madeBy`. */
  readonly madeBy: string;
  /** The DICOM files that the mask refers to, as a SEG; `acceptsSegmentation` says whether it can. Default: volumes are written as `format`. */
  readonly dicom?: readonly DicomPart[] | undefined;
  /** Which series of them was segmented. Default: they have one. */
  readonly series?: string | undefined;
}

const scanResultOptionNames: OptionNames<ScanResultOptions> = {
  format: true,
  madeBy: true,
  dicom: true,
  series: true,
};

/** The format of the results of a volume: that of NRRD is NRRD, of every other file NIfTI. */
export function volumeFormatOf(file: string): 'nifti' | 'nrrd' {
  return /\.(nrrd|nhdr)$/i.test(file) ? 'nrrd' : 'nifti';
}

/** The results of an image, as PNG, or of a volume as files, as `medseg segment` writes them. */
export function* scanResults(
  target: ResultTarget,
  scan: Scan,
  segmentation: ScanSegmentation,
  options: ScanResultOptions,
): Generator<ResultFile> {
  requireOptions('scanResults', options, scanResultOptionNames);
  const { format, madeBy, dicom, series } = options;
  if (!isVolume(scan)) {
    yield* imageResults(target, scan, segmentation);
    return;
  }
  yield* volumeResults(target, scan, segmentation, {
    format,
    ...(dicom && { dicom: { source: dicom, madeBy, ...(series !== undefined && { series }) } }),
  });
}

const acceptsSegmentationOptionNames: OptionNames<NonNullable<Parameters<typeof acceptsSegmentation>[2]>> = {
  series: true,
  onRemark: true,
};

/**
 * Whether a DICOM SEG with these classes can refer to DICOM files. `onRemark` is told what should be known of the file
 * that will be written, also that it is NIfTI and why.
 */
export function acceptsSegmentation(
  source: readonly DicomPart[],
  classes: Classes,
  options: {
    /** Which series is segmented, of files of several. Default: there must be one. */
    readonly series?: string | undefined;
    /** Called with what should be known of the file that will be written. */
    onRemark(text: string): void;
  },
): boolean {
  requireOptions('acceptsSegmentation', options, acceptsSegmentationOptionNames);
  const { series, onRemark } = options;
  const { segments, renamed } = describeSegments(classes);
  try {
    for (const text of checkSegmentationSource(source, segments, series === undefined ? {} : { series }))
      onRemark(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const rule = error.message.replace(/^\w+: /, '');
    onRemark(`its mask is written as NIfTI, not as DICOM SEG: ${rule}`);
    return false;
  }
  for (const { name, label } of renamed)
    onRemark(`the class "${name}" is called "${label}" in DICOM, and whole in its description`);
  return true;
}

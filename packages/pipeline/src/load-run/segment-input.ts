import { type OptionNames, requireFunction, requireOneOf, requireOptions, requireSignal } from '@medseg/arguments';
import { type DataRemark, isVolume, measureScan } from '@medseg/datasets';
import { RunError } from '../errors.ts';
import type { RunModel } from '../networks/run-model.ts';
import { SCHEDULER_NAMES } from '../networks/samplers.ts';
import { compareWithTraining, noRangesRemark } from '../run/compare-with-training.ts';
import type { Run } from '../run/run.ts';
import { ensembleOf, type SamplingChoice } from '../run/sampling.ts';
import { describeLabels } from '../segmentation/describe-labels.ts';
import { FUSIONS } from '../segmentation/fuse-members.ts';
import { checkImageLabels } from '../segmentation/image-results.ts';
import { madeBy } from '../segmentation/made-by.ts';
import type { ResultFile } from '../segmentation/result-file.ts';
import type { EnsembleOptions } from '../segmentation/sample-places.ts';
import { samplesAtOnce } from '../segmentation/samples-at-once.ts';
import { scanLabels } from '../segmentation/scan-masks.ts';
import { acceptsSegmentation, scanResults, volumeFormatOf } from '../segmentation/scan-results.ts';
import { placesAtOnce, segmentScan } from '../segmentation/segment-scans.ts';
import { readInput, type ScanInput } from './scan-input.ts';

/** How a scan is segmented, but for what cannot be sent to a worker. */
export interface InputOptions extends SamplingChoice {
  /** Names the noise and the result files. By default the first file's name without its extension, else `scan`. */
  readonly name?: string;
  /** Whether a scan is segmented that differs too much from the training data. Default false. */
  readonly force?: boolean;
  /** Whether the result has the files that `medseg segment` would write. Default false. */
  readonly files?: boolean;
  /** Format of the files of a volume. By default NRRD of a file in NRRD, else NIfTI. */
  readonly format?: 'nifti' | 'nrrd';
  /** Which DICOM series, in files of several: its UID, description or modality. Default: there must be one. */
  readonly series?: string;
  /** Largest decoded file in bytes. By default the run's, else 1 GiB. */
  readonly maxFileBytes?: number;
}

/** How a loaded run segments a scan. What is left out is the run's own. */
export interface SegmentInputOptions extends InputOptions {
  /** Stops before the next sampling step; its reason is thrown. Default: nothing stops it. */
  readonly signal?: AbortSignal;
  /** Told after each sampling step, and after each slice or patch, which share of the work is done, 0 to 1. Default none. */
  onProgress?(share: number): void;
}

const optionNames: OptionNames<SegmentInputOptions> = {
  scheduler: true,
  eta: true,
  limit: true,
  variance: true,
  timestepSpacing: true,
  guidance: true,
  samplingSteps: true,
  members: true,
  seed: true,
  fast: true,
  fuse: true,
  name: true,
  force: true,
  files: true,
  format: true,
  series: true,
  maxFileBytes: true,
  signal: true,
  onProgress: true,
};

/** Throws for options that do not exist or are something else. */
export function requireSegmentOptions(options: SegmentInputOptions): void {
  requireOptions('segment', options, optionNames);
  const { format, onProgress, signal, fuse, scheduler } = options;
  if (scheduler !== undefined) requireOneOf('segment: scheduler', scheduler, SCHEDULER_NAMES);
  requireSignal('segment', signal);
  if (format !== undefined) requireOneOf('segment: format', format, ['nifti', 'nrrd']);
  if (onProgress !== undefined) requireFunction('segment: onProgress', onProgress);
  if (fuse !== undefined) requireOneOf('segment: fuse', fuse, FUSIONS);
}

/** A value of a mask, and how it is shown. */
export interface MaskLabel {
  /** The value in the mask. */
  readonly value: number;
  /** Name of the class, or of the classes that share the value. */
  readonly name: string;
  /** Red, green and blue, 0 to 255. */
  readonly color: readonly [number, number, number];
}

/** What a run says of a scan, on the scan's own grid; row by row, of volumes slice by slice. */
export interface RunSegmentation {
  /** Pixels along each axis: [width, height] of an image, [x, y, z] of a volume. */
  readonly size: readonly number[];
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** A value per pixel: 1 and 0 of one class, else the labels of the data set that the run was trained on. */
  readonly mask: Uint8Array | Int32Array;
  /** The values of the mask other than the background's 0. */
  readonly labels: readonly MaskLabel[];
  /** Probability of each class, 0 to 1, the classes of a pixel side by side. */
  readonly probability: Float32Array;
  /** How undecided the ensemble is at each pixel, 0 to 1. */
  readonly uncertainty: Float32Array;
  /** What should be known: what was assumed of the file, and how it differs from the training data. */
  readonly remarks: readonly string[];
  /** What `medseg segment` would write, byte for byte, except for the time in a DICOM SEG; absent without the option `files`. */
  readonly files?: readonly ResultFile[];
}

/** Segments one scan with a run on this thread. */
export async function segmentInput(
  run: Run,
  model: RunModel,
  input: ScanInput,
  given: SegmentInputOptions = {},
): Promise<RunSegmentation> {
  requireSegmentOptions(given);
  const { force = false, files: wantsFiles = false, signal, onProgress, ...options } = given;
  signal?.throwIfAborted();
  const { classes, kind } = run.info;
  const {
    name: wantedName,
    series,
    maxFileBytes = kind === 'trained' ? run.info.config.data.maxFileBytes : undefined,
  } = options;
  const remarks: DataRemark[] = [];
  const read = await readInput(input, {
    ...(wantedName !== undefined && { name: wantedName }),
    ...(series !== undefined && { series }),
    ...(maxFileBytes !== undefined && { maxFileBytes }),
    onRemark: (remark) => remarks.push(remark),
  });
  const { name, file, scan } = read;
  const compared = compareWithTraining(run, measureScan(scan), { file, force });
  if (compared.refusal !== undefined) {
    throw new RunError(`${file}: ${compared.refusal}; the option force segments it all the same`);
  }
  remarks.push(...compared.remarks);
  const onRemark = (text: string): void => void remarks.push({ file, text });
  if (wantsFiles && !isVolume(scan)) checkImageLabels(classes);
  const dicom =
    wantsFiles && read.dicom && acceptsSegmentation(read.dicom, classes, { series, onRemark }) ? read.dicom : undefined;

  const ensemble = ensembleOf(run, options);
  const segmentation = await segmentScan(
    model,
    { id: name, scan },
    {
      ...ensemble,
      ...(signal && { signal }),
      ...(onProgress && progressOf(ensemble, onProgress)),
      onRemark: (_, text) => onRemark(text),
    },
  );
  const { probability, uncertainty, classes: count } = segmentation;
  const target = { name, classes };
  const { format = volumeFormatOf(file) } = options;
  const noRanges = noRangesRemark(run);
  return {
    size: isVolume(scan) ? [...scan.size] : [scan.width, scan.height],
    classes: classes.names,
    mask: scanLabels(segmentation, classes),
    labels: describeLabels(classes, count)
      .filter(({ value }) => value !== 0)
      .map(({ value, name: label, color }) => ({ value, name: label, color: [...color] })),
    probability,
    uncertainty,
    remarks: [
      ...remarks.map(({ text, detail }) => (detail === undefined ? text : `${text} (${detail})`)),
      ...(noRanges === undefined ? [] : [noRanges]),
    ],
    ...(wantsFiles && {
      files: [
        ...scanResults(target, scan, segmentation, { format, madeBy: await madeBy(run, ensemble), dicom, series }),
      ],
    }),
  };
}

/** Tells the share of the work that is done, from the steps and the places of one scan. */
function progressOf(
  ensemble: EnsembleOptions,
  onProgress: (share: number) => void,
): { onStep(): void; onPlace(id: string, done: number, of: number): void } {
  const { members, steps, preparation } = ensemble;
  const most = samplesAtOnce(preparation.imageSize);
  let batches = Math.ceil(members / most);
  let drawn = 0;
  let told = 0;
  const tell = (share: number): void => {
    if (share <= told) return;
    told = share;
    onProgress(share);
  };
  return {
    onStep: () => tell(Math.min(1, ++drawn / (batches * Math.max(1, steps)))),
    onPlace: (_, done, of) => {
      batches = Math.ceil(of / placesAtOnce(ensemble)) * Math.ceil(members / most);
      tell(done / of);
    },
  };
}

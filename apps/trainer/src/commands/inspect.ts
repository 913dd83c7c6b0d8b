import { stat } from 'node:fs/promises';
import {
  FormatError,
  type ImageFormat,
  sniffFormat,
  sniffVolume,
  tiffPages,
  type VolumeFormat,
} from '@medseg/image-io';
import { readBytes, readImage, readVolume } from '@medseg/image-io/node';
import { output } from '../terminal/output.ts';

/** More different values than this are intensities, not labels. */
const mostLabels = 64;

interface Content {
  format: ImageFormat | VolumeFormat;
  /** Voxels along i, j, k of a volume; width and height of an image. */
  shape: readonly number[];
  channels: number;
  /** Pages of a TIFF file that has several; the facts are those of the first. */
  pages?: number;
  /** Millimetres, RAS+; null for an image, which knows of none. */
  spacing: readonly number[] | null;
  origin: readonly number[] | null;
  direction: readonly number[] | null;
  dtype: string;
  data: ArrayLike<number>;
}

/**
 * Says what image and volume files, and folders of a DICOM series, hold: one line of JSON each, with format, shape, channels, spacing, origin,
 * direction, dtype, minimum, maximum, mean and, for whole numbers of few kinds in one channel, how often each occurs.
 *
 * A file that cannot be read gets a line with its error, the others theirs, and the exit code is 1. Nothing of a
 * header that could name a patient is printed.
 *
 * @example await inspectFiles(['hippocampus_001.nii.gz'])
 */
export async function inspectFiles(files: readonly string[], { series }: { series?: string } = {}): Promise<void> {
  for (const file of files) {
    try {
      const { data, ...facts } = await readContent(file, series);
      output.data(JSON.stringify({ file, ...facts, ...statistics(data, facts.channels) }));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (!(error instanceof FormatError) && code === undefined) throw error;
      output.data(JSON.stringify({ file, error: message }));
      process.exitCode = 1;
    }
  }
}

async function readContent(file: string, series: string | undefined): Promise<Content> {
  const bytes = (await stat(file)).isDirectory() ? undefined : await readBytes(file);
  // The voxels of a pair tell nothing by themselves; a folder is a DICOM series.
  const format = !bytes ? 'DICOM' : /\.img(\.gz)?$/i.test(file) ? 'NIfTI' : sniffVolume(bytes, file);
  if (!bytes || format) {
    const { size: shape, ...volume } = await readVolume(file, series === undefined ? {} : { series });
    return { format: format!, shape, ...volume };
  }
  const { width, height, channels, bitDepth, data } = await readImage(file);
  const dtype = bitDepth === 32 ? 'float32' : `uint${bitDepth}`;
  const pages = sniffFormat(bytes) === 'TIFF' ? tiffPages(bytes, file) : 1;
  const nowhere = { spacing: null, origin: null, direction: null };
  return {
    format: sniffFormat(bytes)!,
    shape: [width, height],
    channels,
    ...(pages > 1 && { pages }),
    ...nowhere,
    dtype,
    data,
  };
}

interface Statistics {
  /** Of the finite values; null when there are none. */
  minimum: number | null;
  maximum: number | null;
  mean: number | null;
  /** Values that are NaN or infinite; left out when there are none. */
  notFinite?: number;
  /** Number of voxels by value, or null for what is no label map. */
  labels: Record<string, number> | null;
}

function statistics(data: ArrayLike<number>, channels: number): Statistics {
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let finite = 0;
  let counts: Map<number, number> | undefined = channels === 1 ? new Map() : undefined;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!Number.isFinite(value)) continue;
    finite++;
    sum += value;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
    if (!counts) continue;
    counts.set(value, (counts.get(value) ?? 0) + 1);
    if (!Number.isInteger(value) || counts.size > mostLabels) counts = undefined;
  }
  const isLabelMap = counts !== undefined && finite === data.length;
  const sorted = [...(counts ?? [])].sort(([a], [b]) => a - b);
  return {
    minimum: finite > 0 ? minimum : null,
    maximum: finite > 0 ? maximum : null,
    mean: finite > 0 ? sum / finite : null,
    ...(finite < data.length && { notFinite: data.length - finite }),
    labels: isLabelMap ? Object.fromEntries(sorted) : null,
  };
}

import { type OptionNames, requireList, requireOptions } from '@medseg/arguments';
import { FormatError } from '../format-error.ts';
import { flipWorld, geometryOf, normalTo, type Triple } from '../geometry.ts';
import { type DecodeOptions, defaultMaxBytes } from '../image.ts';
import { createVolume, type Volume } from '../volume.ts';
import { arrayOf, bytesPerVoxel, type VoxelType } from '../voxels.ts';
import { missingAtEnd } from './completeness.ts';
import { type DicomDataset, readDicomDataset } from './dataset.ts';
import { type DicomFile, type DicomFrame, readDicomFrames } from './frames.ts';
import { chooseSeries } from './series.ts';
import { sortByPlace } from './spacing.ts';

/** One file of a series. */
export interface DicomPart {
  /** Content of the file. */
  bytes: Uint8Array;
  /** Name of the file, for messages. Default none. */
  name?: string;
}

/** Options of {@link decodeDicomSeries}. */
export interface DecodeSeriesOptions extends DecodeOptions {
  /** The series to read where the files are of several: its UID, description or modality, or a part of the description. */
  series?: string;
}

export const decodeSeriesOptionNames: OptionNames<DecodeSeriesOptions> = { series: true, maxBytes: true };

/** A file's data set and name. */
export interface NamedDataset {
  dataset: DicomDataset;
  name: string | undefined;
}

/**
 * Decodes the images of one DICOM series, one frame or many a file, in any order: gray, RGB, YBR_FULL or PALETTE COLOR,
 * 1 to 32 bits, float; Implicit, Explicit and Deflated VR, and compressed with RLE, JPEG (8 bits), JPEG Lossless, JPEG-LS
 * or JPEG 2000.
 *
 * Frames are sorted along the normal of their plane. They must lie evenly, but for what rounded positions make: a
 * missing, doubled or turned slice is an error and not a guess. Rescale slope and intercept are applied: whole ones make the smallest integers that hold the
 * result, others float32, or float64 of 32 bits. MONOCHROME1 without them is inverted, so that large is bright; colours
 * become RGB. Frames without a position are stacked as they come. Nothing but pixels and place is read. dcmjs and
 * dicom-parser are not used: a dozen elements are needed, and the walk to them with its checks is shorter than a guard
 * around a reader that throws strings or reads all there is.
 *
 * Throws FormatError for everything that is wrong with the bytes, for files of several series of which `options.series`
 * chooses not one, for segmentations, and for sizes over `maxBytes`.
 *
 * @example const ct = await decodeDicomSeries(files.map((bytes) => ({ bytes })))
 */
export async function decodeDicomSeries(
  parts: readonly DicomPart[],
  options: DecodeSeriesOptions = {},
): Promise<Volume> {
  requireList('decodeDicomSeries: parts', parts);
  requireOptions('decodeDicomSeries', options, decodeSeriesOptionNames);
  const { maxBytes = defaultMaxBytes, series } = options;
  if (parts.length === 0) throw new RangeError('decodeDicomSeries: a series must have one or more files, got none');
  const datasets = parts.map(({ bytes, name }) => ({ dataset: readDicomDataset(bytes, name, maxBytes), name }));
  return await decodeSeries(chooseSeries(datasets, series), maxBytes);
}

/** Decodes the files of one series. */
export async function decodeSeries(parts: readonly NamedDataset[], maxBytes: number): Promise<Volume> {
  const { file: first, frames } = sortedFrames(parts, maxBytes);
  const { rows, columns, channels } = first;
  const name = parts[0]!.name;
  const size = [columns, rows, frames.length] as const;
  const isScaled = frames.some(({ slope, intercept }) => slope !== 1 || intercept !== 0);
  const dtype = isScaled ? scaledType(first, frames) : first.dtype;
  const perFrame = columns * rows * channels;
  const decodedBytes = perFrame * frames.length * bytesPerVoxel[dtype];
  if (decodedBytes > maxBytes)
    throw new FormatError(
      `the DICOM series has ${size.join('x')} voxels, ${decodedBytes} bytes; the limit maxBytes is ${maxBytes}`,
      { file: name },
    );
  const geometry = geometryOf(stepsOfFrames(frames), frames[0]!.position ?? [0, 0, 0]);
  if (!geometry) throw new FormatError('DICOM spacing, orientation and position must span space', { file: name });
  const data = new arrayOf[dtype](perFrame * frames.length);
  for (const [k, frame] of frames.entries()) {
    const values = await frame.read();
    if (isScaled)
      for (let i = 0; i < perFrame; i++) data[k * perFrame + i] = values[i]! * frame.slope + frame.intercept;
    else data.set(values, k * perFrame);
  }
  const modality = modalityOf(parts[0]!.dataset);
  const missing = missingAtEnd(parts.map(({ dataset }) => dataset));
  return createVolume({
    size,
    channels,
    dtype,
    data,
    ...(modality && { modality }),
    ...flipWorld(geometry),
    ...(missing !== undefined && { remarks: [missing] }),
  });
}

/** The modality of a file; anything else than a code is not repeated. */
function modalityOf(dataset: DicomDataset): string | undefined {
  return /^[A-Z]{2,16}$/.exec(dataset.text(0x00080060) ?? '')?.[0];
}

/** All frames of a series in the order of the volume's slices, and what they share. */
export function sortedFrames(
  parts: readonly NamedDataset[],
  maxBytes: number,
): { file: DicomFile; frames: DicomFrame[] } {
  const files = parts.map(({ dataset, name }) => readDicomFrames(dataset, name, maxBytes));
  for (const [i, file] of files.entries()) checkSameKind(files[0]!, file, parts[i]!.name);
  return { file: files[0]!, frames: sortFrames(files.flatMap((file) => file.frames)) };
}

/** The type of rescaled numbers: the smallest integer where slopes and intercepts are whole, else a float. */
function scaledType({ dtype, range }: DicomFile, frames: readonly DicomFrame[]): VoxelType {
  const float = bytesPerVoxel[dtype] <= 2 || dtype === 'float32' ? 'float32' : 'float64';
  const isWhole = frames.every(({ slope, intercept }) => Number.isInteger(slope) && Number.isInteger(intercept));
  if (!isWhole || dtype.startsWith('float')) return float;
  const ends = frames.flatMap(({ slope, intercept }) => range.map((end) => end * slope + intercept));
  const [least, most] = ends.reduce(([a, b], end) => [Math.min(a, end), Math.max(b, end)], [0, 0]);
  const fitting = ([8, 16, 32] as const).find((bits) =>
    least < 0 ? least >= -(2 ** (bits - 1)) && most < 2 ** (bits - 1) : most < 2 ** bits,
  );
  return fitting ? `${least < 0 ? 'int' : 'uint'}${fitting}` : 'float64';
}

function checkSameKind(first: DicomFile, other: DicomFile, file: string | undefined): void {
  for (const name of ['rows', 'columns', 'channels', 'dtype'] as const) {
    if (other[name] !== first[name])
      throw new FormatError(
        `DICOM files of a series must have the same ${name}, got ${first[name]} and ${other[name]}`,
        {
          file,
        },
      );
  }
}

/** So far, in direction cosines and in shares of a pixel's distance, may slices differ. */
const tolerance = 1e-2;

/** Checks that frames are parallel and alike, and sorts them along their normal. */
function sortFrames(frames: DicomFrame[]): DicomFrame[] {
  const first = frames[0]!;
  for (const frame of frames) {
    const isTurned = frame.orientation.flat().some((v, i) => Math.abs(v - first.orientation.flat()[i]!) > tolerance);
    const isScaled = frame.pixelSpacing.some((v, i) => Math.abs(v - first.pixelSpacing[i]!) > tolerance * v);
    if (isTurned || isScaled || !frame.position !== !first.position)
      throw new FormatError(
        `DICOM slices of a volume must have the same orientation and spacing, got another one than in ${first.file ?? 'the first file'}`,
        { file: frame.file },
      );
  }
  return first.position && frames.length > 1 ? sortByPlace(frames) : frames;
}

/** The steps along columns, rows and slices; slices may lean, as behind a tilted gantry. */
function stepsOfFrames(frames: DicomFrame[]): [Triple, Triple, Triple] {
  const [first, last] = [frames[0]!, frames.at(-1)!];
  const [across, down] = first.orientation;
  const scaled = (vector: Triple, length: number): Triple => [
    vector[0] * length,
    vector[1] * length,
    vector[2] * length,
  ];
  const count = frames.length - 1;
  const slice: Triple =
    count > 0 && first.position && last.position
      ? [
          (last.position[0] - first.position[0]) / count,
          (last.position[1] - first.position[1]) / count,
          (last.position[2] - first.position[2]) / count,
        ]
      : scaled(normalTo(across, down), first.sliceSpacing ?? 1); // 1 as in ITK
  return [scaled(across, first.pixelSpacing[0]), scaled(down, first.pixelSpacing[1]), slice];
}

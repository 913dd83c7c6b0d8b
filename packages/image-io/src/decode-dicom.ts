import { type DicomFile, type DicomFrame, readDicomFrames } from './dicom-frames.ts';
import { FormatError } from './format-error.ts';
import { flipWorld, geometryOf, normalTo, type Triple } from './geometry.ts';
import { type DecodeOptions, defaultMaxBytes } from './image.ts';
import { createVolume, type Volume } from './volume.ts';
import { arrayOf, bytesPerVoxel } from './voxels.ts';

/** One file of a series. */
export interface DicomPart {
  bytes: Uint8Array;
  name?: string;
}

/**
 * Decodes the images of one DICOM series, one frame or many a file, in any order: Implicit and Explicit VR Little
 * Endian, not compressed; gray or RGB; 8 to 32 bits.
 *
 * Frames are sorted along the normal of their plane. They must lie evenly: a missing, doubled or turned slice is an
 * error and not a guess. Rescale slope and intercept are applied and make float32, or float64 of 32 bits; MONOCHROME1
 * without them is inverted, so that large is bright. Frames without a position are stacked as they come. Nothing but
 * pixels and place is read. dcmjs and dicom-parser are not used: a dozen elements are needed, and the walk to them with
 * its checks is shorter than a guard around a reader that throws strings or reads all there is.
 *
 * Throws FormatError for everything that is wrong with the bytes, for files of several series, segmentations and
 * compressed pixels, and for sizes over `maxBytes`.
 *
 * @example const ct = decodeDicomSeries(files.map((bytes) => ({ bytes })))
 */
export function decodeDicomSeries(
  parts: readonly DicomPart[],
  { maxBytes = defaultMaxBytes }: DecodeOptions = {},
): Volume {
  const files = parts.map(({ bytes, name }) => readDicomFrames(bytes, name));
  const first = files[0];
  if (!first) throw new RangeError('decodeDicomSeries: a series must have one or more files, got none');
  for (const [i, file] of files.entries()) checkSameKind(first, file, parts[i]!.name);
  const frames = sortFrames(files.flatMap((file) => file.frames));
  const { rows, columns, channels } = first;
  const size = [columns, rows, frames.length] as const;

  const isScaled = frames.some(({ slope, intercept }) => slope !== 1 || intercept !== 0);
  const dtype = isScaled ? (bytesPerVoxel[first.dtype] <= 2 ? 'float32' : 'float64') : first.dtype;
  const perFrame = columns * rows * channels;
  const decodedBytes = perFrame * frames.length * bytesPerVoxel[dtype];
  if (decodedBytes > maxBytes)
    throw new FormatError(
      `the DICOM series has ${size.join('x')} voxels, ${decodedBytes} bytes; the limit maxBytes is ${maxBytes}`,
      { file: parts[0]!.name },
    );
  const geometry = geometryOf(stepsOfFrames(frames), frames[0]!.position ?? [0, 0, 0]);
  if (!geometry)
    throw new FormatError('DICOM spacing, orientation and position must span space', { file: parts[0]!.name });
  const data = new arrayOf[dtype](perFrame * frames.length);
  for (const [k, frame] of frames.entries()) {
    const values = frame.read();
    if (isScaled)
      for (let i = 0; i < perFrame; i++) data[k * perFrame + i] = values[i]! * frame.slope + frame.intercept;
    else data.set(values, k * perFrame);
  }
  return createVolume({ size, channels, dtype, data, ...flipWorld(geometry) });
}

function checkSameKind(first: DicomFile, other: DicomFile, file: string | undefined): void {
  if (other.series !== first.series)
    throw new FormatError(`DICOM files must be of one series, got ${first.series} and ${other.series}`, { file });
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

/** So far, in direction cosines and in shares of a slice's distance, may slices differ. */
const tolerance = 1e-2;

/** Sorts frames along their normal and checks that they are parallel, alike and evenly apart. */
function sortFrames(frames: DicomFrame[]): DicomFrame[] {
  const first = frames[0]!;
  for (const frame of frames) {
    const isTurned = frame.orientation.flat().some((v, i) => Math.abs(v - first.orientation.flat()[i]!) > tolerance);
    const isScaled = frame.pixelSpacing.some((v, i) => Math.abs(v - first.pixelSpacing[i]!) > tolerance * v);
    if (isTurned || isScaled || !frame.position !== !first.position)
      throw new FormatError('DICOM slices of a volume must have the same orientation and spacing', {
        file: frame.file,
      });
  }
  if (!first.position || frames.length < 2) return frames;
  const normal = normalTo(...first.orientation);
  const along = ({ position }: DicomFrame): number => position!.reduce((sum, value, i) => sum + value * normal[i]!, 0);
  const sorted = [...frames].sort((a, b) => along(a) - along(b));
  const step = (along(sorted.at(-1)!) - along(sorted[0]!)) / (sorted.length - 1);
  for (let k = 1; k < sorted.length; k++) {
    const gap = along(sorted[k]!) - along(sorted[k - 1]!);
    if (!(gap > 0 && Math.abs(gap - step) <= Math.max(tolerance * step, 1e-3)))
      throw new FormatError(
        `DICOM slices must lie evenly, one at a place, got a step of ${gap.toFixed(3)} mm where the mean is ${step.toFixed(3)}`,
        { file: sorted[k]!.file },
      );
  }
  return sorted;
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

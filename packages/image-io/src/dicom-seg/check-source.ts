import { type OptionNames, requireList, requireOptions } from '@medseg/arguments';
import { readDicomDataset } from '../dicom/dataset.ts';
import { type DicomPart, sortedFrames } from '../dicom/decode.ts';
import type { DicomFrame } from '../dicom/frames.ts';
import { chooseSeries, uidOf } from '../dicom/series.ts';
import { placeTolerance } from '../dicom/spacing.ts';
import { flipWorld, stepsOf, type Triple } from '../geometry.ts';
import { defaultMaxBytes } from '../image.ts';
import type { Volume } from '../volume.ts';
import { checkSegments, type SegmentDescription } from './description.ts';
import { copiedEntries } from './source.ts';

/** Which series of a source is meant, and how large it may be. */
export interface SourceOptions {
  /** UID of the series where the source files are of several. */
  series?: string;
  maxBytes?: number;
}

/** Tiles of one large picture: each lies in its plane, which a stack of slices does not say (PS3.3, C.8.12.14). */
const totalPixelMatrixColumns = 0x00480006;

const checkSegmentationSourceOptionNames: OptionNames<NonNullable<Parameters<typeof checkSegmentationSource>[2]>> = {
  series: true,
  maxBytes: true,
  type: true,
};

/**
 * Checks that a DICOM SEG of these segments can be written for a source, but for the voxels: what `checkSegments` checks,
 * that the source has a study and instances that can be referred to, is no slide in tiles, and has text that can stand
 * beside the labels. `encodeDicomSegmentation` does it too; call it before a long computation.
 *
 * Returns what the user should know of the file that will be written. Throws RangeError that names the rule and the
 * value, and FormatError for files that are broken.
 *
 * @example checkSegmentationSource(await readDicomParts('ct'), [{ number: 1, label: 'Liver' }])
 */
export function checkSegmentationSource(
  source: readonly DicomPart[],
  segments: readonly SegmentDescription[],
  given: SourceOptions & {
    /** The form of the file that will be written. Default 'BINARY'. */
    type?: 'BINARY' | 'FRACTIONAL' | 'LABELMAP';
  } = {},
): string[] {
  requireList('checkSegmentationSource: source', source);
  requireList('checkSegmentationSource: segments', segments);
  requireOptions('checkSegmentationSource', given, checkSegmentationSourceOptionNames);
  const { type = 'BINARY', ...options } = given;
  checkSegments(segments, type);
  const { dataset, position } = framesOf(source, options)[0]!;
  copiedEntries(dataset, textsOf(segments));
  if (!position) return ['the file has no position: its DICOM SEG refers to its images, and has none either'];
  if (uidOf(dataset, 0x00200052)) return [];
  return ['the file names no frame of reference: its DICOM SEG has one of its own'];
}

/** The frames of the source in the order of the slices. Throws RangeError for those that no SEG can refer to. */
export function framesOf(
  source: readonly DicomPart[],
  { series, maxBytes = defaultMaxBytes }: SourceOptions,
): DicomFrame[] {
  const parts = source.map(({ bytes, name }) => ({ dataset: readDicomDataset(bytes, name), name }));
  if (parts.length === 0) throw new RangeError('encodeDicomSegmentation: the source must have files, got none');
  const { frames } = sortedFrames(chooseSeries(parts, series), maxBytes);
  const lacks = (rule: string): never => {
    throw new RangeError(`encodeDicomSegmentation: the source must have ${rule}`);
  };
  if (!uidOf(frames[0]!.dataset, 0x0020000d)) lacks('a study, got none');
  if (frames.some(({ dataset }) => !uidOf(dataset, 0x00080016) || !uidOf(dataset, 0x00080018)))
    lacks('a SOP class and instance in each file, got none');
  if (frames.some(({ dataset }) => dataset.element(totalPixelMatrixColumns)))
    lacks('slices, got a slide that is cut into tiles');
  return frames;
}

/** The texts of segments that a file may have to change its character set for. */
export function textsOf(segments: readonly SegmentDescription[]): string[] {
  return segments
    .flatMap((s) => [
      s.label,
      s.description,
      s.algorithmName,
      s.category?.meaning,
      s.type?.meaning,
      s.modifier?.meaning,
    ])
    .map((text) => text ?? '');
}

/** Throws RangeError where a volume does not lie on the grid of its source; of one without positions only the size counts. */
export function checkPlace(volume: Volume, frames: readonly DicomFrame[]): void {
  const first = frames[0]!;
  const { size } = volume;
  const columns = first.dataset.unsigned(0x00280011)!;
  const rows = first.dataset.unsigned(0x00280010)!;
  if (size[0] !== columns || size[1] !== rows || size[2] !== frames.length)
    throw new RangeError(
      `encodeDicomSegmentation: the source has ${columns}x${rows}x${frames.length} voxels, the segments have ${size.join('x')}`,
    );
  if (!first.position) return;
  const { origin, spacing, direction } = flipWorld(volume);
  const steps = stepsOf({ spacing, direction });
  for (const [k, { position, orientation, pixelSpacing }] of frames.entries()) {
    const across = pixelSpacing[0] * (size[0] - 1);
    const down = pixelSpacing[1] * (size[1] - 1);
    for (const [i, j] of [
      [0, 0],
      [1, 0],
      [0, 1],
    ] as const) {
      const theirs = [0, 1, 2].map(
        (axis) => position![axis as 0] + i * across * orientation[0][axis as 0] + j * down * orientation[1][axis as 0],
      ) as unknown as Triple;
      const ours = [0, 1, 2].map(
        (axis) =>
          origin[axis]! +
          i * (size[0] - 1) * steps[0][axis as 0] +
          j * (size[1] - 1) * steps[1][axis as 0] +
          k * steps[2][axis as 0],
      );
      const distance = Math.max(...ours.map((value, axis) => Math.abs(value - theirs[axis as 0])));
      if (!(distance <= placeTolerance(spacing[2])))
        throw new RangeError(
          `encodeDicomSegmentation: the segments must lie on the grid of their source, slice ${k} lies ${distance.toFixed(3)} mm off`,
        );
    }
  }
}

import { readDicomDataset } from '../dicom/dataset.ts';
import { type DicomPart, sortedFrames } from '../dicom/decode.ts';
import type { DicomFrame } from '../dicom/frames.ts';
import { chooseSeries, uidOf } from '../dicom/series.ts';
import { placeTolerance } from '../dicom/spacing.ts';
import { createUid } from '../dicom/uid.ts';
import { type DicomEntry, encodeDicomFile } from '../dicom/writer.ts';
import { flipWorld, stepsOf, type Triple } from '../geometry.ts';
import { defaultMaxBytes } from '../image.ts';
import { checkVolume, type Volume } from '../volume.ts';
import { backgroundItem, checkSegments, checkText, type SegmentDescription, segmentItem } from './description.ts';
import { functionalGroupEntries } from './groups.ts';
import { type PackedSegments, packSegments } from './pixels.ts';
import { copiedEntries } from './source.ts';

/** How a DICOM SEG is written. */
export interface EncodeSegmentationOptions {
  /** The files of the series that was segmented; the new file refers to them and has their patient and study. */
  source: readonly DicomPart[];
  /** UID of the series where the source files are of several. */
  series?: string;
  segments: readonly SegmentDescription[];
  /** A bit a voxel and segment; 0 to 1 in 255 steps; or the numbers of the segments. BINARY unless given. */
  type?: 'BINARY' | 'FRACTIONAL' | 'LABELMAP';
  /** What fractions mean; PROBABILITY unless given. */
  fractionalType?: 'PROBABILITY' | 'OCCUPANCY';
  /** Numbers from 0 to below 1, of which UIDs are made. */
  random: () => number;
  /** When the segmentation was made; now unless given. */
  date?: Date;
  /** Whether slices without a segment are left out; true unless given. */
  omitEmptyFrames?: boolean;
  seriesDescription?: string;
  seriesNumber?: number;
  /** What made the file, in DICOM's words. */
  equipment?: { manufacturer: string; model: string; serialNumber: string; softwareVersion: string };
  maxBytes?: number;
}

const sopClasses = {
  BINARY: '1.2.840.10008.5.1.4.1.1.66.4',
  FRACTIONAL: '1.2.840.10008.5.1.4.1.1.66.4',
  LABELMAP: '1.2.840.10008.5.1.4.1.1.66.7',
};

const ourselves = { manufacturer: 'medseg', model: '@medseg/image-io', serialNumber: 'none', softwareVersion: '1' };

/**
 * Encodes segments of a DICOM series as a DICOM SEG (PS3.3, A.51 and C.8.20): the patient, study and frame of reference of
 * the source, a reference to the source slice in each frame, coded categories.
 *
 * `volume` lies on the grid of `decodeDicomSeries(source)`. It has one channel of segment numbers, or a channel a segment,
 * in their order: 0 and 1, which may overlap, or 0 to 1 for FRACTIONAL. The patient's data is copied from the source as
 * a derived object must have it; nothing else of it goes anywhere.
 *
 * Throws FormatError for a source that is broken, and RangeError for one without positions, for a volume that lies
 * elsewhere, for values that are no segment's, and for segments that `checkSegments` refuses.
 *
 * @example encodeDicomSegmentation(mask, { source, segments: [{ number: 1, label: 'Liver' }], random: Math.random })
 */
export function encodeDicomSegmentation(volume: Volume, options: EncodeSegmentationOptions): Uint8Array {
  checkVolume(volume);
  const { source, segments, type = 'BINARY', random, date = new Date(), equipment = ourselves } = options;
  checkSegments(segments, type);
  const { seriesDescription = 'Segmentation' } = options;
  checkText('the series description', seriesDescription, 64);
  for (const [name, text] of Object.entries(equipment)) checkText(`the equipment's ${name}`, text, 64);
  const parts = source.map(({ bytes, name }) => ({ dataset: readDicomDataset(bytes, name), name }));
  if (parts.length === 0) throw new RangeError('encodeDicomSegmentation: the source must have files, got none');
  const { frames } = sortedFrames(chooseSeries(parts, options.series), options.maxBytes ?? defaultMaxBytes);
  checkPlace(volume, frames);
  const { dataset } = frames[0]!;
  const packed = packSegments(volume, segments, type, options.omitEmptyFrames ?? true);

  const sopClass = sopClasses[type];
  const sopInstance = createUid(random);
  const day = digits(date, 0, 8);
  const time = digits(date, 8, 14);
  const texts = segments.flatMap((s) => [
    s.label,
    s.description,
    s.algorithmName,
    s.category?.meaning,
    s.type?.meaning,
  ]);
  const entries: DicomEntry[] = [
    ...copiedEntries(
      dataset,
      [...texts, seriesDescription, ...Object.values(equipment)].map((text) => text ?? ''),
    ),
    [0x00080008, 'CS', 'DERIVED\\PRIMARY'],
    [0x00080012, 'DA', day],
    [0x00080013, 'TM', time],
    [0x00080016, 'UI', sopClass],
    [0x00080018, 'UI', sopInstance],
    [0x00080023, 'DA', day],
    [0x00080033, 'TM', time],
    [0x00080060, 'CS', 'SEG'],
    [0x00080070, 'LO', equipment.manufacturer],
    [0x00081090, 'LO', equipment.model],
    [0x00181000, 'LO', equipment.serialNumber],
    [0x00181020, 'LO', equipment.softwareVersion],
    [0x0008103e, 'LO', seriesDescription],
    [0x0020000e, 'UI', createUid(random)],
    [0x00200011, 'IS', [options.seriesNumber ?? 300]],
    [0x00200013, 'IS', [1]],
    ...pixelEntries(volume, packed, type),
    [0x00620001, 'CS', type],
    [0x00620002, 'SQ', [...(type === 'LABELMAP' ? [backgroundItem(segments[0]!)] : []), ...segments.map(segmentItem)]],
    [0x00620013, 'CS', volume.channels === 1 || type === 'LABELMAP' ? 'NO' : 'UNDEFINED'],
    [0x00700080, 'CS', 'SEGMENTATION'],
    [0x00700081, 'LO', ''],
    [0x00700084, 'PN', ''],
    ...functionalGroupEntries(volume, frames, packed, { type, dimension: createUid(random) }),
  ];
  if (type === 'FRACTIONAL')
    entries.push([0x00620010, 'CS', options.fractionalType ?? 'PROBABILITY'], [0x0062000e, 'US', [packed.most]]);
  return encodeDicomFile({ sopClass, sopInstance }, entries);
}

/** The image pixel module and the pixels (PS3.3, C.7.6.3). */
function pixelEntries({ size }: Volume, { bits, frames, pixels }: PackedSegments, type: string): DicomEntry[] {
  const entries: DicomEntry[] = [
    [0x00280002, 'US', [1]],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280008, 'IS', [frames.length]],
    [0x00280010, 'US', [size[1]]],
    [0x00280011, 'US', [size[0]]],
    [0x00280100, 'US', [bits]],
    [0x00280101, 'US', [bits]],
    [0x00280102, 'US', [bits - 1]],
    [0x00280103, 'US', [0]],
    [0x7fe00010, bits === 16 ? 'OW' : 'OB', pixels],
  ];
  if (type === 'LABELMAP') entries.push([0x00280120, 'US', [0]]);
  return entries;
}

function checkPlace(volume: Volume, frames: readonly DicomFrame[]): void {
  const first = frames[0]!;
  const { size } = volume;
  const columns = first.dataset.unsigned(0x00280011)!;
  const rows = first.dataset.unsigned(0x00280010)!;
  if (size[0] !== columns || size[1] !== rows || size[2] !== frames.length)
    throw new RangeError(
      `encodeDicomSegmentation: the source has ${columns}x${rows}x${frames.length} voxels, the segments have ${size.join('x')}`,
    );
  if (!first.position || !uidOf(first.dataset, 0x00200052) || !uidOf(first.dataset, 0x0020000d))
    throw new RangeError(
      'encodeDicomSegmentation: the source must have a study, a frame of reference and positions, got none',
    );
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

/** Digits of a date and time, of local time, as DICOM has them. */
function digits(date: Date, from: number, to: number): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().replace(/\D/g, '').slice(from, to);
}

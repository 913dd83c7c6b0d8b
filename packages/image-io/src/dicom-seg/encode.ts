import { type OptionNames, requireOptions } from '@medseg/arguments';
import type { DicomPart } from '../dicom/decode.ts';
import { uidOf } from '../dicom/series.ts';
import { type DicomEntry, encodeDicomFile } from '../dicom/writer.ts';
import { checkVolume, type Volume } from '../volume.ts';
import { checkPlace, framesOf, type SourceOptions, textsOf } from './check-source.ts';
import { backgroundItem, checkSegments, checkText, type SegmentDescription, segmentItem } from './description.ts';
import { functionalGroupEntries } from './groups.ts';
import { type PackedSegments, packSegments } from './pixels.ts';
import { copiedEntries } from './source.ts';
import { newUids } from './uids.ts';

/** How a DICOM SEG is written. */
export interface EncodeSegmentationOptions extends SourceOptions {
  /** The files of the series that was segmented; the new file refers to them and has their patient and study. */
  source: readonly DicomPart[];
  /** What is said of each segment, in the order of their numbers. */
  segments: readonly SegmentDescription[];
  /** A bit a voxel and segment; 0 to 1 in 255 steps; or the numbers of the segments. BINARY unless given. */
  type?: 'BINARY' | 'FRACTIONAL' | 'LABELMAP';
  /** What fractions mean; PROBABILITY unless given. */
  fractionalType?: 'PROBABILITY' | 'OCCUPANCY';
  /**
   * What made the segmentation: the model and its options. Segmentations of one source that are made by others have other
   * UIDs. Default ''.
   */
  madeBy?: string;
  /**
   * Numbers from 0 to below 1, of which UIDs are made. Default: they are derived from the instances of the source, from
   * `madeBy`, and from the segments and their voxels, so that the same segmentation has the same UIDs again, and no other
   * has them.
   */
  random?: () => number;
  /** When the segmentation was made; now unless given. */
  date?: Date;
  /** Whether slices without a segment are left out; true unless given. */
  omitEmptyFrames?: boolean;
  /** Name of the new series, of at most 64 characters. Default 'Segmentation'. */
  seriesDescription?: string;
  /** Number of the new series. Default 300. */
  seriesNumber?: number;
  /** What made the file, in DICOM's words. Default: this package. */
  equipment?: {
    /** Who made the program, of at most 64 characters. */
    manufacturer: string;
    /** Name of the program. */
    model: string;
    /** Its serial number. */
    serialNumber: string;
    /** Its version. */
    softwareVersion: string;
  };
}

export const encodeSegmentationOptionNames: OptionNames<EncodeSegmentationOptions> = {
  source: true,
  segments: true,
  type: true,
  fractionalType: true,
  random: true,
  madeBy: true,
  date: true,
  omitEmptyFrames: true,
  seriesDescription: true,
  seriesNumber: true,
  equipment: true,
  series: true,
  maxBytes: true,
};

const sopClasses = {
  BINARY: '1.2.840.10008.5.1.4.1.1.66.4',
  FRACTIONAL: '1.2.840.10008.5.1.4.1.1.66.4',
  LABELMAP: '1.2.840.10008.5.1.4.1.1.66.7',
};

const frameOfReference = 0x00200052;

const ourselves = { manufacturer: 'medseg', model: '@medseg/image-io', serialNumber: 'none', softwareVersion: '1' };

/**
 * Encodes segments of a DICOM series as a DICOM SEG (PS3.3, A.51 and C.8.20): the patient, study and frame of reference of
 * the source, a reference to the source slice in each frame, coded categories.
 *
 * `volume` lies on the grid of `decodeDicomSeries(source)`. It has one channel of segment numbers, or a channel a segment,
 * in their order: 0 and 1, which may overlap, or 0 to 1 for FRACTIONAL. The patient's data is copied from the source as
 * a derived object must have it; nothing else of it goes anywhere.
 *
 * A source without positions, such as a projection or an ultrasound, gets a file without them, in which every frame
 * refers to its source image and names its place in the stack (A.51.4); one with positions but no frame of reference
 * gets a new one.
 *
 * Throws FormatError for a source that is broken, and RangeError for what `checkSegmentationSource` refuses, for a
 * volume that lies elsewhere, and for values that are no segment's.
 *
 * @example encodeDicomSegmentation(mask, { source, segments: [{ number: 1, label: 'Liver' }], madeBy: 'model 7' })
 */
export function encodeDicomSegmentation(volume: Volume, options: EncodeSegmentationOptions): Uint8Array {
  requireOptions('encodeDicomSegmentation', options, encodeSegmentationOptionNames);
  checkVolume(volume);
  const { source, segments, type = 'BINARY', date = new Date(), equipment = ourselves } = options;
  checkSegments(segments, type);
  const { seriesDescription = 'Segmentation' } = options;
  checkText('the series description', seriesDescription, 64);
  for (const [name, text] of Object.entries(equipment)) checkText(`the equipment's ${name}`, text, 64);
  const frames = framesOf(source, options);
  checkPlace(volume, frames);
  const { dataset, position } = frames[0]!;
  // Without positions, frames that are there tell how many slices there are.
  const packed = packSegments(volume, segments, type, (options.omitEmptyFrames ?? true) && position !== undefined);

  const sopClass = sopClasses[type];
  const uid = newUids(frames, packed, { ...options, type });
  const sopInstance = uid('instance');
  const day = digits(date, 0, 8);
  const time = digits(date, 8, 14);
  const entries: DicomEntry[] = [
    ...copiedEntries(dataset, [...textsOf(segments), seriesDescription, ...Object.values(equipment)]),
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
    [0x0020000e, 'UI', uid('series')],
    [0x00200011, 'IS', [options.seriesNumber ?? 300]],
    [0x00200013, 'IS', [1]],
    ...pixelEntries(volume, packed, type),
    [0x00620001, 'CS', type],
    [0x00620002, 'SQ', [...(type === 'LABELMAP' ? [backgroundItem(segments[0]!)] : []), ...segments.map(segmentItem)]],
    [0x00620013, 'CS', volume.channels === 1 || type === 'LABELMAP' ? 'NO' : 'UNDEFINED'],
    [0x00700080, 'CS', 'SEGMENTATION'],
    [0x00700081, 'LO', ''],
    [0x00700084, 'PN', ''],
    ...functionalGroupEntries(volume, frames, packed, { type, dimension: uid('dimension') }),
  ];
  if (position && !uidOf(dataset, frameOfReference))
    entries.push([frameOfReference, 'UI', uid('frame of reference')], [0x00201040, 'LO', '']);
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

/** Digits of a date and time, of local time, as DICOM has them. */
function digits(date: Date, from: number, to: number): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().replace(/\D/g, '').slice(from, to);
}

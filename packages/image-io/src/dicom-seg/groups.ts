import type { DicomFrame } from '../dicom/frames.ts';
import { uidOf } from '../dicom/series.ts';
import { alongNormal } from '../dicom/spacing.ts';
import type { DicomEntry } from '../dicom/writer.ts';
import type { Volume } from '../volume.ts';
import { codeItem } from './description.ts';
import type { PackedSegments } from './pixels.ts';

const segmentation = { value: '113076', scheme: 'DCM', meaning: 'Segmentation' };
const purpose = { value: '121322', scheme: 'DCM', meaning: 'Source image for image processing operation' };

const frameContent = 0x00209111;
const inStackPosition = 0x00209057;
const planePosition = 0x00209113;
const imagePosition = 0x00200032;
const pixelMeasures = 0x00289110;

/**
 * What is said of the frames of a DICOM SEG: where each lies, which segment it shows and of which source slice it was
 * made (PS3.3, C.7.6.16 and C.8.20.3), the order in which they are stacked (C.7.6.17), and all source files (C.12.2).
 */
export function functionalGroupEntries(
  volume: Volume,
  sources: readonly DicomFrame[],
  { frames }: PackedSegments,
  { type, dimension }: { type: string; dimension: string },
): DicomEntry[] {
  const first = sources[0]!;
  const isPlaced = first.position !== undefined;
  const hasSegments = type !== 'LABELMAP';
  const perFrame = frames.map(({ slice, segment }): DicomEntry[] => {
    const index = [...(hasSegments ? [segment! + 1] : []), slice + 1];
    const stack: DicomEntry[] = [
      [0x00209056, 'SH', '1'],
      [inStackPosition, 'UL', [slice + 1]],
    ];
    const entries: DicomEntry[] = [
      [0x00089124, 'SQ', [derivation(sources[slice]!)]],
      [frameContent, 'SQ', [[[0x00209157, 'UL', index], ...(isPlaced ? [] : stack)]]],
    ];
    const { position } = sources[slice]!;
    if (position) entries.push([planePosition, 'SQ', [[[imagePosition, 'DS', position]]]]);
    if (hasSegments) entries.push([0x0062000a, 'SQ', [[[0x0062000b, 'US', [segment! + 1]]]]]);
    return entries;
  });
  const dimensionItem = (pointer: number, group: number, label: string): DicomEntry[] => [
    [0x00209164, 'UI', dimension],
    [0x00209165, 'AT', [pointer]],
    [0x00209167, 'AT', [group]],
    [0x00209421, 'LO', label],
  ];
  return [
    [0x00209221, 'SQ', [[[0x00209164, 'UI', dimension]]]],
    [
      0x00209222,
      'SQ',
      [
        ...(hasSegments ? [dimensionItem(0x0062000b, 0x0062000a, 'Segment Number')] : []),
        isPlaced
          ? dimensionItem(imagePosition, planePosition, 'Image Position Patient')
          : dimensionItem(inStackPosition, frameContent, 'In-Stack Position Number'),
      ],
    ],
    [0x52009229, 'SQ', [sharedGroups(volume, sources)]],
    [0x52009230, 'SQ', perFrame],
    [0x00081115, 'SQ', [referencedSeries(frames.map(({ slice }) => sources[slice]!))]],
  ];
}

/** Spacing and orientation, as far as the source tells of them. */
function sharedGroups(volume: Volume, sources: readonly DicomFrame[]): DicomEntry[] {
  const first = sources[0]!;
  const { dataset, pixelSpacing, position } = first;
  const spacing: DicomEntry = [0x00280030, 'DS', [pixelSpacing[1], pixelSpacing[0]]];
  if (!position) {
    const isKnown = (dataset.numbers(0x00280030) ?? dataset.numbers(0x00181164)) !== undefined;
    return isKnown ? [[pixelMeasures, 'SQ', [[spacing]]]] : [];
  }
  const thickness = dataset.numbers(0x00180050)?.[0];
  const between = volume.spacing[2];
  const measures: DicomEntry[] = [
    [0x00180050, 'DS', [thickness !== undefined && thickness > 0 ? thickness : between]],
    [0x00180088, 'DS', [spacingAlongNormal(sources) ?? between]],
    spacing,
  ];
  return [
    [0x00209116, 'SQ', [[[0x00200037, 'DS', first.orientation.flat()]]]],
    [pixelMeasures, 'SQ', [measures]],
  ];
}

function instanceOf({ dataset }: DicomFrame): DicomEntry[] {
  return [
    [0x00081150, 'UI', uidOf(dataset, 0x00080016) ?? ''],
    [0x00081155, 'UI', uidOf(dataset, 0x00080018) ?? ''],
  ];
}

/** How a frame came to be: by segmentation of one source slice. */
function derivation(source: DicomFrame): DicomEntry[] {
  const image: DicomEntry[] = [
    ...instanceOf(source),
    [0x0028135a, 'CS', 'YES'],
    [0x0040a170, 'SQ', [codeItem(purpose)]],
  ];
  if (source.count > 1) image.push([0x00081160, 'IS', [source.index + 1]]);
  return [
    [0x00082112, 'SQ', [image]],
    [0x00089215, 'SQ', [codeItem(segmentation)]],
  ];
}

function referencedSeries(sources: readonly DicomFrame[]): DicomEntry[] {
  const files = [...new Map(sources.map((source) => [source.dataset, source])).values()];
  return [
    [0x0008114a, 'SQ', files.map(instanceOf)],
    [0x0020000e, 'UI', uidOf(files[0]!.dataset, 0x0020000e) ?? ''],
  ];
}

/** How far apart slices are along their normal, which is less than from voxel to voxel where they lean. */
function spacingAlongNormal(sources: readonly DicomFrame[]): number | undefined {
  const [first, last] = [sources[0]!, sources.at(-1)!];
  if (sources.length < 2 || !first.position || !last.position) return undefined;
  const along = alongNormal(first.orientation);
  const way = along(last.position) - along(first.position);
  return Math.abs(way) / (sources.length - 1);
}

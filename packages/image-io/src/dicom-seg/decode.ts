import { requireBytes, requireOptions } from '@medseg/arguments';
import { type DicomDataset, readDicomDataset } from '../dicom/dataset.ts';
import { FormatError } from '../format-error.ts';
import { type DecodeOptions, decodeOptionNames, defaultMaxBytes } from '../image.ts';
import { createVolume, type Volume } from '../volume.ts';
import { readSegmentFrames, type Segment, type SegmentFrames } from './frames.ts';
import { gridOf } from './grid.ts';
import { stackOf } from './stack.ts';

/** Segments of a DICOM SEG on one grid. */
export interface Segmentation {
  /** The number and name of each channel. */
  segments: Segment[];
  /** A channel a segment: 0 and 1 as uint8 where the file is BINARY or LABELMAP, 0 to 1 as float32 where FRACTIONAL. */
  volume: Volume;
  /** True when the file does not say where its frames lie: they are a stack at the origin, as the images they were made of. */
  isStack?: boolean;
}

/** The numbers of segments in one volume. */
export interface Labels {
  /** What each number stands for. */
  segments: Segment[];
  /** One channel: a segment's number, or 0; uint8 where numbers are below 256, else uint16. */
  volume: Volume;
}

/**
 * Decodes a DICOM SEG, BINARY, FRACTIONAL or LABELMAP. Segments may overlap, and slices that no frame tells of are 0
 * (PS3.3, C.8.20 and A.51).
 *
 * Frames without positions are stacked as the images that they were made of (`isStack`).
 *
 * Throws FormatError for everything that is wrong with the bytes, for frames that turn or do not lie on one grid, and
 * for sizes over `maxBytes`.
 *
 * @example const { segments, volume } = await decodeDicomSegmentation(bytes, 'liver.dcm')
 */
export async function decodeDicomSegmentation(
  bytes: Uint8Array,
  name?: string,
  options: DecodeOptions = {},
): Promise<Segmentation> {
  requireBytes('decodeDicomSegmentation', bytes);
  requireOptions('decodeDicomSegmentation', options, decodeOptionNames);
  const { maxBytes = defaultMaxBytes } = options;
  return await decodeSegmentationOf(readDicomDataset(bytes, name, maxBytes), name, maxBytes);
}

export async function decodeSegmentationOf(
  dataset: DicomDataset,
  name: string | undefined,
  maxBytes: number,
): Promise<Segmentation> {
  const fail = (rule: string): never => {
    throw new FormatError(rule, { file: name });
  };
  const found = readSegmentFrames(dataset, name, maxBytes);
  const { segments, kind, perFrame } = found;
  const channels = segments.length;
  const bytesPerVoxel = kind === 'FRACTIONAL' ? 4 * channels : channels;
  const { size, geometry, slices, isStack } = onGrid(found, bytesPerVoxel, maxBytes, fail);
  const count = perFrame * size[2] * channels;
  const data = kind === 'FRACTIONAL' ? new Float32Array(count) : new Uint8Array(count);
  const channelOf = new Map(segments.map(({ number }, channel) => [number, channel]));
  for (const [k, frame] of found.frames.entries()) {
    const values = await frame.read();
    const start = slices[k]! * perFrame * channels;
    const channel = frame.segment === undefined ? undefined : channelOf.get(frame.segment)!;
    for (let i = 0; i < perFrame; i++) {
      const value = values[i]!;
      if (value === 0) continue;
      if (channel !== undefined) data[start + i * channels + channel] = value;
      else data[start + i * channels + (channelOf.get(value) ?? unnamed(value, fail))] = 1;
    }
  }
  return { segments, volume: createVolume({ size, channels, data, ...geometry }), ...(isStack && { isStack }) };
}

/**
 * Decodes a DICOM SEG, BINARY or LABELMAP, as one volume of the numbers of its segments. It takes the memory of one
 * volume, however many segments there are.
 *
 * Throws what `decodeDicomSegmentation` throws, and FormatError where two segments overlap or the file is FRACTIONAL,
 * which one number a voxel cannot say.
 *
 * @example const { segments, volume } = await decodeDicomLabels(bytes, 'liver.dcm')
 */
export async function decodeDicomLabels(
  bytes: Uint8Array,
  name?: string,
  options: DecodeOptions = {},
): Promise<Labels> {
  requireBytes('decodeDicomLabels', bytes);
  requireOptions('decodeDicomLabels', options, decodeOptionNames);
  const { maxBytes = defaultMaxBytes } = options;
  const fail = (rule: string): never => {
    throw new FormatError(rule, { file: name });
  };
  const found = readSegmentFrames(readDicomDataset(bytes, name, maxBytes), name, maxBytes);
  const { segments, perFrame } = found;
  if (found.kind === 'FRACTIONAL')
    fail('the segments of a label volume must be BINARY or LABELMAP, got FRACTIONAL; decodeDicomSegmentation reads it');
  const isWide = segments.some(({ number }) => number > 255);
  const { size, geometry, slices } = onGrid(found, isWide ? 2 : 1, maxBytes, fail);
  const data = new (isWide ? Uint16Array : Uint8Array)(perFrame * size[2]);
  const numbers = new Set(segments.map(({ number }) => number));
  for (const [k, { segment, read }] of found.frames.entries()) {
    const values = await read();
    const start = slices[k]! * perFrame;
    for (let i = 0; i < perFrame; i++) {
      if (values[i] === 0) continue;
      const label = segment ?? values[i]!;
      if (data[start + i] !== 0)
        fail(`the segments of a label volume must not overlap, got ${data[start + i]} and ${label} at one voxel`);
      if (!numbers.has(label)) unnamed(label, fail);
      data[start + i] = label;
    }
  }
  return { segments, volume: createVolume({ size, data, ...geometry }) };
}

function unnamed(number: number, fail: (rule: string) => never): never {
  return fail(`a DICOM segmentation must name each of its segments, got a voxel of number ${number}`);
}

/** Where the frames lie together, checked against the limit. */
function onGrid(
  found: SegmentFrames,
  bytesPerVoxel: number,
  maxBytes: number,
  fail: (rule: string) => never,
): {
  size: readonly [number, number, number];
  geometry: ReturnType<typeof gridOf>['geometry'];
  slices: number[];
  isStack: boolean;
} {
  const { frames, rows, columns, perFrame } = found;
  const isStack = frames.every(({ place }) => !place.position);
  const { slices, count, geometry } = isStack ? stackOf(found, fail) : placed(frames, fail);
  const size = [columns, rows, count] as const;
  const decodedBytes = perFrame * count * bytesPerVoxel;
  if (decodedBytes > maxBytes)
    fail(
      `the DICOM segmentation has ${size.join('x')} voxels of its segments, ${decodedBytes} bytes; the limit maxBytes is ${maxBytes}`,
    );
  return { size, geometry, slices, isStack };
}

function placed(frames: SegmentFrames['frames'], fail: (rule: string) => never): ReturnType<typeof stackOf> {
  const { slices, geometry, sliceOf } = gridOf(
    frames.map(({ place }) => place),
    fail,
  );
  return { slices: frames.map(({ place }) => sliceOf(place)), count: slices, geometry };
}

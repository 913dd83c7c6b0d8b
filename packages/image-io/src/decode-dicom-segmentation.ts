import { type DicomDataset, readDicomDataset } from './dicom-dataset.ts';
import { type FramePlace, framePlace, functionalGroups } from './dicom-frames.ts';
import { FormatError } from './format-error.ts';
import { flipWorld, geometryOf, normalTo, type Triple } from './geometry.ts';
import { type DecodeOptions, defaultMaxBytes } from './image.ts';
import { createVolume, type Volume } from './volume.ts';

/** Segments of a DICOM SEG on one grid. */
export interface Segmentation {
  /** The number and name of each channel. */
  segments: { number: number; label: string }[];
  /** A channel a segment: 0 and 1 as uint8 where the file is BINARY, 0 to 1 as float32 where it is FRACTIONAL. */
  volume: Volume;
}

/** More slices than a grid has; what a broken position asks for is not allocated. */
const mostSlices = 4096;

/**
 * Decodes a DICOM SEG, BINARY or FRACTIONAL, Implicit or Explicit VR Little Endian, not compressed. Segments may
 * overlap, and slices that no frame tells of are 0 (PS3.3, C.8.20 and A.51).
 *
 * Throws FormatError for everything that is wrong with the bytes, for frames that turn or do not lie on one grid, for
 * LABELMAP, and for sizes over `maxBytes`.
 *
 * @example const { segments, volume } = decodeDicomSegmentation(bytes, 'liver.dcm')
 */
export function decodeDicomSegmentation(
  bytes: Uint8Array,
  name?: string,
  { maxBytes = defaultMaxBytes }: DecodeOptions = {},
): Segmentation {
  const fail = (rule: string): never => {
    throw new FormatError(rule, { file: name });
  };
  const dataset = readDicomDataset(bytes, name);
  const kind = dataset.text(0x00620001);
  if (kind !== 'BINARY' && kind !== 'FRACTIONAL')
    fail(`a DICOM segmentation must be BINARY or FRACTIONAL, got ${kind}`);
  const isBinary = kind === 'BINARY';
  const bits = dataset.unsigned(0x00280100);
  if (bits !== (isBinary ? 1 : 8)) fail(`a ${kind} segmentation must have ${isBinary ? 1 : 8} bits, got ${bits}`);
  const [rows, columns] = [dataset.unsigned(0x00280010) ?? 0, dataset.unsigned(0x00280011) ?? 0];
  const count = dataset.numbers(0x00280008)?.[0] ?? 0;
  if (rows < 1 || columns < 1 || !Number.isSafeInteger(count) || count < 1)
    fail(`a DICOM segmentation must have rows, columns and frames, got ${rows}, ${columns} and ${count}`);
  const pixels = dataset.element(0x7fe00010) ?? fail('a DICOM segmentation must have pixel data, got none');
  const perFrame = rows * columns;
  const needed = Math.ceil((perFrame * count * (isBinary ? 1 : 8)) / 8);
  if (needed > pixels.length)
    fail(
      `the DICOM file is truncated: ${count} frames of ${columns}x${rows} need ${needed} bytes, it has ${pixels.length}`,
    );

  const segments = dataset.items(0x00620002).map((item) => ({
    number: item.unsigned(0x00620004) ?? fail('a DICOM segment must have a number, got none'),
    label: item.text(0x00620005) ?? '',
  }));
  const channels = segments.length;
  if (channels === 0) fail('a DICOM segmentation must have segments, got none');
  const groups = functionalGroups(dataset);
  const frames = Array.from({ length: count }, (_, k) => {
    const place = framePlace(dataset, groups(k), fail);
    return { place, channel: channelOf(groups(k), segments, fail) };
  });
  const { slices, geometry, sliceOf } = gridOf(
    frames.map(({ place }) => place),
    fail,
  );
  const size = [columns, rows, slices] as const;
  const decodedBytes = perFrame * slices * channels * (isBinary ? 1 : 4);
  if (decodedBytes > maxBytes)
    fail(
      `the DICOM segmentation has ${size.join('x')} voxels of ${channels} segments, ${decodedBytes} bytes; the limit maxBytes is ${maxBytes}`,
    );

  const most = dataset.unsigned(0x0062000e) ?? 255;
  if (most < 1) fail(`the largest fractional value must be 1 or more, got ${most}`);
  const data = isBinary ? new Uint8Array(perFrame * slices * channels) : new Float32Array(perFrame * slices * channels);
  for (const [frame, { place, channel }] of frames.entries()) {
    const to = sliceOf(place) * perFrame * channels + channel;
    for (let i = 0, at = frame * perFrame; i < perFrame; i++, at++) {
      // Bits are packed over the ends of frames, the first one lowest (PS3.5, 8.1.1).
      const value = isBinary ? (bytes[pixels.offset + (at >> 3)]! >> (at & 7)) & 1 : bytes[pixels.offset + at]! / most;
      if (value > 0) data[to + i * channels] = value;
    }
  }
  return { segments, volume: createVolume({ size, channels, data, ...geometry }) };
}

function channelOf(
  groups: readonly DicomDataset[],
  segments: Segmentation['segments'],
  fail: (rule: string) => never,
): number {
  const number = groups.map((group) => group.items(0x0062000a)[0]?.unsigned(0x0062000b)).find((n) => n !== undefined);
  const channel = segments.findIndex((segment) => segment.number === number);
  return channel >= 0 ? channel : fail(`a DICOM frame must name one of the segments, got ${number}`);
}

/** The even grid on which all frames lie, some slices perhaps without a frame. */
function gridOf(
  places: readonly FramePlace[],
  fail: (rule: string) => never,
): {
  slices: number;
  geometry: Pick<Volume, 'spacing' | 'origin' | 'direction'>;
  sliceOf: (place: FramePlace) => number;
} {
  const { orientation, pixelSpacing, sliceSpacing } = places[0]!;
  const normal = normalTo(...orientation);
  const along = ({ position }: FramePlace): number =>
    (position ?? fail('a DICOM frame must have a position, got none')).reduce((sum, v, i) => sum + v * normal[i]!, 0);
  for (const place of places) {
    if (place.orientation.flat().some((v, i) => !(Math.abs(v - orientation.flat()[i]!) < 1e-3)))
      fail('DICOM frames of a segmentation must have the same orientation');
  }
  const sorted = places.map(along).sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((value, k) => value - sorted[k]!);
  const step =
    sliceSpacing ??
    gaps.filter((gap) => gap > 1e-3).reduce((least, gap) => Math.min(least, gap), Number.POSITIVE_INFINITY);
  const spacing = Number.isFinite(step) ? step : 1;
  const first = sorted[0]!;
  const slices = Math.round((sorted.at(-1)! - first) / spacing) + 1;
  if (!(slices >= 1 && slices <= mostSlices)) fail(`a segmentation may span ${mostSlices} slices, got ${slices}`);
  const sliceOf = (place: FramePlace): number => {
    const exact = (along(place) - first) / spacing;
    const slice = Math.round(exact);
    if (!(Math.abs(exact - slice) < 0.05))
      fail(`DICOM frames must lie on a grid of ${spacing} mm, got one at ${(exact * spacing).toFixed(3)} mm`);
    return slice;
  };
  const scaled = (vector: Triple, length: number): Triple => [
    vector[0] * length,
    vector[1] * length,
    vector[2] * length,
  ];
  const lowest = places.find((place) => along(place) === first)!.position!;
  const geometry = geometryOf(
    [scaled(orientation[0], pixelSpacing[0]), scaled(orientation[1], pixelSpacing[1]), scaled(normal, spacing)],
    lowest,
  );
  return {
    slices,
    sliceOf,
    geometry: flipWorld(geometry ?? fail('DICOM spacing, orientation and position must span space')),
  };
}

import { byteOfBit } from '../bytes/bits.ts';
import type { Volume } from '../volume.ts';
import type { SegmentDescription } from './description.ts';

/** The frames of a DICOM SEG and their pixels. */
export interface PackedSegments {
  bits: 1 | 8 | 16;
  /** The slice that each frame shows, and which segment of it; undefined in a LABELMAP. */
  frames: { slice: number; segment: number | undefined }[];
  pixels: Uint8Array;
  /** The number that stands for 1 in a FRACTIONAL. */
  most: number;
}

const most = 255;

/**
 * Makes frames of a volume: all slices of the first segment, then of the next, or all slices of a LABELMAP; empty ones
 * are left out where asked, but one. Throws RangeError for values that are no segment's.
 */
export function packSegments(
  volume: Volume,
  segments: readonly SegmentDescription[],
  type: 'BINARY' | 'FRACTIONAL' | 'LABELMAP',
  omitEmpty: boolean,
): PackedSegments {
  const { size, channels, data } = volume;
  const hasNumbers = channels === 1 && type !== 'FRACTIONAL';
  if (!hasNumbers && (channels !== segments.length || type === 'LABELMAP'))
    throw new RangeError(
      `encodeDicomSegmentation: a ${type} of ${segments.length} segments must have ${type === 'LABELMAP' ? '1 channel' : `as many channels${type === 'BINARY' ? ' or 1' : ''}`}, got ${channels}`,
    );
  const perSlice = size[0] * size[1];
  // Which segments each slice has something of.
  const seen = segments.map(() => new Uint8Array(size[2]));
  const indexOf = new Map(segments.map(({ number }, index) => [number, index]));
  for (let at = 0; at < data.length; at++) {
    const value = data[at]!;
    if (value === 0) continue;
    const index = hasNumbers ? indexOf.get(value) : at % channels;
    const isSound = type === 'FRACTIONAL' ? value >= 0 && value <= 1 : hasNumbers || value === 1;
    if (index === undefined || !isSound)
      throw new RangeError(
        `encodeDicomSegmentation: a voxel must be ${type === 'FRACTIONAL' ? '0 to 1' : hasNumbers ? '0 or the number of a segment' : '0 or 1'}, got ${value}`,
      );
    if (type !== 'FRACTIONAL' || Math.round(value * most) > 0) seen[index]![Math.floor(at / channels / perSlice)] = 1;
  }

  const slices = Array.from({ length: size[2] }, (_, slice) => slice);
  let frames: PackedSegments['frames'];
  if (type === 'LABELMAP') {
    frames = slices
      .filter((slice) => !omitEmpty || seen.some((has) => has[slice] === 1))
      .map((slice) => ({ slice, segment: undefined }));
  } else {
    frames = segments.flatMap((_, segment) =>
      slices.filter((slice) => !omitEmpty || seen[segment]![slice] === 1).map((slice) => ({ slice, segment })),
    );
  }
  // A file must have a frame, also where nothing was found.
  if (frames.length === 0) frames = [{ slice: 0, segment: type === 'LABELMAP' ? undefined : 0 }];

  if (type === 'LABELMAP') {
    const bits = segments.some(({ number }) => number > 255) ? 16 : 8;
    const values = new (bits === 16 ? Uint16Array : Uint8Array)(frames.length * perSlice);
    for (const [k, { slice }] of frames.entries())
      for (let i = 0; i < perSlice; i++) values[k * perSlice + i] = data[slice * perSlice + i]!;
    return { bits, frames, pixels: toLittleEndian(values), most };
  }
  const valueAt = (slice: number, segment: number, i: number): number => {
    const value = data[(slice * perSlice + i) * channels + (hasNumbers ? 0 : segment)]!;
    if (type === 'FRACTIONAL') return Math.round(value * most);
    return hasNumbers ? (value === segments[segment]!.number ? 1 : 0) : value;
  };
  const count = frames.length * perSlice;
  const pixels = new Uint8Array(type === 'FRACTIONAL' ? count : Math.ceil(count / 8));
  for (const [k, { slice, segment }] of frames.entries()) {
    for (let i = 0, at = k * perSlice; i < perSlice; i++, at++) {
      const value = valueAt(slice, segment!, i);
      if (value === 0) continue;
      // Bits run on over the ends of frames, the first one lowest (PS3.5, 8.1.1).
      if (type === 'FRACTIONAL') pixels[at] = value;
      else pixels[byteOfBit(at)]! |= 1 << (at & 7);
    }
  }
  return { bits: type === 'FRACTIONAL' ? 8 : 1, frames, pixels, most };
}

function toLittleEndian(values: Uint8Array | Uint16Array): Uint8Array {
  if (values instanceof Uint8Array) return values;
  const bytes = new Uint8Array(values.length * 2);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint16(2 * i, value, true);
  return bytes;
}

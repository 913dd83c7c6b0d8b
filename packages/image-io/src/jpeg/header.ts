import { FormatError } from '../format-error.ts';
import type { Orientation } from '../image.ts';
import { exifOrientation } from '../orientation.ts';

/** What the markers of a JPEG file say before anything is decoded. */
export interface JpegHeader {
  width: number;
  height: number;
  channels: 1 | 3 | 4;
  isProgressive: boolean;
  /** 8 x 8 blocks of all channels, as they are coded. */
  blocks: number;
  /** How EXIF says that it is to be shown, where not as stored. */
  orientation: Orientation | undefined;
}

/** More scans than any encoder writes; each costs a pass over all blocks, whatever it holds. */
const maxScans = 100;

/**
 * Walks the markers of a JPEG file to its end and checks what it declares (ITU T.81, annex B). A frame must be one of
 * baseline, extended or progressive with Huffman codes, of 8 bits and of one, three or four channels.
 */
export function readJpegHeader(bytes: Uint8Array, file?: string): JpegHeader {
  const fail = (rule: string, offset: number): never => {
    throw new FormatError(rule, { file, offset });
  };
  const word = (at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
  if (word(0) !== 0xffd8) fail('a JPEG file must start with the bytes FF D8', 0);
  let frame: Omit<JpegHeader, 'orientation'> | undefined;
  let orientation: Orientation | undefined;
  let scans = 0;
  let offset = 2;
  for (;;) {
    while (bytes[offset] === 0xff && bytes[offset + 1] === 0xff) offset++; // fill bytes
    const marker = bytes[offset + 1];
    if (marker === undefined) fail('the JPEG file is truncated: it ends before its end marker', bytes.length);
    if (bytes[offset] !== 0xff) fail(`a JPEG marker must start with FF, got ${hex(bytes[offset]!)}`, offset);
    if (marker === 0xd9) break;
    const length = word(offset + 2);
    const start = offset + 4;
    const end = offset + 2 + length;
    if (!(length >= 2 && end <= bytes.length))
      fail(`the JPEG file is truncated: marker ${hex(marker!)} declares ${length || 'no'} bytes`, offset);
    if (marker === 0xe1 && isExif(bytes, start, end)) orientation ??= exifOrientation(bytes.subarray(start + 6, end));
    if (isFrame(marker!)) {
      if (frame) fail('a JPEG file must have one frame, got a second', offset);
      frame = readFrame(bytes, marker!, start, end, fail);
    }
    offset = end;
    if (marker === 0xda) {
      if (!frame) fail('a JPEG scan must come after its frame', offset);
      if (++scans > maxScans) fail(`a JPEG file may have ${maxScans} scans, got more`, offset);
      offset = endOfScan(bytes, offset);
    }
  }
  if (!frame || scans === 0) return fail('a JPEG file must have a frame and a scan, got none', offset);
  return { ...frame, orientation };
}

/** Whether application data start with `Exif` and two zeros. */
function isExif(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= 6 && [0x45, 0x78, 0x69, 0x66, 0, 0].every((byte, i) => bytes[start + i] === byte);
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function readFrame(
  bytes: Uint8Array,
  marker: number,
  start: number,
  end: number,
  fail: (rule: string, offset: number) => never,
): Omit<JpegHeader, 'orientation'> {
  if (marker > 0xc2) {
    const kinds: Record<number, string> = { 195: 'lossless', 201: 'arithmetic', 202: 'arithmetic', 203: 'lossless' };
    fail(`a JPEG frame must be baseline, extended or progressive, got ${kinds[marker] ?? hex(marker)}`, start);
  }
  const channels = bytes[start + 5]!;
  if (channels !== 1 && channels !== 3 && channels !== 4)
    return fail(`a JPEG file must have 1, 3 or 4 channels, got ${channels}`, start + 5);
  if (end !== start + 6 + 3 * channels) fail('the length of a JPEG frame must agree with its channels', start);
  if (bytes[start] !== 8) fail(`a JPEG sample must have 8 bits, got ${bytes[start]}`, start);
  const height = (bytes[start + 1]! << 8) | bytes[start + 2]!;
  const width = (bytes[start + 3]! << 8) | bytes[start + 4]!;
  if (width === 0 || height === 0) fail(`JPEG width and height must be 1 or more, got ${width}x${height}`, start + 1);
  const sampling: [number, number][] = [];
  for (let c = 0; c < channels; c++) {
    const factors = bytes[start + 7 + 3 * c]!;
    const [across, down] = [factors >> 4, factors & 15];
    if (across < 1 || across > 4 || down < 1 || down > 4)
      fail(`JPEG sampling factors must be 1 to 4, got ${across}x${down}`, start + 7 + 3 * c);
    sampling.push([across, down]);
  }
  const mostAcross = Math.max(...sampling.map(([across]) => across));
  const mostDown = Math.max(...sampling.map(([, down]) => down));
  const blocks = sampling
    .map(
      ([across, down]) =>
        Math.ceil(Math.ceil((width * across) / mostAcross) / 8) * Math.ceil(Math.ceil((height * down) / mostDown) / 8),
    )
    .reduce((sum, count) => sum + count, 0);
  return { width, height, channels, isProgressive: marker === 0xc2, blocks };
}

/** Offset of the first marker after entropy-coded data, which may hold FF 00 and restart markers. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1]!;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return bytes.length;
}

const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');

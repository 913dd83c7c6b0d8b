import { FormatError } from '../format-error.ts';

/** The one frame of a GIF file, still compressed. */
export interface GifFrame {
  width: number;
  height: number;
  /** RGB triples. */
  palette: Uint8Array;
  /** The index that is transparent. */
  transparent: number | undefined;
  isInterlaced: boolean;
  /** Bits a pixel before compression. */
  codeBits: number;
  /** The LZW data without the lengths of its blocks. */
  compressed: Uint8Array;
}

/** Walks the blocks of a GIF file (GIF89a, CompuServe 1990) to its end, and gives its one frame. */
export function readGifFrame(bytes: Uint8Array, file?: string): GifFrame {
  const fail = (rule: string, offset: number): never => {
    throw new FormatError(rule, { file, offset });
  };
  const head = String.fromCharCode(...bytes.subarray(0, 6));
  if (head !== 'GIF87a' && head !== 'GIF89a') fail('a GIF file must start with GIF87a or GIF89a', 0);
  const need = (end: number): void => {
    if (end > bytes.length) fail('the GIF file is truncated: it ends inside a block', bytes.length);
  };
  const word = (at: number): number => bytes[at]! | (bytes[at + 1]! << 8);
  const paletteAt = (at: number, flags: number): Uint8Array | undefined => {
    if ((flags & 0x80) === 0) return undefined;
    need(at + paletteBytes(flags));
    return bytes.subarray(at, at + paletteBytes(flags));
  };
  need(13);
  const [width, height, flags] = [word(6), word(8), bytes[10]!];
  const shared = paletteAt(13, flags);
  let offset = 13 + (shared?.length ?? 0);
  let transparent: number | undefined;
  let frame: GifFrame | undefined;
  for (;;) {
    // Some writers leave out the trailer.
    if (offset >= bytes.length && frame) break;
    need(offset + 1);
    const kind = bytes[offset]!;
    if (kind === 0x3b) break;
    if (kind === 0x21) {
      need(offset + 3);
      const isControl = bytes[offset + 1] === 0xf9 && bytes[offset + 2] === 4;
      if (isControl) {
        need(offset + 8);
        transparent = bytes[offset + 3]! & 1 ? bytes[offset + 6]! : undefined;
      }
      offset = endOfBlocks(bytes, offset + 2, need);
      continue;
    }
    if (kind !== 0x2c) fail(`a GIF block must be an image, an extension or the end, got ${kind}`, offset);
    if (frame) fail('a GIF file must have one frame, got several: an animation is no image', offset);
    need(offset + 10);
    const own = bytes[offset + 9]!;
    const place = [1, 3, 5, 7].map((at) => word(offset + at)) as [number, number, number, number];
    const [left, top, frameWidth, frameHeight] = place;
    if (width < 1 || height < 1) fail(`GIF width and height must be 1 or more, got ${width}x${height}`, 6);
    if (left !== 0 || top !== 0 || frameWidth !== width || frameHeight !== height)
      fail(
        `a GIF frame must cover its image of ${width}x${height}, got ${frameWidth}x${frameHeight} at ${left},${top}`,
        offset,
      );
    const palette = paletteAt(offset + 10, own) ?? shared ?? fail('a GIF file must have a palette, got none', offset);
    const start = offset + 10 + (own & 0x80 ? palette.length : 0);
    need(start + 1);
    const codeBits = bytes[start]!;
    if (codeBits < 1 || codeBits > 8) fail(`GIF pixels must have 1 to 8 bits, got ${codeBits}`, start);
    offset = endOfBlocks(bytes, start + 1, need);
    const compressed = joinBlocks(bytes, start + 1);
    frame = { width, height, palette, transparent, isInterlaced: (own & 0x40) !== 0, codeBits, compressed };
  }
  return frame ?? fail('a GIF file must have a frame, got none', offset);
}

function paletteBytes(flags: number): number {
  return 3 * 2 ** ((flags & 7) + 1);
}

/** Where the blocks that start at `at`, each with its length before it, have ended. */
function endOfBlocks(bytes: Uint8Array, at: number, need: (end: number) => void): number {
  for (let offset = at; ; offset += bytes[offset]! + 1) {
    need(offset + 1);
    if (bytes[offset] === 0) return offset + 1;
  }
}

function joinBlocks(bytes: Uint8Array, at: number): Uint8Array {
  let length = 0;
  for (let offset = at; bytes[offset] !== 0; offset += bytes[offset]! + 1) length += bytes[offset]!;
  const out = new Uint8Array(length);
  let to = 0;
  for (let offset = at; bytes[offset] !== 0; offset += bytes[offset]! + 1) {
    out.set(bytes.subarray(offset + 1, offset + 1 + bytes[offset]!), to);
    to += bytes[offset]!;
  }
  return out;
}

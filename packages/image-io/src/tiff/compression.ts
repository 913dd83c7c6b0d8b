import { inflateInto } from '../bytes/inflate.ts';

/** Fills `output` from `input` and returns how many bytes came out, at most `output.length`. Throws on broken input. */
type Decompress = (input: Uint8Array, output: Uint8Array) => number;

/** A compression of TIFF: its name, and how many times larger than its input its output can be. */
export interface TiffCompression {
  name: string;
  maxRatio: number;
  decompress: Decompress;
}

/** Compressions by the number of tag 259. */
export const tiffCompressions: Record<number, TiffCompression> = {
  1: { name: 'none', maxRatio: 1, decompress: copy },
  5: { name: 'LZW', maxRatio: 4096, decompress: lzw },
  8: { name: 'deflate', maxRatio: 1032, decompress: inflate },
  32773: { name: 'PackBits', maxRatio: 64, decompress: packBits },
  32946: { name: 'deflate', maxRatio: 1032, decompress: inflate },
};

function copy(input: Uint8Array, output: Uint8Array): number {
  const length = Math.min(input.length, output.length);
  output.set(input.subarray(0, length));
  return length;
}

function inflate(input: Uint8Array, output: Uint8Array): number {
  return Math.min(output.length, inflateInto(output, [input]));
}

/** PackBits (TIFF 6.0, section 9): a signed count, then a run or that many bytes as they are. */
function packBits(input: Uint8Array, output: Uint8Array): number {
  let from = 0;
  let to = 0;
  while (from + 1 < input.length && to < output.length) {
    const header = (input[from++]! << 24) >> 24;
    if (header >= 0) {
      const length = Math.min(header + 1, output.length - to, input.length - from);
      output.set(input.subarray(from, from + length), to);
      from += header + 1;
      to += length;
    } else if (header !== -128) {
      const length = Math.min(1 - header, output.length - to);
      output.fill(input[from++]!, to, to + length);
      to += length;
    }
  }
  return to;
}

const clearCode = 256;
const endCode = 257;

/** LZW with most significant bits first and early change of the code length (TIFF 6.0, section 13). */
function lzw(input: Uint8Array, output: Uint8Array): number {
  const prefix = new Uint16Array(4096);
  const last = new Uint8Array(4096);
  const lengths = new Uint16Array(4096);
  for (let i = 0; i < 256; i++) {
    last[i] = i;
    lengths[i] = 1;
  }
  let next = 258;
  let width = 9;
  let previous = -1;
  let buffer = 0;
  let bits = 0;
  let from = 0;
  let to = 0;
  while (to < output.length) {
    while (bits < width && from < input.length) {
      buffer = ((buffer << 8) | input[from++]!) & 0xffffff;
      bits += 8;
    }
    if (bits < width) break;
    const code = (buffer >> (bits - width)) & ((1 << width) - 1);
    bits -= width;
    if (code === endCode) break;
    if (code === clearCode) {
      next = 258;
      width = 9;
      previous = -1;
      continue;
    }
    if (code >= next && (code !== next || previous < 0))
      throw new Error(`LZW code ${code} is not in the table of ${next}`);
    if (previous >= 0 && next < 4096) {
      prefix[next] = previous;
      lengths[next] = lengths[previous]! + 1;
      // The first byte of the new string's last part: known even when that part is the entry being made.
      let first = code === next ? previous : code;
      while (first > 257) first = prefix[first]!;
      last[next] = first;
      next++;
    }
    if (code >= next) throw new Error(`LZW code ${code} is not in the table of ${next}`);
    const length = lengths[code]!;
    let entry = code;
    for (let i = to + length - 1; i >= to; i--) {
      if (i < output.length) output[i] = last[entry]!;
      entry = prefix[entry]!;
    }
    to = Math.min(to + length, output.length);
    previous = code;
    if (next + 1 >= 1 << width && width < 12) width++;
  }
  return to;
}

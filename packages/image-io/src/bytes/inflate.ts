import { type Gunzip, Unzlib } from 'fflate';

/** Deflate cannot expand more than this: 258 bytes from 2 bits. */
export const maxDeflateRatio = 1032;

/**
 * Least input given to the inflater at once, by the length of the output: it never runs more than 4 MiB past its end, nor,
 * beyond 64 KiB, more than about 17 times its length, so that thousands of small strips that are bombs take little.
 */
const leastStride = (length: number): number => Math.min(4096, Math.ceil(64 + length / 64));
/** Most, where much output is still to come: each piece costs the inflater a copy of its window, and at most 64 MiB. */
const mostStride = 2 ** 16;

/**
 * Inflates a zlib or gzip stream into `output` and returns how many bytes it held: at most `output.length + 1`, where
 * one more than `output.length` means that the stream goes on. Throws when the stream is broken or ends early.
 */
export function inflateInto(
  output: Uint8Array,
  parts: readonly Uint8Array[],
  Stream: typeof Unzlib | typeof Gunzip = Unzlib,
): number {
  let written = 0;
  let overflow = false;
  const least = leastStride(output.length);
  const stream = new Stream((chunk) => {
    const room = output.length - written;
    if (chunk.length > room) overflow = true;
    output.set(chunk.length > room ? chunk.subarray(0, room) : chunk, written);
    written += Math.min(chunk.length, room);
  });
  for (const part of parts) {
    for (let start = 0; start < part.length && !overflow; ) {
      const fitting = Math.floor((output.length - written) / maxDeflateRatio);
      const stride = Math.min(Math.max(fitting, least), mostStride);
      stream.push(part.subarray(start, start + stride), false);
      start += stride;
    }
  }
  return overflow ? output.length + 1 : written;
}

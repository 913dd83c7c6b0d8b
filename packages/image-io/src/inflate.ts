import { type Gunzip, Unzlib } from 'fflate';

/** Deflate cannot expand more than this: 258 bytes from 2 bits. */
export const maxDeflateRatio = 1032;

/** Input given to the inflater at once, so that it never runs more than 4 MiB ahead of the limit. */
const stride = 4096;

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
  const stream = new Stream((chunk) => {
    const room = output.length - written;
    if (chunk.length > room) overflow = true;
    output.set(chunk.length > room ? chunk.subarray(0, room) : chunk, written);
    written += Math.min(chunk.length, room);
  });
  for (const part of parts) {
    for (let start = 0; start < part.length && !overflow; start += stride) {
      stream.push(part.subarray(start, start + stride), false);
    }
  }
  return overflow ? output.length + 1 : written;
}

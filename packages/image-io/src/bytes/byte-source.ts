import { Gunzip, Unzlib } from 'fflate';
import { FormatError } from '../format-error.ts';
import { crc32 } from './crc32.ts';
import { inflateInto, maxDeflateRatio } from './inflate.ts';

/** Bytes that may be compressed, of which no more is unpacked than is asked for. */
export interface ByteSource {
  /** The first bytes, at most `length`. */
  head(length: number): Uint8Array;
  /** A copy of `length` bytes from `offset`; throws FormatError when there are fewer. */
  read(offset: number, length: number): Uint8Array;
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Bytes as they are, or what is in them when they are a gzip file. */
export function openBytes(bytes: Uint8Array, file?: string): ByteSource {
  return isGzip(bytes) ? compressed(bytes, 'gzip', file) : plain(bytes, file);
}

export function plain(bytes: Uint8Array, file?: string): ByteSource {
  return {
    head: (length) => bytes.subarray(0, length),
    read(offset, length) {
      // Not bytes.slice: that of a Buffer shares its memory.
      const copy = new Uint8Array(bytes.subarray(offset, offset + length));
      if (copy.length < length) throw tooShort(offset, length, bytes.length, file);
      return copy;
    },
  };
}

export function compressed(packed: Uint8Array, kind: 'gzip' | 'zlib', file?: string): ByteSource {
  const bytes = kind === 'gzip' ? withoutPadding(packed) : packed;
  const Stream = kind === 'gzip' ? Gunzip : Unzlib;
  return {
    head(length) {
      const output = new Uint8Array(length);
      const written = attempt(() => inflateInto(output, [bytes.subarray(0, 2 ** 16)], Stream), kind, file);
      if (kind === 'gzip' && written < length && !trailers(bytes).some(({ size }) => size <= written))
        throw new FormatError(`the file is truncated: its gzip data ends after ${written} bytes of content`, { file });
      return output.subarray(0, Math.min(written, length));
    },
    read(offset, length) {
      const end = offset + length;
      if (end > bytes.length * maxDeflateRatio) throw tooShort(offset, length, undefined, file);
      const output = new Uint8Array(end);
      const written = attempt(() => inflateInto(output, [bytes], Stream), kind, file);
      if (written < end) throw tooShort(offset, length, written, file);
      if (kind === 'gzip' && written === end) checkSum(output, bytes, file);
      return output.subarray(offset);
    },
  };
}

function attempt(inflate: () => number, kind: string, file: string | undefined): number {
  try {
    return inflate();
  } catch (cause) {
    throw new FormatError(`the ${kind} data is broken: ${(cause as Error).message}`, { file, cause });
  }
}

/** Zeros that a gzip file's own length may end with; it has four bytes and is not 0. */
const ownZeros = 3;

/** A gzip file without the zeros that tapes and storage put behind it, but for those that may be its own. */
function withoutPadding(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, Math.min(end + ownZeros, bytes.length));
}

/** Check sum and length with which a gzip file ends, wherever its last zeros let that be. */
function trailers(bytes: Uint8Array): { offset: number; sum: number; size: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: { offset: number; sum: number; size: number }[] = [];
  for (let offset = bytes.length - 8; offset >= 10 && found.length <= ownZeros; offset--) {
    found.push({ offset, sum: view.getUint32(offset, true), size: view.getUint32(offset + 4, true) });
    if (bytes[offset + 7] !== 0) break;
  }
  return found;
}

/** Another length than the content's means several members, which are not checked. */
function checkSum(output: Uint8Array, bytes: Uint8Array, file: string | undefined): void {
  const fitting = trailers(bytes).filter(({ size }) => size === output.length % 2 ** 32);
  if (fitting.length === 0) return;
  const sum = crc32(output, 0, output.length);
  if (fitting.every((trailer) => trailer.sum !== sum))
    throw new FormatError('the gzip data is damaged: its CRC does not match', { file, offset: fitting[0]!.offset });
}

function tooShort(offset: number, length: number, found: number | undefined, file: string | undefined): FormatError {
  return new FormatError(
    `the file is truncated: ${length} bytes of voxels at byte ${offset} need ${offset + length}, it has ${found ?? 'too few to hold them'}`,
    { file },
  );
}

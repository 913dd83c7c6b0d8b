import { zlibSync } from 'fflate';
import { crc32 } from '../bytes/crc32.ts';

/** One PNG chunk with its length and check sum. */
export function chunk(type: string, data: Uint8Array | number[]): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(
    [...type].map((c) => c.charCodeAt(0)),
    4,
  );
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes, 4, 8 + data.length));
  return bytes;
}

/** The data of an IHDR chunk. */
export function header(width: number, height: number, depth: number, colourType: number, interlace = 0): Uint8Array {
  const bytes = new Uint8Array(13);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  bytes.set([depth, colourType, 0, 0, interlace], 8);
  return bytes;
}

export const signature: Uint8Array = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** A whole file from its header and its raw lines, each with its filter byte. */
export function png(head: Uint8Array, lines: Uint8Array | number[], before: Uint8Array[] = []): Uint8Array {
  return join([
    signature,
    chunk('IHDR', head),
    ...before,
    chunk('IDAT', zlibSync(Uint8Array.from(lines), { level: 9 })),
    chunk('IEND', []),
  ]);
}

export function join(parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Writes the right check sum behind every chunk, as far as the lengths can be followed. */
export function repairSums(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 8;
  while (at + 12 <= bytes.length) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) return;
    view.setUint32(end, crc32(bytes, at + 4, end));
    at = end + 4;
  }
}

import { requireText } from '@medseg/arguments';
import { openOrdinary } from './read-bytes.ts';

/**
 * Reads the first bytes of a file, at most `length` of them, as much as `sniffFormat` needs. Throws what `readBytes` throws.
 *
 * @example const head = await readHead('scan.dcm', 1024);
 */
export async function readHead(file: string, length: number): Promise<Uint8Array> {
  requireText('readHead: file', file);
  const handle = await openOrdinary(file);
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

import { open } from 'node:fs/promises';
import { requireText } from '@medseg/arguments';

/**
 * Reads the first bytes of a file, at most `length` of them, as much as `sniffFormat` needs. Throws the file system's own
 * error.
 *
 * @example const head = await readHead('scan.dcm', 1024);
 */
export async function readHead(file: string, length: number): Promise<Uint8Array> {
  requireText('readHead: file', file);
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

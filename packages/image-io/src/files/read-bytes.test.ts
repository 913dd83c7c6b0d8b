import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FormatError } from '../format-error.ts';
import { readBytes, readBytesSync } from './read-bytes.ts';
import { readHead } from './read-head.ts';
import { readImage } from './read-image.ts';
import { readVolume } from './read-volume.ts';

let folder: string;
const at = (name: string): string => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-io-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const readers: [string, (path: string) => unknown][] = [
  ['readBytes', readBytes],
  ['readBytesSync', async (path) => readBytesSync(path)],
  ['readHead', (path) => readHead(path, 10)],
  ['readImage', readImage],
  ['readVolume', readVolume],
];

/** What reading ends with; FormatError or an error of the system, never a wait. */
const faultOf = (read: (path: string) => unknown, path: string): Promise<Error> =>
  Promise.resolve()
    .then(() => read(path))
    .then(
      () => new Error('it was read'),
      (error: Error) => error,
    );

describe.skipIf(process.platform === 'win32').each(readers)('%s of what is no ordinary file', (name, read) => {
  it('names a pipe, a device, and links to them', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    symlinkSync(at('pipe'), at('link.png'));
    symlinkSync('/dev/zero', at('zero.nii'));
    for (const [path, kind] of [
      [at('pipe'), 'pipe'],
      [at('link.png'), 'pipe'],
      [at('zero.nii'), 'device'],
    ]) {
      const error = await faultOf(read, path!);
      expect(error).toBeInstanceOf(FormatError);
      expect(error.message).toBe(`${path}: must be an ordinary file, it is a ${kind}`);
    }
  });

  it('names a socket, a circle of links and, where it reads no series, a folder', async () => {
    const server = createServer().listen(at('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    expect((await faultOf(read, at('socket'))).message).toBe(
      `${at('socket')}: must be an ordinary file, it is a socket`,
    );
    server.close();
    symlinkSync(at('circle'), at('circle'));
    expect(await faultOf(read, at('circle'))).toMatchObject({ code: 'ELOOP', path: at('circle') });
    expect(await faultOf(read, at('none'))).toMatchObject({ code: 'ENOENT', path: at('none') });
    mkdirSync(at('folder'));
    const rule = name === 'readVolume' ? 'a folder must hold the DICOM files of a series, got none' : 'it is a folder';
    expect((await faultOf(read, at('folder'))).message).toContain(rule);
  });
});

describe('readBytes', () => {
  it('reads a file, an empty one among them', async () => {
    writeFileSync(at('a'), 'abc');
    expect(Buffer.from(await readBytes(at('a'))).toString()).toBe('abc');
    expect(Buffer.from(readBytesSync(at('a'))).toString()).toBe('abc');
    writeFileSync(at('a'), '');
    expect(await readBytes(at('a'))).toHaveLength(0);
  });

  it('refuses a file that is too large, before it is read', async () => {
    writeFileSync(at('a'), 'abcd');
    await expect(readBytes(at('a'), { maxBytes: 3 })).rejects.toThrow(
      `${at('a')}: a file may have at most 3 bytes, it has 4`,
    );
    truncateSync(at('a'), 3 * 2 ** 30); // sparse
    for (const read of [readBytes, async (path: string) => readBytesSync(path)])
      await expect(read(at('a'))).rejects.toThrow('a file may have at most 2147483647 bytes, it has 3221225472');
  });
});

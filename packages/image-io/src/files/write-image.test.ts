import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FormatError } from '../format-error.ts';
import { createImage } from '../image.ts';
import { readImage } from './read-image.ts';
import { writeFileAtomic } from './write-file-atomic.ts';
import { writeImage } from './write-image.ts';

const image = createImage({ width: 2, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4) });
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-io-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('writeImage', () => {
  it.each(['a.png', 'a.tif', 'a.TIFF'])('writes %s so that readImage gives it back', async (name) => {
    await writeImage(join(folder, name), image);
    expect(await readImage(join(folder, name))).toEqual(image);
    expect(await readdir(folder)).toEqual([name]);
  });

  it('refuses other endings before it touches the disk', async () => {
    await expect(writeImage(join(folder, 'a.jpg'), image)).rejects.toThrow(
      /must end in .png, .tif, .tiff, got .*a\.jpg/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves the old file when the new image cannot be encoded', async () => {
    await writeImage(join(folder, 'a.png'), image);
    await expect(
      writeImage(join(folder, 'a.png'), createImage({ width: 1, height: 1, channels: 1, data: Float32Array.of(1) })),
    ).rejects.toThrow(RangeError);
    expect(await readImage(join(folder, 'a.png'))).toEqual(image);
  });
});

describe('writeFileAtomic', () => {
  it('replaces a file whole', async () => {
    await writeFileAtomic(join(folder, 'a'), 'old');
    await writeFileAtomic(join(folder, 'a'), 'new');
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('new');
  });

  it('removes its temporary file when the rename fails', async () => {
    await mkdir(join(folder, 'a'));
    await writeFile(join(folder, 'a', 'inside'), '');
    await expect(writeFileAtomic(join(folder, 'a'), 'x')).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('fails without a trace when the folder is missing', async () => {
    await expect(writeFileAtomic(join(folder, 'no', 'a'), 'x')).rejects.toThrow(/ENOENT/);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('readImage', () => {
  it('names the path of a broken file', async () => {
    const path = join(folder, 'cut.tif');
    await writeImage(path, image);
    await writeFile(path, (await readFile(path)).subarray(0, 100));
    await expect(readImage(path)).rejects.toThrow(FormatError);
    await expect(readImage(path)).rejects.toThrow(`${path}: `);
  });
});

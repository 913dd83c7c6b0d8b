import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createImage, encodePng, encodeTiff, type Image, type ImageData } from '@medseg/image-io';
import { afterEach } from 'vitest';

const made: string[] = [];
afterEach(async () => {
  await Promise.all(made.splice(0).map((folder) => rm(folder, { recursive: true })));
});

/** Makes a folder with files, removed after the test. Names may have folders in them. */
export async function folderWith(files: Record<string, Uint8Array | string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'datasets-'));
  made.push(folder);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

const image = (width: number, height: number, channels: number, data?: ImageData): Image =>
  createImage({
    width,
    height,
    channels,
    data: data ?? new Uint8Array(width * height * channels).map((_, i) => (i * 37) % 256),
  });

export const tif = (width: number, height: number, channels: number, data?: ImageData): Uint8Array =>
  encodeTiff(image(width, height, channels, data));
export const png = (width: number, height: number, channels: number, data?: ImageData): Uint8Array =>
  encodePng(image(width, height, channels, data));

/** A mask with the upper half set. */
export const mask = (width: number, height: number, value = 255): Uint8Array =>
  tif(
    width,
    height,
    1,
    new Uint8Array(width * height).map((_, i) => (i < (width * height) / 2 ? value : 0)),
  );

/** Empty files, for layouts, which open none. */
export const files = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, '']));

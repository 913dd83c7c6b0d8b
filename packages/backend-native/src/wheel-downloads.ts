import { existsSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { download, sizeOf } from './download.ts';
import type { Contents } from './extract-wheel.ts';
import { NativeError } from './native-error.ts';
import type { Wheel } from './python-index.ts';
import type { Security } from './secure-fetch.ts';

/** A wheel of an install, with what of it is unpacked; sizes are in bytes, where they are known beforehand. */
export interface InstallWheel extends Wheel {
  readonly contents: Contents;
  readonly size?: number;
  readonly unpacked?: number;
}

/** Where a wheel lies until everything is installed: under its sum, so that a later install goes on with it. */
export function archiveOf({ sha256 }: Wheel, downloads: string): string {
  return join(downloads, `${sha256}.whl`);
}

/** What is to be downloaded and unpacked, in words. Throws NativeError where the disk of the cache has no room for it. */
export function describeDownloads(wheels: readonly InstallWheel[], cache: string, downloads: string): string {
  const total = (part: (wheel: InstallWheel) => number): number => wheels.reduce((sum, wheel) => sum + part(wheel), 0);
  const size = total((wheel) => wheel.size ?? 0);
  const missing = total((wheel) => Math.max(0, (wheel.size ?? 0) - sizeOf(archiveOf(wheel, downloads))));
  const unpacked = total((wheel) => wheel.unpacked ?? 0);
  const disk = existsSync(cache) ? cache : dirname(cache);
  const { bavail, bsize } = statfsSync(disk);
  if (missing + unpacked > bavail * bsize) {
    throw new NativeError(
      `native install: needs ${gigabytes(missing + unpacked)} while it installs, ${gigabytes(bavail * bsize)} are free in ${disk}`,
    );
  }
  const there = size === missing ? '' : `, ${gigabytes(size - missing)} of them are there`;
  return `TensorFlow and CUDA: ${wheels.length} wheels of ${gigabytes(size)}${there}, ${gigabytes(unpacked)} unpacked`;
}

interface DownloadAllOptions extends Security {
  readonly onProgress?: ((share: number, note: string) => void) | undefined;
}

/** Gets wheels one after another, with one account of how far all of them are. */
export async function downloadAll(
  wheels: readonly InstallWheel[],
  downloads: string,
  { onProgress, ...security }: DownloadAllOptions = {},
): Promise<void> {
  const all = wheels.reduce((sum, { size = 0 }) => sum + size, 0);
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  let before = 0;
  for (const [i, wheel] of wheels.entries()) {
    const which = wheels.length === 1 ? '' : `, ${i + 1} of ${wheels.length}: ${wheel.name.split('-', 1)[0]}`;
    await download(wheel.url, archiveOf(wheel, downloads), wheel.sha256, {
      ...security,
      onProgress: (received, size) => {
        const total = all || size;
        const share = total ? (before + received) / total : 0;
        onProgress?.(share, `${megabytes(before + received)} of ${megabytes(total)} MB${which}`);
      },
    });
    before += wheel.size ?? 0;
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

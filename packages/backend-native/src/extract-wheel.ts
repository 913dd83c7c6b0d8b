import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Entry } from 'yauzl';
import { NativeError } from './native-error.ts';
import { openZip } from './zip-file.ts';

/** Where a file of a wheel goes, within the folder of an install; undefined for what is not wanted. */
export type Contents = (name: string) => string | undefined;

const LIBRARY = /^tensorflow\/(libtensorflow_(?:cc|framework)\.so\.2)$/;
const HEADER = /^tensorflow\/(include\/(?:(?:tensorflow\/)?tsl|xla\/tsl)\/(?:c|platform)\/.*\.h)$/;
const C_API =
  /^tensorflow\/(include\/tensorflow\/(?:c|core\/platform|core\/common_runtime\/next_pluggable_device\/c)\/.*\.h)$/;
const LICENSE = /\.dist-info\/(?:licenses\/)?(LICENSE[^/]*)$/;

/** Of TensorFlow's wheel: the libraries (to `lib/`), the C headers (to `include/`) and the licence. */
export const tensorflowContents: Contents = (name) => {
  const library = LIBRARY.exec(name);
  if (library) return `lib/${library[1]}`;
  return HEADER.exec(name)?.[1] ?? C_API.exec(name)?.[1] ?? LICENSE.exec(name)?.[1];
};

/**
 * Of a wheel of CUDA: what runs, in the wheel's own folders, and the licence. The libraries find each other
 * there, and TensorFlow looks for them in `nvidia/` beside its own folder.
 */
export const cudaContents: Contents = (name) => {
  if (/^nvidia\/\w+\/(?:lib|bin|nvvm)\/.+(?<!\.a|\.h|\.py)$/.test(name)) return name;
  const license = /^([^/]+)-[^-/]+\.dist-info\/(?:licenses\/)?(License[^/]*)$/i.exec(name);
  return license ? `nvidia/licenses/${license[1]}-${license[2]}` : undefined;
};

/**
 * Takes files out of a wheel, one after the other, never holding one in memory. Throws NativeError where it is no zip
 * file.
 */
export async function extractWheel(wheel: string, folder: string, contents: Contents): Promise<void> {
  const zip = await openZip(wheel);
  try {
    for await (const entry of zip.eachEntry()) {
      const target = entry.fileName.endsWith('/') ? undefined : contents(entry.fileName);
      if (target === undefined) continue;
      const file = join(folder, target);
      mkdirSync(dirname(file), { recursive: true });
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(file, { mode: modeOf(entry) }));
    }
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (syscall !== undefined) throw error; // of the disk
    throw new NativeError(`native install: ${wheel} cannot be unpacked: ${message}`);
  } finally {
    zip.close();
  }
}

/** Of a program of a wheel that it may be executed. */
function modeOf({ externalFileAttributes }: Entry): number {
  return (externalFileAttributes >>> 16) & 0o111 ? 0o777 : 0o666;
}

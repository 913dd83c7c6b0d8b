import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Entry, open, type ZipFile } from 'yauzl';
import { NativeError } from './native-error.ts';

const LIBRARY = /^tensorflow\/(libtensorflow_(?:cc|framework)\.so\.2)$/;
const HEADER = /^tensorflow\/(include\/(?:(?:tensorflow\/)?tsl|xla\/tsl)\/(?:c|platform)\/.*\.h)$/;
const C_API =
  /^tensorflow\/(include\/tensorflow\/(?:c|core\/platform|core\/common_runtime\/next_pluggable_device\/c)\/.*\.h)$/;
const LICENSE = /\.dist-info\/(?:licenses\/)?(LICENSE[^/]*)$/;

/**
 * Takes the libraries (to `lib/`), the C headers (to `include/`) and the licence out of a TensorFlow wheel, one file
 * after the other, never holding one in memory. Throws NativeError where it is no zip file or holds no library.
 */
export async function extractWheel(wheel: string, folder: string): Promise<void> {
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    open(wheel, { lazyEntries: true, autoClose: false }, (error, file) => (error ? reject(error) : resolve(file)));
  }).catch((error: Error) => {
    throw new NativeError(`native install: ${wheel} cannot be unpacked: ${error.message}`);
  });
  let libraries = 0;
  try {
    await eachEntry(zip, async (entry) => {
      const target = targetOf(entry.fileName);
      if (target === undefined) return;
      if (target.startsWith('lib/')) libraries++;
      const file = join(folder, target);
      mkdirSync(dirname(file), { recursive: true });
      await pipeline(await openEntry(zip, entry), createWriteStream(file));
    });
  } finally {
    zip.close();
  }
  if (libraries < 2)
    throw new NativeError(`native install: ${wheel} holds no libtensorflow_cc and libtensorflow_framework`);
}

function targetOf(name: string): string | undefined {
  const library = LIBRARY.exec(name);
  if (library) return `lib/${library[1]}`;
  return HEADER.exec(name)?.[1] ?? C_API.exec(name)?.[1] ?? LICENSE.exec(name)?.[1];
}

function eachEntry(zip: ZipFile, work: (entry: Entry) => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', resolve);
    zip.on('entry', (entry: Entry) => work(entry).then(() => zip.readEntry(), reject));
    zip.readEntry();
  });
}

function openEntry(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}

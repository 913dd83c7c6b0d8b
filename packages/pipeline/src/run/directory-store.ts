import { requireObject } from '@medseg/arguments';
import type { RunStore } from './store.ts';

/**
 * A run in a directory of the File System API: of a page's own storage (OPFS), or one that a person has picked.
 *
 * @example
 * const root = await navigator.storage.getDirectory();
 * const run = await Run.open(directoryStore(await root.getDirectoryHandle('my-run')));
 */
export function directoryStore(directory: FileSystemDirectoryHandle, name: string = directory?.name): RunStore {
  requireObject('directoryStore: directory', directory, ['getDirectoryHandle', 'getFileHandle']);
  const parentOf = async (path: string, create: boolean): Promise<[FileSystemDirectoryHandle, string]> => {
    const parts = path.split('/');
    const file = parts.pop()!;
    let parent = directory;
    for (const part of parts) parent = await parent.getDirectoryHandle(part, { create });
    return [parent, file];
  };
  const fileAt = async (path: string): Promise<File | undefined> => {
    try {
      const [parent, file] = await parentOf(path, false);
      return await (await parent.getFileHandle(file)).getFile();
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };
  // A writable stream replaces the file when it is closed, and leaves it alone when it is not.
  const store = async (path: string, bytes: Uint8Array, at: number): Promise<void> => {
    const [parent, file] = await parentOf(path, true);
    const handle = await parent.getFileHandle(file, { create: true });
    const stream = await handle.createWritable({ keepExistingData: at > 0 });
    try {
      await stream.write({ type: 'write', position: at, data: bytes as Uint8Array<ArrayBuffer> });
    } catch (error) {
      await stream.abort();
      throw error;
    }
    await stream.close();
  };
  return {
    name,
    read: async (path) => {
      const file = await fileAt(path);
      return file && new Uint8Array(await file.arrayBuffer());
    },
    write: (path, bytes) => store(path, bytes, 0),
    append: async (path, bytes) => store(path, bytes, (await fileAt(path))?.size ?? 0),
    remove: async (path) => {
      try {
        const [parent, file] = await parentOf(path, false);
        await parent.removeEntry(file);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotFoundError';
}

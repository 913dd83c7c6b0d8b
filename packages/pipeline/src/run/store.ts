import { requireObject } from '@medseg/arguments';
/**
 * Where the files of a run lie: a folder, memory, the storage of a page. Paths are relative to the run, with slashes:
 * `checkpoints/last.safetensors`.
 */
export interface RunStore {
  /** How messages name the run, such as the path of its folder. */
  readonly name: string;
  /** The bytes of a file; undefined where there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Writes a file whole or not at all, in place of the one that is there. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Adds bytes to the end of a file, which is made where there is none. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** Deletes a file; does nothing where there is none. */
  remove(path: string): Promise<void>;
  /** Copies a file, whole or not at all, in place of the one that is there; does nothing where there is none. By default reads and writes it. */
  copy?(from: string, to: string): Promise<void>;
  /** Waits until what was appended to a file is on the disk. By default nothing. */
  flush?(path: string): Promise<void>;
}

/**
 * A run in memory, empty or with the files given.
 *
 * @example const run = await Run.open(memoryStore({ 'run.json': info, 'model.safetensors': weights }));
 */
export function memoryStore(files: Readonly<Record<string, Uint8Array>> = {}, name = 'memory'): RunStore {
  requireObject('memoryStore: files', files, []);
  const held = new Map(Object.entries(files));
  return {
    name,
    read: async (path) => held.get(path)?.slice(),
    write: async (path, bytes) => void held.set(path, bytes.slice()),
    append: async (path, bytes) => {
      const before = held.get(path) ?? new Uint8Array(0);
      const after = new Uint8Array(before.length + bytes.length);
      after.set(before);
      after.set(bytes, before.length);
      held.set(path, after);
    },
    remove: async (path) => void held.delete(path),
  };
}

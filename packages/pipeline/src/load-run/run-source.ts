import { RunError } from '../errors.ts';
import { directoryStore } from '../run/directory-store.ts';
import { modelFileStore } from '../run/model-file.ts';
import { RUN_FILES } from '../run/run.ts';
import { memoryStore, type RunStore } from '../run/store.ts';

type Bytes = Uint8Array | ArrayBuffer | Blob;

/**
 * Where `loadRun` finds a run:
 *
 * - a `RunStore`;
 * - a directory of the File System API;
 * - the files that a person chose, `input.files`: `run.json` and `model.safetensors`, or the one that `medseg export` wrote;
 * - bytes by name: `{ 'run.json': …, 'model.safetensors': … }`;
 * - the bytes of the file that `medseg export` or `exportModel` wrote;
 * - the address of a folder, or of such a file, `….safetensors`.
 */
export type RunSource =
  | RunStore
  | FileSystemDirectoryHandle
  | Iterable<File>
  | ArrayLike<File>
  | Readonly<Record<string, Bytes>>
  | Bytes
  | URL
  | string;

/** What a run is segmented with. */
const NEEDED = [RUN_FILES.info, RUN_FILES.model] as const;

/** Finds a run. Throws RunError that names what is missing, and TypeError for what is no source. */
export async function openSource(source: RunSource): Promise<RunStore> {
  if (typeof source === 'string') return fetchRun(addressOf(source));
  if (source instanceof URL) return fetchRun(source);
  if (isBytes(source)) return modelFileStore(await bytesOf(source), nameOf(source));
  if (typeof source !== 'object' || source === null) throw notASource(source);
  if ('read' in source && typeof source.read === 'function') return source as RunStore;
  if ('getFileHandle' in source) return directoryStore(source as FileSystemDirectoryHandle);
  const files = filesOf(source as Iterable<File> | ArrayLike<File> | Readonly<Record<string, Bytes>>);
  if (files.length === 1 && isModelFile(files[0]![0])) {
    const [name, bytes] = files[0]!;
    return modelFileStore(await bytesOf(bytes), name);
  }
  const held: Record<string, Uint8Array> = {};
  for (const wanted of NEEDED) {
    const found = files.filter(([name]) => name === wanted);
    if (found.length !== 1) {
      const names = files.map(([name]) => name).join(', ');
      throw new RunError(
        `loadRun: the files must be ${NEEDED.join(' and ')}, or one that medseg export wrote, got ${found.length === 0 ? names || 'none' : `${found.length} called ${wanted}`}`,
      );
    }
    held[wanted] = await bytesOf(found[0]![1]);
  }
  return memoryStore(held, folderOf(source) ?? 'the run');
}

function addressOf(text: string): URL {
  const base = globalThis.location?.href;
  if (URL.canParse(text, base)) return new URL(text, base);
  throw new TypeError(
    `loadRun: ${JSON.stringify(text)} must be an address; loadRun of @medseg/pipeline/node takes a path`,
  );
}

/** A run behind an address: a folder, or a file that `medseg export` wrote. */
async function fetchRun(address: URL): Promise<RunStore> {
  if (isModelFile(address.pathname)) return modelFileStore(await fetchBytes(address), address.href);
  const folder = new URL(address);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  const [info, model] = await Promise.all(NEEDED.map((name) => fetchBytes(new URL(name, folder))));
  return memoryStore({ [RUN_FILES.info]: info!, [RUN_FILES.model]: model! }, address.href.replace(/\/$/, ''));
}

async function fetchBytes(address: URL): Promise<Uint8Array> {
  let answer: Response;
  try {
    answer = await fetch(address);
  } catch (error) {
    throw new RunError(`${address.href}: the address must answer, got ${reasonOf(error)}`);
  }
  if (!answer.ok) throw new RunError(`${address.href}: the server must have the file, got status ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** Why a request failed: Node and browsers say "fetch failed", and the reason in its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const { code, message: reason } = (cause ?? {}) as { code?: string; message?: string };
  return reason || code || message;
}

function filesOf(
  source: Iterable<File> | ArrayLike<File> | Readonly<Record<string, Bytes>>,
): (readonly [name: string, bytes: Bytes])[] {
  const listed = Symbol.iterator in source || 'length' in source;
  const entries: (readonly [string, unknown])[] = listed
    ? Array.from(source as ArrayLike<File>, (file) => [file?.name, file] as const)
    : Object.entries(source);
  for (const [name, bytes] of entries) if (typeof name !== 'string' || !isBytes(bytes)) throw notASource(bytes);
  return entries as [string, Bytes][];
}

/** The folder of files that were chosen as one. */
function folderOf(source: object): string | undefined {
  if (!(Symbol.iterator in source)) return undefined;
  for (const { webkitRelativePath } of source as Iterable<File>) return webkitRelativePath?.split('/')[0] || undefined;
  return undefined;
}

function isModelFile(name: string): boolean {
  return name.endsWith('.safetensors');
}

function isBytes(source: unknown): source is Bytes {
  return source instanceof Uint8Array || source instanceof ArrayBuffer || source instanceof Blob;
}

async function bytesOf(bytes: Bytes): Promise<Uint8Array> {
  if (bytes instanceof Uint8Array) return bytes;
  return new Uint8Array(bytes instanceof ArrayBuffer ? bytes : await bytes.arrayBuffer());
}

function nameOf(bytes: Bytes): string {
  return bytes instanceof File ? bytes.name : 'the model';
}

function notASource(got: unknown): TypeError {
  return new TypeError(
    `loadRun: a run must be the files of its folder, a directory, a store, an address, or what medseg export wrote, got ${got === null ? 'null' : typeof got === 'object' ? (got.constructor?.name ?? 'an object') : typeof got}`,
  );
}

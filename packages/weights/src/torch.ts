import { requireBytes } from '@medseg/arguments';
import { FormatError } from './format-error.ts';
import { refuseStandIn } from './not-weights.ts';
import { type PickleContext, Placeholder, readPickle } from './pickle.ts';
import type { NamedArray } from './safetensors-dtype.ts';
import { describe, isCount, StorageClass, torchGlobal } from './torch-globals.ts';
import { readTensor, TorchStorage, TorchTensor } from './torch-tensor.ts';
import { readZip } from './zip-entries.ts';

/** What a PyTorch checkpoint holds, under names joined with dots: `model.conv.weight`, `epoch`. */
export interface TorchCheckpoint {
  /** The tensors, contiguous and in row-major order. */
  readonly tensors: ReadonlyMap<string, NamedArray>;
  /** Numbers, strings and flags beside the tensors. */
  readonly values: ReadonlyMap<string, number | bigint | string | boolean>;
  /** What was left: objects of Python, of which only what they hold is read, and bytes and sets, in the file's order. */
  readonly skipped: readonly SkippedObject[];
}

/** Something of a checkpoint that is not read. */
export interface SkippedObject {
  /** Its place: `args`, `optimizer.state`; empty where it is the whole checkpoint. */
  readonly path: string;
  /** The global that it is or was made by, such as `argparse.Namespace`, else its kind: bytes, set, storage. */
  readonly what: string;
}

type Refuse = (rule: string) => never;

const MAX_PICKLE = 16 * 2 ** 20;
const MAX_NODES = 50_000;
const MAX_DEPTH = 64;
const MAX_NAME = 4096;
/** The first pickle of a checkpoint from before PyTorch 1.6. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;

/**
 * Reads a checkpoint that PyTorch's `torch.save` wrote (`.pt`, `.pth`): a zip archive, or the form before PyTorch 1.6.
 * Nothing is executed: an object of a class outside of an allow-list (tensors, parameters, OrderedDict) is listed in
 * `skipped` by the name of its class; what it holds is read as if it were a dictionary. Arrays are copies, row-major,
 * half floats widened to Float32Array. Throws FormatError, naming `file`, for whatever is cut off, inconsistent or larger
 * than the file can hold, for a tensor made of something that is no storage, and for a Git LFS pointer or an HTML page.
 *
 * @example const { tensors, skipped } = decodeTorch(await readFile('model.pt'), 'model.pt');
 */
export function decodeTorch(bytes: Uint8Array, file?: string): TorchCheckpoint {
  requireBytes('decodeTorch', bytes);
  const refuse: Refuse = (rule) => {
    throw new FormatError(`not a valid PyTorch checkpoint: ${rule}`, file);
  };
  refuseStandIn(bytes, file);
  const start = [...bytes.subarray(0, 4)].join();
  if (start === '80,75,3,4') return readArchive(bytes, refuse);
  if (bytes[0] === 0x80) return readLegacy(bytes, refuse);
  return refuse(`it must be a zip archive or a pickle, its first bytes are ${start || 'none'}`);
}

function readArchive(bytes: Uint8Array, refuse: Refuse): TorchCheckpoint {
  const zip = readZip(bytes, refuse);
  const pickle = zip.names.find((name) => name === 'data.pkl' || name.endsWith('/data.pkl'));
  if (pickle === undefined) return refuse('it must hold the file data.pkl');
  const folder = pickle.slice(0, -'data.pkl'.length);
  if (zip.names.includes(`${folder}byteorder`)) {
    const order = new TextDecoder().decode(zip.read(`${folder}byteorder`, 16));
    if (order !== 'little') refuse(`its values must be little-endian, got ${JSON.stringify(order)}`);
  }
  const { value } = readPickle(zip.read(pickle, MAX_PICKLE), 0, contextOf(refuse));
  const budget = budgetOf(bytes);
  const unpacked = new Map<string, Uint8Array>(); // once each, or a small file could keep us unpacking
  let left = budget;
  return collect(value, budget, refuse, ({ key, length, type }) => {
    const storage = unpacked.get(key) ?? zip.read(`${folder}data/${key}`, left);
    if (!unpacked.has(key)) left -= storage.length;
    unpacked.set(key, storage);
    if (storage.length !== length * type.bytes) {
      refuse(`storage ${JSON.stringify(key)} must have ${length * type.bytes} bytes, got ${storage.length}`);
    }
    return storage;
  });
}

/** Magic number, version, machine and state dict as pickles, then the keys of the storages, then each with its length. */
function readLegacy(bytes: Uint8Array, refuse: Refuse): TorchCheckpoint {
  const context = contextOf(refuse);
  const magic = readPickle(bytes, 0, context);
  if (magic.value !== LEGACY_MAGIC) refuse(`it must begin with PyTorch's magic number, got ${describe(magic.value)}`);
  const version = readPickle(bytes, magic.end, context);
  if (version.value !== 1001) refuse(`its version must be 1001, got ${describe(version.value)}`);
  const machine = readPickle(bytes, version.end, context);
  if (machine.value instanceof Map && machine.value.get('little_endian') === false) {
    refuse('its values must be little-endian');
  }
  const kinds = new Map<string, Placeholder>(); // also of storages that only dropped objects name: all have to be passed
  const state = readPickle(
    bytes,
    machine.end,
    contextOf(refuse, (key, kind) => kinds.set(key, kind)),
  );
  const keys = readPickle(bytes, state.end, context);
  if (!Array.isArray(keys.value)) return refuse('it must list the keys of its storages');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const places = new Map<string, Uint8Array>();
  let at = keys.end;
  for (const key of keys.value as unknown[]) {
    const kind = kinds.get(describe(key));
    if (!(kind instanceof StorageClass)) {
      return refuse(`storage ${JSON.stringify(describe(key))} must be of a known type, got ${kind?.name ?? 'none'}`);
    }
    if (at + 8 > bytes.length) refuse('its storages must lie within the file, it is cut off');
    const length = Number(view.getBigUint64(at, true)) * kind.type.bytes;
    at += 8;
    if (length > bytes.length - at) refuse('its storages must lie within the file, it is cut off');
    places.set(describe(key), bytes.subarray(at, at + length));
    at += length;
  }
  return collect(state.value, budgetOf(bytes), refuse, ({ key, length, type }) => {
    const storage = places.get(key);
    if (storage === undefined) return refuse(`storage ${JSON.stringify(key)} must be in the file`);
    if (storage.length !== length * type.bytes) {
      refuse(`storage ${JSON.stringify(key)} must have ${length * type.bytes} bytes, got ${storage.length}`);
    }
    return storage;
  });
}

/** How globals and persistent ids are read; `onStorage` is told the class of each storage that is named. */
function contextOf(refuse: Refuse, onStorage: (key: string, kind: Placeholder) => void = () => {}): PickleContext {
  return {
    refuse,
    global: (module, name) => torchGlobal(module, name, refuse),
    persistent: (id) => {
      if (!Array.isArray(id)) return new Placeholder(`persistent id ${describe(id)}`);
      const [tag, kind, key, , length, view] = id as unknown[];
      if (tag === 'module' && kind instanceof Placeholder) return kind; // a class, with its source behind it
      if (tag !== 'storage') return new Placeholder(`persistent id ${describe(tag)}`);
      if (!(kind instanceof Placeholder)) return refuse('a storage must have an element type');
      onStorage(describe(key), kind);
      if (!(kind instanceof StorageClass)) return new Placeholder(kind.name);
      if (typeof key !== 'string' || !isCount(length)) return refuse('a storage must have a key and a length');
      const start = Array.isArray(view) ? (view as unknown[])[1] : 0;
      if (!isCount(start)) return refuse(`the view of a storage must begin at a whole number, got ${describe(start)}`);
      return new TorchStorage(kind.type, key, length, start);
    },
  };
}

/** Tensors may share storages, so that a file may hold less than they take; more than four times is no checkpoint. */
function budgetOf(bytes: Uint8Array): number {
  return Math.max(64 * 2 ** 20, 4 * bytes.length);
}

function collect(
  root: unknown,
  budget: number,
  refuse: Refuse,
  bytesOf: (storage: TorchStorage) => Uint8Array,
): TorchCheckpoint {
  const found = new Map<string, TorchTensor>();
  const values = new Map<string, number | bigint | string | boolean>();
  const skipped: SkippedObject[] = [];
  let needed = 0;
  walk(root, refuse, (name, value) => {
    if (value instanceof TorchTensor) {
      if (found.has(name)) refuse(`two tensors must not have one name, got ${JSON.stringify(name)}`);
      needed += value.size * value.storage.type.bytes;
      if (needed > budget) refuse(`its tensors must take at most ${budget} bytes, as large as the file allows`);
      found.set(name, value);
    } else if (['number', 'bigint', 'string', 'boolean'].includes(typeof value)) {
      values.set(name, value as number | bigint | string | boolean);
    } else if (value !== null) {
      skipped.push({ path: name, what: kindOf(value) });
    }
  });
  const tensors = new Map<string, NamedArray>();
  for (const [name, tensor] of found) {
    tensors.set(name, { shape: tensor.shape, data: readTensor(tensor, bytesOf(tensor.storage)) });
  }
  return { tensors, values, skipped };
}

function kindOf(value: unknown): string {
  if (value instanceof Placeholder) return value.name;
  if (value instanceof TorchStorage) return 'storage';
  return value instanceof Set ? 'set' : 'bytes';
}

/**
 * Visits what containers hold, with names joined by dots; containers may hold one another, so that depth is bounded.
 * What placeholders hold is visited once: objects often know each other.
 */
function walk(root: unknown, refuse: Refuse, visit: (name: string, value: unknown) => void): void {
  let nodes = 0;
  const seen = new Set<Placeholder>();
  const step = (name: string, value: unknown, depth: number): void => {
    if (++nodes > MAX_NODES) refuse(`it must hold at most ${MAX_NODES} values`);
    if (depth > MAX_DEPTH) refuse(`its containers must be nested at most ${MAX_DEPTH} deep`);
    if (name.length > MAX_NAME) refuse(`names must have at most ${MAX_NAME} letters, got ${name.length}`);
    const inside = (entries: Iterable<readonly [unknown, unknown]>): void => {
      let at = 0;
      for (const [key, item] of entries) {
        // A key that is no text or number gets its position, as others may be described alike.
        const label = typeof key === 'object' && key !== null ? `${describe(key)}[${at}]` : describe(key);
        step(name === '' ? label : `${name}.${label}`, item, depth + 1);
        at++;
      }
    };
    if (value instanceof Map || Array.isArray(value)) inside(value.entries());
    else visit(name, value);
    if (value instanceof Placeholder && value.items !== null && !seen.has(value)) {
      seen.add(value);
      inside(value.items.entries());
    }
  };
  step('', root, 0);
}

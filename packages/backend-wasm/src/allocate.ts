import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** What the Emscripten module of tfjs has beside its declared type. */
export interface Allocator {
  _malloc(bytes: number): number;
  _free(address: number): void;
  readonly HEAPU8: Uint8Array;
}

/** Bytes of addresses that a heap of 32 bits has. */
const LIMIT = 2 ** 32;

const guarded = new WeakSet<object>();

/**
 * Makes the heap of a wasm backend throw RangeError where it is full. tfjs itself takes the address 0 that `malloc` then
 * returns for memory, and writes over what stands there; of a size above 4 GiB `malloc` sees only the lowest 32 bits.
 */
export function guardHeap(backend: BackendWasm): Allocator {
  const module = backend.wasm as unknown as Allocator;
  if (guarded.has(module)) return module;
  guarded.add(module);
  module._free(module._malloc(1)); // puts the functions themselves in the place of those that look them up
  const malloc = module._malloc;
  module._malloc = (bytes) => {
    const address = bytes < LIMIT ? malloc(bytes) >>> 0 : 0;
    if (address === 0 && bytes > 0) {
      const has = `${(module.HEAPU8.length / 2 ** 30).toFixed(1)} GiB of at most 4`;
      throw new RangeError(`backend-wasm: the WebAssembly heap (${has}) has no room for ${bytes} bytes more`);
    }
    return address;
  };
  return module;
}

/** What engines say where the heap cannot grow, tfjs's module among them. */
const EXHAUSTED = /the WebAssembly heap .* has no room|^Aborted\(.*(?:OOM|enlarge memory)|could not allocate memory/;

/**
 * What the wasm backend says where its heap is full, in one line; undefined for every other error.
 *
 * @example outOfMemory(new Error('another')) // undefined
 */
export function outOfMemory(error: unknown): string | undefined {
  if (!(error instanceof Error) || !EXHAUSTED.test(error.message)) return undefined;
  return error.message.replace(/^backend-wasm: /, '').split('\n', 1)[0];
}

import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { Exports } from './exports.ts';
import { relaxedSimd } from './generated/relaxed-simd.ts';
import { simd128 } from './generated/simd128.ts';
import { createHeap, type Heap, memoryOf } from './heap.ts';
import { importSharedMemory } from './shared-memory.ts';

/** simd128: WebAssembly's fixed-width SIMD; relaxed-simd: with fused multiply-add, a third faster. */
export type Variant = 'simd128' | 'relaxed-simd';

/** What the Emscripten module of tfjs has beside its declared type. */
interface Allocator {
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** Whether this engine compiles a variant. Node 20 has relaxed SIMD behind a flag, which is switched on here. */
export function supports(variant: Variant): boolean {
  const bytes = bytesOf(variant);
  if (WebAssembly.validate(bytes)) return true;
  if (variant === 'simd128') return false;
  switchOnRelaxedSimd();
  return WebAssembly.validate(bytes);
}

/** Compiles a variant and places it on the heap of a wasm backend. */
export async function instantiate(backend: BackendWasm, variant: Variant): Promise<Heap> {
  const memory = memoryOf(backend);
  const shared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
  const bytes = bytesOf(variant);
  const module = await WebAssembly.compile(shared ? importSharedMemory(bytes) : bytes);
  const { _malloc, _free } = backend.wasm as unknown as Allocator;
  let block = 0;
  const allocate = (size: number): number => {
    if (block) _free(block);
    block = _malloc(size >>> 0) >>> 0;
    if (!block) {
      throw new RangeError(`backend-wasm: the WebAssembly heap (at most 4 GiB) has no room for ${size >>> 0} bytes`);
    }
    return block;
  };
  const permanent = (size: number): number => _malloc(size) >>> 0;
  const instance = await WebAssembly.instantiate(module, { env: { memory, allocate, permanent } });
  return createHeap(backend, instance.exports as unknown as Exports);
}

function switchOnRelaxedSimd(): void {
  const host = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const v8 = host.process?.getBuiltinModule?.('node:v8') as
    | { setFlagsFromString?: (flags: string) => void }
    | undefined;
  v8?.setFlagsFromString?.('--experimental-wasm-relaxed-simd');
}

function bytesOf(variant: Variant): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(variant === 'simd128' ? simd128 : relaxedSimd), (c) => c.charCodeAt(0));
}

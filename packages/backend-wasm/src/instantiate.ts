import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { guardHeap } from './allocate.ts';
import type { Exports } from './exports.ts';
import { relaxedSimd } from './generated/relaxed-simd.ts';
import { simd128 } from './generated/simd128.ts';
import { createHeap, type Heap, memoryOf } from './heap.ts';
import { importSharedMemory } from './shared-memory.ts';

/** simd128: WebAssembly's fixed-width SIMD; relaxed-simd: with fused multiply-add, a third faster. */
export type Variant = 'simd128' | 'relaxed-simd';

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
  const allocator = guardHeap(backend);
  let block = 0;
  const allocate = (size: number): number => {
    if (block) allocator._free(block);
    block = 0; // should there be no room
    block = allocator._malloc(size >>> 0);
    return block;
  };
  const permanent = (size: number): number => allocator._malloc(size);
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

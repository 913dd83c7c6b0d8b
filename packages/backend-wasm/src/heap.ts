import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { Exports } from './exports.ts';

/** One wasm backend with our module beside it, both on one heap. */
export interface Heap {
  backend: BackendWasm;
  kernels: Exports;
  /** Byte address of a float32 tensor. Throws TypeError for another type. */
  at(tensor: tf.TensorInfo): number;
  /** Byte address of a tensor of any number type. */
  address(tensor: tf.TensorInfo): number;
  /** The elements of a float32 tensor in place; good until the next output, which may move the memory. */
  view(tensor: tf.TensorInfo): Float32Array;
  /** A new float32 tensor, not cleared. Throws RangeError when the heap is full. */
  output(shape: number[]): tf.TensorInfo;
  /** Address of cos and sin of 2 pi j / n, [n, 2], kept for as long as the backend lives. */
  circle(n: number): number;
  /** Whether nothing but this tensor has its data, so that its one owner may have it changed in place. */
  alone(tensor: tf.TensorInfo): boolean;
  /** The same data under another shape, without a copy. */
  share(tensor: tf.TensorInfo, shape: number[]): tf.TensorInfo;
}

/** Wraps a backend and an instance of our module into a {@link Heap}. */
export function createHeap(backend: BackendWasm, kernels: Exports): Heap {
  const data = backend.dataIdMap;
  const circles = new Map<number, number>();
  const memory = memoryOf(backend);
  const address = (tensor: tf.TensorInfo): number => data.get(tensor.dataId).memoryOffset;
  const at = (tensor: tf.TensorInfo): number => {
    if (tensor.dtype !== 'float32') {
      throw new TypeError(`backend-wasm: this operation takes float32 tensors, got ${tensor.dtype}`);
    }
    return address(tensor);
  };
  return {
    backend,
    kernels,
    address,
    at,
    view: (tensor) => new Float32Array(memory.buffer, at(tensor), tf.util.sizeFromShape(tensor.shape)),
    output: (shape) => backend.makeOutput(shape, 'float32'),
    circle: (n) => {
      let at = circles.get(n);
      if (at === undefined) {
        const angles = Array.from({ length: n }, (_, j) => (2 * Math.PI * j) / n);
        const values = Float32Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
        at = address(backend.makeOutput([n, 2], 'float32', undefined, values));
        circles.set(n, at);
      }
      return at;
    },
    alone: (tensor) => backend.refCount(tensor.dataId) === 1,
    share: (tensor, shape) => {
      backend.incRef(tensor.dataId);
      return { dataId: tensor.dataId, shape, dtype: tensor.dtype };
    },
  };
}

/** The memory that tfjs's module works on, in each of its builds. */
export function memoryOf(backend: BackendWasm): WebAssembly.Memory {
  const module = backend.wasm as unknown as {
    wasmMemory?: WebAssembly.Memory;
    asm?: Record<string, unknown>;
  };
  const found = [module.wasmMemory, ...Object.values(module.asm ?? {})].find((e) => e instanceof WebAssembly.Memory);
  if (!found) throw new TypeError('backend-wasm: this build of @tensorflow/tfjs-backend-wasm does not show its memory');
  return found as WebAssembly.Memory;
}

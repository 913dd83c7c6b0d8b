import * as tf from '@tensorflow/tfjs-core';
import type { Heap } from './heap.ts';

/** One call of a kernel. */
export interface Call {
  inputs: Record<string, tf.TensorInfo>;
  attrs: tf.NamedAttrMap;
  heap: Heap;
  /** Runs tfjs's own kernel of the same name on the same inputs instead. Throws RangeError when there is none. */
  stock(): tf.TensorInfo | tf.TensorInfo[];
}

/** A kernel under the name that tfjs or @medseg/ops asks for. */
export interface Kernel {
  name: string;
  run(call: Call): tf.TensorInfo | tf.TensorInfo[];
}

const replaced = new Map<string, tf.KernelFunc>();

/** Puts kernels in the place of tfjs's own of the same names. */
export function install(kernels: readonly Kernel[], heapOf: (backend: object) => Heap): void {
  for (const { name, run } of kernels) {
    const present = tf.getKernel(name, 'wasm');
    if (present) {
      if (!installed.has(present.kernelFunc)) replaced.set(name, present.kernelFunc);
      tf.unregisterKernel(name, 'wasm');
    }
    const kernelFunc: tf.KernelFunc = (args) =>
      run({
        inputs: args.inputs as Record<string, tf.TensorInfo>,
        attrs: (args.attrs ?? {}) as tf.NamedAttrMap,
        heap: heapOf(args.backend as object),
        stock: () => {
          const original = replaced.get(name);
          if (!original) throw new RangeError(`${name}: tfjs's wasm backend has no kernel of this name`);
          return original(args);
        },
      });
    installed.add(kernelFunc);
    tf.registerKernel({ kernelName: name, backendName: 'wasm', kernelFunc });
  }
}

const installed = new WeakSet<tf.KernelFunc>();

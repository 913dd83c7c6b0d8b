import { describeBackend } from '@medseg/backend-wasm';
import * as ops from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Case } from './case.ts';

/** What @medseg/ops exports beside operations on tensors. */
const NOT_OPERATIONS = ['createRandom', 'restoreRandom', 'chooseBackend', 'variableGradients'];

/** Functions of @medseg/ops that no case is about. */
export function operationsWithoutCase(cases: readonly Case[]): string[] {
  const covered = new Set(cases.map(({ operation }) => operation));
  return Object.keys(ops).filter((name) => !covered.has(name) && !NOT_OPERATIONS.includes(name));
}

/** Notes each of our kernels that runs on the wasm backend from now on; returns the names of those that did not. */
export function watchKernels(): () => string[] {
  const { kernels } = describeBackend();
  const ran = new Set<string>();
  for (const kernelName of kernels) {
    const { kernelFunc } = tf.getKernel(kernelName, 'wasm');
    tf.unregisterKernel(kernelName, 'wasm');
    const watched: tf.KernelFunc = (args) => {
      ran.add(kernelName);
      return kernelFunc(args);
    };
    tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc: watched });
  }
  return () => kernels.filter((name) => !ran.has(name));
}

import * as tf from '@tensorflow/tfjs-core';
import { wantedGradients } from './wanted-gradients.ts';

/** Whether the current backend has a kernel of this name: then the fused form runs, else the composed one. */
export function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) !== undefined;
}

/** By name, or in order where some are optional: tfjs saves all inputs for a gradient only from a list. */
export type KernelInputs = tf.NamedTensorMap | tf.Tensor[];

/** Runs a kernel of the current backend; taped, so a gradient registered under the same name applies. */
export function runKernel(name: string, inputs: KernelInputs, attrs: tf.NamedAttrMap = {}): tf.Tensor[] {
  const out: unknown = tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs);
  return Array.isArray(out) ? (out as tf.Tensor[]) : [out as tf.Tensor];
}

/** The first output of {@link runKernel}. */
export function runKernelSingle(name: string, inputs: KernelInputs, attrs: tf.NamedAttrMap = {}): tf.Tensor {
  return runKernel(name, inputs, attrs)[0]!;
}

/** Registers a gradient at its operation's first use: importing this package changes nothing in tfjs. */
export function ensureGradient(config: tf.GradConfig): void {
  if (!tf.getGradient(config.kernelName)) tf.registerGradient(config);
}

/**
 * The gradients by one kernel that makes those that the attribute `wanted` names: all that are asked for in one call where
 * that is known, else each when it is asked for.
 */
export function gradientsTogether(
  kernelName: string,
  inputs: KernelInputs,
  attrs: tf.NamedAttrMap,
  names: readonly string[],
): Record<string, () => tf.Tensor> {
  const run = (wanted: string[]): tf.Tensor[] => runKernel(kernelName, inputs, { ...attrs, wanted });
  const asked = wantedGradients();
  if (asked === undefined) return Object.fromEntries(names.map((name) => [name, () => run([name])[0]!]));
  const wanted = names.filter((name) => asked.includes(name));
  const gradients = wanted.length === 0 ? [] : run(wanted);
  return Object.fromEntries(wanted.map((name, i) => [name, () => gradients[i]!]));
}

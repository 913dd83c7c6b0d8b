import * as tf from '@tensorflow/tfjs-core';

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

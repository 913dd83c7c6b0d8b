import { requireList } from '@medseg/arguments';
import * as tf from '@tensorflow/tfjs-core';
import { hasKernel, runKernel } from './fused.ts';

/**
 * Copies the values of float32 tensors into `target`, one after another; `target` may be shared memory. Where the
 * backend can, straight out of its memory. Throws RangeError unless `target` has as many elements as the tensors.
 *
 * @example readTensors([a, b], new Float32Array(a.size + b.size));
 */
export function readTensors(tensors: readonly tf.Tensor[], target: Float32Array): void {
  requireList('readTensors: tensors', tensors);
  requireList('readTensors: target', target);
  checkSize('readTensors', target, tensors);
  if (hasKernel('MedsegRead')) {
    runKernel('MedsegRead', [...tensors], { target } as unknown as tf.NamedAttrMap);
    return;
  }
  let at = 0;
  for (const tensor of tensors) {
    target.set(tensor.dataSync<'float32'>(), at);
    at += tensor.size;
  }
}

/**
 * Makes float32 tensors of these shapes from the values of `source`, one after another: what {@link readTensors} wrote.
 * `source` may be shared memory; it is copied. Throws RangeError unless it has as many elements as the shapes.
 */
export function tensorsFrom(source: Float32Array, shapes: readonly number[][]): tf.Tensor[] {
  requireList('tensorsFrom: source', source);
  requireList('tensorsFrom: shapes', shapes);
  checkSize(
    'tensorsFrom',
    source,
    shapes.map((shape) => ({ size: tf.util.sizeFromShape(shape) })),
  );
  if (shapes.length === 0) return [];
  if (hasKernel('MedsegWrite')) return runKernel('MedsegWrite', [], { source, shapes } as unknown as tf.NamedAttrMap);
  const copy = source.slice(); // some backends keep the array, some do not take shared memory
  let at = 0;
  return shapes.map((shape) => {
    const from = at;
    at += tf.util.sizeFromShape(shape);
    return tf.tensor(copy.subarray(from, at), shape);
  });
}

/** Options of {@link addValues}. */
export interface AddOptions {
  /** Disposes the given tensors and gives the sums their memory where the backend can. Default false. */
  reuse?: boolean;
}

/**
 * Sums of float32 tensors and of the values of `source`, as {@link tensorsFrom} would read them; new tensors. With
 * `reuse` the given tensors are disposed, and where the backend can, the sums take their memory.
 */
export function addValues(
  tensors: readonly tf.Tensor[],
  source: Float32Array,
  { reuse = false }: AddOptions = {},
): tf.Tensor[] {
  requireList('addValues: tensors', tensors);
  requireList('addValues: source', source);
  checkSize('addValues', source, tensors);
  if (tensors.length === 0) return [];
  const sums = sumsOf(tensors, source, reuse);
  if (reuse) tf.dispose([...tensors]);
  return sums;
}

function sumsOf(tensors: readonly tf.Tensor[], source: Float32Array, reuse: boolean): tf.Tensor[] {
  if (hasKernel('MedsegAddValues')) {
    return runKernel('MedsegAddValues', [...tensors], { source, reuse } as unknown as tf.NamedAttrMap);
  }
  return tf.tidy(() => {
    const others = tensorsFrom(
      source,
      tensors.map(({ shape }) => shape),
    );
    return tensors.map((tensor, i) => tf.add(tensor, others[i]!));
  });
}

function checkSize(name: string, values: Float32Array, tensors: readonly { readonly size: number }[]): void {
  const size = tensors.reduce((sum, tensor) => sum + tensor.size, 0);
  if (values.length !== size) {
    throw new RangeError(`${name}: the array must have ${size} elements as the tensors, got ${values.length}`);
  }
}

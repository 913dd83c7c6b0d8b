import { FormatError, type NamedArray } from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The float32 values of an array of a file that must have a given shape. Throws FormatError where it is not there, differs,
 * or holds what is no finite number.
 */
export function requireWeights(
  arrays: ReadonlyMap<string, NamedArray>,
  name: string,
  shape: readonly number[],
  { what, file }: { what: string; file: string | undefined },
): Float32Array {
  const array = arrays.get(name);
  if (array === undefined) throw new FormatError(`a ${what} of this network must hold ${name}`, file);
  if (!(array.data instanceof Float32Array) || !tf.util.arraysEqual([...array.shape], [...shape])) {
    throw new FormatError(`${name} must be float32 of shape [${shape}], got [${array.shape}]`, file);
  }
  const at = array.data.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) {
    throw new FormatError(`${name} must hold finite numbers, got ${array.data[at]} at place ${at}`, file);
  }
  return array.data;
}

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
  if (array === undefined)
    throw new FormatError(`a ${what} of this network must hold ${name}${otherNames(arrays, name)}`, file);
  if (!(array.data instanceof Float32Array) || !tf.util.arraysEqual([...array.shape], [...shape])) {
    throw new FormatError(`${name} must be float32 of shape [${shape}], got [${array.shape}]`, file);
  }
  const at = array.data.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) {
    throw new FormatError(`${name} must hold finite numbers, got ${array.data[at]} at place ${at}`, file);
  }
  return array.data;
}

/** What the file holds instead, and why: layers without names have other names in every network. */
function otherNames(arrays: ReadonlyMap<string, NamedArray>, name: string): string {
  // TensorFlow.js calls them dense_Dense1, dense_Dense2, …
  const numbered = /_[A-Z][A-Za-z]*\d+[./]/;
  const kind = name.replace(numbered, ' ');
  const other = [...arrays.keys()].find((stored) => numbered.test(stored) && stored.replace(numbered, ' ') === kind);
  if (other === undefined) return '';
  return `, got ${other}: layers without names are numbered anew in each network; name them, or take modelVariables(model) of @medseg/layers`;
}

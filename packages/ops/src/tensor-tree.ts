import { kindOf, requireFunction } from '@medseg/arguments';
import * as tf from '@tensorflow/tfjs-core';

/** Tensors in nested arrays, plain objects and maps; places may be left empty. */
export type TensorTree =
  | tf.Tensor
  | null
  | undefined
  | readonly TensorTree[]
  | ReadonlyMap<string, TensorTree>
  | { readonly [name: string]: TensorTree };

/**
 * Runs `fn` and disposes every tensor that it made, except those in its result: `tf.tidy`, typed for results of any
 * form. Tensors are found in nested arrays, objects and maps; other values in them are left as they are. Throws
 * TypeError where `fn` returns a promise, because tensors that it makes later could not be seen.
 *
 * @example const { mean, maps } = tidy(() => ({ mean: tf.mean(x), maps: new Map([['x', tf.square(x)]]) }));
 */
export function tidy<T>(fn: () => T): T {
  requireFunction('tidy: fn', fn);
  let result!: T;
  tf.tidy(() => {
    result = fn();
    if (result instanceof Promise) throw new TypeError('tidy: fn must return its result, got a promise');
    return tensorsOf(result);
  });
  return result;
}

/**
 * Disposes every tensor of a tree, each once.
 *
 * @example dispose({ anchor, features: [fine, coarse] });
 */
export function dispose(tree: TensorTree): void {
  tf.dispose(tensorsOf(tree));
}

/**
 * A tree of the same form with each tensor replaced by what `fn` makes of it; maps and empty places stay.
 *
 * @example const copy = mapTensors(condition, (tensor) => tf.clone(tensor));
 */
export function mapTensors<T extends TensorTree>(tree: T, fn: (tensor: tf.Tensor) => tf.Tensor): T {
  requireFunction('mapTensors: fn', fn);
  const visit = (node: TensorTree): TensorTree => {
    if (node === null || node === undefined) return node;
    if (node instanceof tf.Tensor) return fn(node);
    if (typeof node !== 'object')
      throw new TypeError(`mapTensors: a tree must hold tensors alone, got ${kindOf(node)}`);
    if (isList(node)) return node.map(visit);
    if (isMap(node)) return new Map([...node].map(([name, child]) => [name, visit(child)]));
    return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, visit(child)]));
  };
  return visit(tree) as T;
}

function tensorsOf(value: unknown): tf.Tensor[] {
  const found: tf.Tensor[] = [];
  const seen = new Set<unknown>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || ArrayBuffer.isView(node) || seen.has(node)) return;
    seen.add(node);
    if (node instanceof tf.Tensor) found.push(node);
    else for (const child of node instanceof Map ? node.values() : Object.values(node)) visit(child);
  };
  visit(value);
  return found;
}

// `Array.isArray` does not narrow readonly arrays.
function isList(node: object): node is readonly TensorTree[] {
  return Array.isArray(node);
}

function isMap(node: object): node is ReadonlyMap<string, TensorTree> {
  return node instanceof Map;
}

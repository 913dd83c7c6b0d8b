import { repeatForMembers } from '@medseg/diffusion';
import * as tf from '@tensorflow/tfjs-core';
import type { TensorTree } from './segmentation-model.ts';

/** Repeats every [B, H, W, C] tensor of a condition for the members of an ensemble; see `repeatForMembers`. */
export function repeatCondition<C>(condition: C, members: number): C {
  const repeat = (node: TensorTree): TensorTree => {
    if (node instanceof tf.Tensor) return repeatForMembers(node as tf.Tensor4D, members);
    if (Array.isArray(node)) return node.map(repeat);
    return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, repeat(child)]));
  };
  return repeat(condition as TensorTree) as C;
}

import type { TensorTree } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';

/** The mask logits of a condition whose network has an anchor head. */
export function anchorOf(condition: TensorTree): tf.Tensor | undefined {
  if (typeof condition !== 'object' || condition === null || !('anchor' in condition)) return undefined;
  return condition.anchor instanceof tf.Tensor ? condition.anchor : undefined;
}

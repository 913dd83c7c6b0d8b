import { requireObject } from '@medseg/arguments';
import { repeatForMembers } from '@medseg/diffusion';
import { mapTensors, type TensorTree, tidy } from '@medseg/ops';

/**
 * Repeats every tensor of a condition, [B, ...] of any rank, for the members of an ensemble; see `repeatForMembers`. New
 * tensors, the caller's to dispose.
 *
 * @example const repeated = repeatCondition(network.encode(images), 5);
 */
export function repeatCondition<C extends TensorTree>(condition: C, members: number): C {
  requireObject('repeatCondition: condition', condition, []);
  return tidy(() => mapTensors(condition, (tensor) => repeatForMembers(tensor, members)));
}

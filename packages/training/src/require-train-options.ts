import { kindOf, requireOptions, requireSignal } from '@medseg/ops';
import { requireBudget } from './budget.ts';
import { requireTrainer } from './require-trainer.ts';
import type { Trainer } from './trainer.ts';
import type { Budget } from './trainer-progress.ts';

/** Throws where `train` lacks an argument or is given one that is something else. */
export function requireTrainOptions(
  trainer: Trainer,
  options: {
    readonly budget: Budget;
    readonly batchAt: unknown;
    readonly validate?: unknown;
    readonly replicas?: unknown;
    readonly signal?: unknown;
  },
  names: Readonly<Record<string, true>>,
): void {
  requireTrainer('train', trainer);
  requireOptions('train', options, names);
  const { budget, batchAt, validate, replicas, signal } = options;
  requireBudget('train', budget);
  if (typeof batchAt !== 'function') {
    throw new TypeError(`train: batchAt must be a function from a step to its batch, got ${kindOf(batchAt)}`);
  }
  if (validate !== undefined && typeof validate !== 'function') {
    throw new TypeError(`train: validate must be a function that returns a Dice, got ${kindOf(validate)}`);
  }
  if (replicas !== undefined && typeof (replicas as { gradients?: unknown } | null)?.gradients !== 'function') {
    throw new TypeError(
      `train: replicas must be what computes gradients, such as await ReplicaGroup.start(…), got ${kindOf(replicas)}`,
    );
  }
  requireSignal('train', signal);
}

import { kindOf, requireOptions, requireSignal } from '@medseg/ops';
import { requireTrainer } from './require-trainer.ts';
import type { Budget, Trainer } from './trainer.ts';

/** Throws where `train` lacks an argument or is given one that is something else. */
export function requireTrainOptions(
  trainer: Trainer,
  options: {
    readonly budget: Budget;
    readonly batchAt: unknown;
    readonly validate?: unknown;
    readonly signal?: unknown;
  },
  names: Readonly<Record<string, true>>,
): void {
  requireTrainer('train', trainer);
  requireOptions('train', options, names);
  const { budget, batchAt, validate, signal } = options;
  const { steps, minutes } = ((budget as Budget | undefined) ?? {}) as { steps?: number; minutes?: number };
  if ((steps === undefined) === (minutes === undefined)) {
    throw new TypeError(`train: budget must be { steps } or { minutes }, got ${JSON.stringify(budget) ?? 'undefined'}`);
  }
  if (typeof batchAt !== 'function') {
    throw new TypeError(`train: batchAt must be a function from a step to its batch, got ${kindOf(batchAt)}`);
  }
  if (validate !== undefined && typeof validate !== 'function') {
    throw new TypeError(`train: validate must be a function that returns a Dice, got ${kindOf(validate)}`);
  }
  requireSignal('train', signal);
}

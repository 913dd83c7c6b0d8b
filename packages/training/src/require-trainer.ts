import { kindOf } from '@medseg/ops';
import type { Trainer } from './trainer.ts';

/** Throws TypeError where something else is given in the place of a trainer. */
export function requireTrainer(who: string, trainer: Trainer): void {
  if ((trainer as Partial<Trainer> | null | undefined)?.learners === undefined) {
    throw new TypeError(`${who}: the first argument must be a Trainer, got ${kindOf(trainer)}`);
  }
}

import { kindOf } from '@medseg/ops';
import type { Trainer } from './trainer.ts';
import type { Anchored } from './two-phase-network.ts';

/** Throws TypeError where something else is given in the place of a trainer. */
export function requireTrainer<C extends Anchored>(who: string, trainer: Trainer<C>): void {
  if ((trainer as Partial<Trainer<C>> | null | undefined)?.learners === undefined) {
    throw new TypeError(`${who}: the first argument must be a Trainer, got ${kindOf(trainer)}`);
  }
}

/** Where training stands; with the tensors of a `Trainer` this is all that a checkpoint holds. */
export interface TrainerProgress {
  /** Optimisation steps done in all phases. */
  step: number;
  /** The name of the phase that is being trained. */
  phase: string;
  /** Share of the budget, 0 to 1, at which the present phase began. */
  phaseStart: number;
  /** Time spent training before this process, in milliseconds. */
  elapsed: number;
  /** Best validation score of the present phase, -1 before the first. */
  bestScore: number;
  /** Validations since the best one. */
  stale: number;
  /** Validations done in all phases. */
  validations: number;
  /** Whether every phase has ended. */
  finished: boolean;
  /** The budget that the shares are of; absent before training. */
  budget?: Budget;
}

/** When training ends: after a number of steps (repeatable to the bit) or a time, counted from the first step. */
export type Budget =
  | {
      /** Optimisation steps of all phases together. */
      readonly steps: number;
    }
  | {
      /** Minutes of training, earlier processes included. */
      readonly minutes: number;
    };

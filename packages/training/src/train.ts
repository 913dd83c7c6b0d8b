import { nextTask, type OptionNames } from '@medseg/ops';
import { adoptBudget, usedShare } from './budget.ts';
import { requireNumber } from './require-number.ts';
import { requireTrainOptions } from './require-train-options.ts';
import type { GradientSource } from './step-gradients.ts';
import type { Budget, Trainer } from './trainer.ts';
import type { TrainingBatch } from './training-batch.ts';

/** Options of {@link train}. */
export interface TrainOptions {
  /** Counted from the first step, earlier processes included; a larger one than before extends the training. */
  budget: Budget;
  /** The batch of a step; a pure function of the step, so that training resumes where it was. */
  batchAt(step: number): TrainingBatch | Promise<TrainingBatch>;
  /**
   * Mean Dice on the validation cases with the weights now in the model; called about `validations` times a run.
   * Default: no validation, and the last averaged weights are kept.
   */
  validate?(phase: string): Promise<number>;
  /** Validations over the whole budget. Default 20. */
  validations?: number;
  /** A phase ends early after this many validations without a better one; 0: never. */
  patience?: number;
  /** Computes the gradients on several threads; without it, this one does. */
  replicas?: GradientSource;
  /** Ends training after the present step. Default none. */
  signal?: AbortSignal;
  /** Milliseconds on any clock; for tests. Default `performance.now`. */
  now?(): number;
}

const optionNames: OptionNames<TrainOptions> = {
  budget: true,
  batchAt: true,
  validate: true,
  validations: true,
  patience: true,
  replicas: true,
  signal: true,
  now: true,
};

/** One step of training and what happened after it. */
export interface TrainEvent {
  /** Number of this step, from 1. */
  readonly step: number;
  /** The name of the phase that the step belongs to. */
  readonly phase: string;
  /** The loss before the step. */
  readonly loss: number;
  /** Euclidean norm of all gradients, before clipping. */
  readonly gradientNorm: number;
  /** The rate of this step. */
  readonly learningRate: number;
  /** Share of the budget used, 0 to 1. */
  readonly progress: number;
  /** Milliseconds of training, earlier processes included. */
  readonly elapsed: number;
  /** The validation after this step; absent where there was none. */
  readonly validation?: {
    /** What `validate` returned. */
    readonly dice: number;
    /** Whether it is the best of the phase so far. */
    readonly improved: boolean;
  };
}

/**
 * Trains until the budget is used, validating on the averaged weights, and yields after each step. The state is
 * consistent whenever it yields: a checkpoint taken there resumes to the same losses. Stops after the present step
 * when the signal is aborted. Between steps the event loop has its turn. Throws NonFiniteError on a loss that is no number.
 *
 * A budget that leaves more to do than the one before extends the training, also after its end: the present phase goes
 * on, with the learning rate of a schedule as long as the new budget, and lasts for its share of the new budget. Phases
 * that have ended stay ended. Throws RangeError for a budget that leaves less.
 */
export async function* train(trainer: Trainer, options: TrainOptions): AsyncGenerator<TrainEvent> {
  requireTrainOptions(trainer, options, optionNames);
  const {
    budget,
    batchAt,
    validate,
    validations = 20,
    patience = 0,
    replicas,
    signal,
    now = () => performance.now(),
  } = options;
  requireNumber('train: validations', validations, {});
  requireNumber('train: patience', patience, {});
  const state = trainer.progress;
  adoptBudget(state, budget, { validations });
  const before = state.elapsed;
  const started = now();
  const used = (): number => {
    state.elapsed = before + now() - started;
    return Math.min(1, usedShare(state, budget));
  };

  let progress = used();
  while (!state.finished && progress < 1 && !signal?.aborted) {
    const { phase, phaseStart } = state;
    const { phaseEnd } = trainer;
    const share = Math.min(1, Math.max(0, (progress - phaseStart) / (phaseEnd - phaseStart || 1)));
    const batch = await batchAt(state.step);
    const trained = replicas ? await trainer.stepOn(replicas, batch, share) : trainer.step(batch, share);
    progress = used();

    let validation: TrainEvent['validation'];
    const phaseOver = progress >= phaseEnd;
    if (validate !== undefined && (phaseOver || progress * validations >= state.validations + 1)) {
      const dice = await trainer.withAveragedWeights(() => validate(phase));
      requireNumber('train: what validate returns', dice, { most: 1 });
      validation = { dice, improved: trainer.noteScore(dice) };
      progress = used();
    }
    if (phaseOver || (patience > 0 && state.stale >= patience)) {
      if (trainer.nextPhase !== undefined && progress < 1) trainer.beginNextPhase(progress);
      else state.finished = true;
    }
    yield { step: state.step, phase, ...trained, progress, elapsed: state.elapsed, ...(validation && { validation }) };
    await nextTask();
  }
  if (progress >= 1) state.finished = true;
}

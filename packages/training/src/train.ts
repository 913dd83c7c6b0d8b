import { nextTask } from '@medseg/ops';
import type { GradientSource } from './step-gradients.ts';
import type { Trainer } from './trainer.ts';
import type { Anchored, Phase, TrainingBatch } from './two-phase-network.ts';

/** When training ends: after a number of steps (repeatable to the bit) or a time. */
export type Budget = { readonly steps: number } | { readonly minutes: number };

export interface TrainOptions {
  budget: Budget;
  /** The batch of a step; a pure function of the step, so that training resumes where it was. */
  batchAt(step: number): TrainingBatch | Promise<TrainingBatch>;
  /** Mean Dice on the validation cases with the weights now in the model; called about `validations` times a run. */
  validate?(phase: Phase): Promise<number>;
  validations?: number;
  /** Share of the budget given to the encoder's phase. */
  encoderShare?: number;
  /** A phase ends early after this many validations without a better one; 0: never. */
  patience?: number;
  /** Computes the gradients on several threads; without it, this one does. */
  replicas?: GradientSource;
  signal?: AbortSignal;
  /** Milliseconds on any clock; for tests. */
  now?(): number;
}

/** One step of training and what happened after it. */
export interface TrainEvent {
  /** Number of this step, from 1. */
  readonly step: number;
  readonly phase: Phase;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** Share of the budget used, 0 to 1. */
  readonly progress: number;
  /** Milliseconds of training, earlier processes included. */
  readonly elapsed: number;
  readonly validation?: { readonly dice: number; readonly improved: boolean };
}

/**
 * Trains until the budget is used, validating on the averaged weights, and yields after each step. The state is
 * consistent whenever it yields: a checkpoint taken there resumes to the same losses. Stops after the present step
 * when the signal is aborted. Between steps the event loop has its turn. Throws NonFiniteError on a loss that is no number.
 */
export async function* train<C extends Anchored>(
  trainer: Trainer<C>,
  {
    budget,
    batchAt,
    validate,
    validations = 20,
    encoderShare = 0.6,
    patience = 0,
    replicas,
    signal,
    now = () => performance.now(),
  }: TrainOptions,
): AsyncGenerator<TrainEvent> {
  checkBudget(budget);
  if (!(encoderShare > 0 && encoderShare <= 1)) {
    throw new RangeError(`train: encoderShare must be above 0 and at most 1, got ${encoderShare}`);
  }
  const state = trainer.progress;
  const before = state.elapsed;
  const started = now();
  const used = (): number => {
    state.elapsed = before + now() - started;
    return Math.min(1, 'steps' in budget ? state.step / budget.steps : state.elapsed / (budget.minutes * 60_000));
  };
  const end = (phase: Phase): number => (phase === 'encoder' ? encoderShare : 1);

  let progress = used();
  while (!state.finished && progress < 1 && !signal?.aborted) {
    const { phase, phaseStart } = state;
    const share = Math.min(1, Math.max(0, (progress - phaseStart) / (end(phase) - phaseStart || 1)));
    const batch = await batchAt(state.step);
    const trained = replicas ? await trainer.stepOn(replicas, batch, share) : trainer.step(batch, share);
    progress = used();

    let validation: TrainEvent['validation'];
    const phaseOver = progress >= end(phase);
    if (validate !== undefined && (phaseOver || progress * validations >= state.validations + 1)) {
      const dice = await trainer.withAveragedWeights(() => validate(phase));
      validation = { dice, improved: trainer.noteScore(dice) };
      progress = used();
    }
    if (phaseOver || (patience > 0 && state.stale >= patience)) {
      if (phase === 'encoder' && progress < 1) trainer.beginDenoiser(progress);
      else state.finished = true;
    }
    yield { step: state.step, phase, ...trained, progress, elapsed: state.elapsed, ...(validation && { validation }) };
    await nextTask();
  }
  if (progress >= 1) state.finished = true;
}

function checkBudget(budget: Budget): void {
  const [name, value, whole] =
    'steps' in budget ? (['steps', budget.steps, true] as const) : (['minutes', budget.minutes, false] as const);
  if (!(value > 0) || !Number.isFinite(value) || (whole && !Number.isInteger(value))) {
    throw new RangeError(`train: ${name} must be a positive ${whole ? 'whole ' : ''}number, got ${value}`);
  }
}

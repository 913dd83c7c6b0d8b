import { nextTask, type OptionNames } from '@medseg/ops';
import { adoptBudget, usedShare } from './budget.ts';
import { requireCount, requireNumber } from './require-number.ts';
import { requireTrainOptions } from './require-train-options.ts';
import type { GradientSource } from './step-gradients.ts';
import type { StepSamples } from './step-samples.ts';
import type { Trainer } from './trainer.ts';
import type { Budget } from './trainer-progress.ts';
import type { TrainingBatch } from './training-batch.ts';

/** Options of {@link train}. */
export interface TrainOptions {
  /** Counted from the first step, earlier processes included; a larger one than before extends the training. */
  budget: Budget;
  /**
   * The batch of a step; a pure function of the step, so that training resumes where it was. With `accumulate` n, step s
   * takes the batches n s to n s + n - 1.
   */
  batchAt(step: number): TrainingBatch | Promise<TrainingBatch>;
  /**
   * Batches of a step, computed one after the other: their gradients are averaged over all samples, so that the step is
   * that of one batch as large as all, in the memory of one. Default 1.
   */
  accumulate?: number;
  /**
   * Mean Dice on the validation cases with the weights now in the model; called about `validations` times a run.
   * Default: no validation, and the last averaged weights are kept. With `moreAverages` it is called for each average.
   */
  validate?(phase: string): Promise<number>;
  /**
   * Validations over the whole budget, about. Of a budget in minutes they take a fifth at most, but for the one at the end
   * of a phase: there are fewer where they take long. Default 20.
   */
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
  accumulate: true,
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
  /** The loss of each sample of the step, with its time where there is one; absent where the phase tells none. */
  readonly samples?: StepSamples;
  /** Share of the budget used, 0 to 1. */
  readonly progress: number;
  /** Milliseconds of training, earlier processes included. */
  readonly elapsed: number;
  /** The validation after this step; absent where there was none. */
  readonly validation?: {
    /** What `validate` returned; of several averages the best. */
    readonly dice: number;
    /** Whether it is the best of the phase so far. */
    readonly improved: boolean;
    /** What `validate` returned for each average, by its limit; absent where there is one. */
    readonly averages?: readonly {
      /** The limit of the average's decay. */
      readonly limit: number;
      /** What `validate` returned. */
      readonly dice: number;
    }[];
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
    accumulate = 1,
    validate,
    validations = 20,
    patience = 0,
    replicas,
    signal,
    now = () => performance.now(),
  } = options;
  requireNumber('train: validations', validations, {});
  requireNumber('train: patience', patience, {});
  requireCount('train: accumulate', accumulate);
  if (validate === undefined) refusePlateau(trainer);
  const state = trainer.progress;
  adoptBudget(state, budget, { validations });
  const before = state.elapsed;
  const started = now();
  const used = (): number => {
    state.elapsed = before + now() - started;
    return Math.min(1, usedShare(state, budget));
  };

  // What takes time decides nothing where the budget is in steps: they are to be repeatable.
  const isRepeatable = 'steps' in budget;
  const fifth = (elapsed: number): number => (elapsed - before) / 5;
  let validating = 0;
  let progress = used();
  while (!state.finished && progress < 1 && !signal?.aborted) {
    const { phase, phaseStart } = state;
    const { phaseEnd } = trainer;
    const share = Math.min(1, Math.max(0, (progress - phaseStart) / (phaseEnd - phaseStart || 1)));
    const batch: TrainingBatch[] = [];
    for (let i = 0; i < accumulate; i++) batch.push(await batchAt(state.step * accumulate + i));
    const trained = replicas ? await trainer.stepOn(replicas, batch, share) : trainer.step(batch, share);
    progress = used();

    let validation: TrainEvent['validation'];
    const phaseOver = progress >= phaseEnd;
    const isDue =
      progress * validations >= state.validations + 1 && (isRepeatable || validating <= fifth(state.elapsed));
    if (validate !== undefined && (phaseOver || isDue)) {
      const begun = now();
      validation = await validationOf(trainer, () => validate(phase));
      validating += now() - begun;
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

/** Validates each average of the present phase; the best is noted. */
async function validationOf(
  trainer: Trainer,
  validate: () => Promise<number>,
): Promise<NonNullable<TrainEvent['validation']>> {
  const averages: { limit: number; dice: number }[] = [];
  for (const [place, limit] of trainer.averageLimits.entries()) {
    const dice = await trainer.withAveragedWeights(validate, place);
    requireNumber('train: what validate returns', dice, { most: 1 });
    averages.push({ limit, dice });
  }
  const dice = Math.max(...averages.map((average) => average.dice));
  const best = averages.findIndex((average) => average.dice === dice);
  return { dice, improved: trainer.noteScore(dice, best), ...(averages.length > 1 && { averages }) };
}

/** Throws RangeError where a learning rate waits for scores that nobody gives. */
function refusePlateau({ learners }: Trainer): void {
  const waiting = [...learners].find(([, { plateau }]) => plateau);
  if (waiting) throw new RangeError(`train: plateau of the phase ${waiting[0]} needs validate, got none`);
}

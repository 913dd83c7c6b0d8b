import type { Activation, Schedule } from '@medseg/diffusion';
import { kindOf, type OptionNames, requireBackend, requireOneOf, requireOptions } from '@medseg/ops';
import { createRandom, type Random } from '@medseg/random';
import { learningRate } from './learning-rate.ts';
import { NonFiniteError } from './non-finite-error.ts';
import { drawDenoising } from './objectives.ts';
import { PhaseLearner, type PhaseLearnerOptions, phaseLearnerOptionNames, type UpdateReport } from './phase-learner.ts';
import { requireBatch } from './require-batch.ts';
import { requireNumber } from './require-number.ts';
import {
  type GradientSource,
  type StepGradients,
  type StepInput,
  type StepProcess,
  stepGradients,
} from './step-gradients.ts';
import {
  type Anchored,
  type Phase,
  requireTwoPhases,
  type TrainingBatch,
  type TwoPhaseNetwork,
} from './two-phase-network.ts';

/** Options of a {@link Trainer}. */
export interface TrainerOptions extends PhaseLearnerOptions {
  /** The noise of each training step. */
  schedule: Schedule;
  /** Seed of the times and the noise; each step draws from a stream of its own, so the step is the whole random state. */
  seed: number;
  /** Peak learning rate of each phase. Default 2e-3. */
  learningRate?: number;
  /** Share of the denoiser's steps that start from the network's own prediction, 0 to 1. Default 0.5. */
  recycling?: number;
  /** How mask logits become probabilities: of each class by itself, or of classes that exclude each other. Default 'sigmoid'. */
  activation?: Activation;
}

const optionNames: OptionNames<TrainerOptions> = {
  ...phaseLearnerOptionNames,
  schedule: true,
  seed: true,
  learningRate: true,
  recycling: true,
  activation: true,
};

/** What {@link Trainer.step} did. */
export interface TrainedStep extends UpdateReport {
  /** The rate of this step. */
  readonly learningRate: number;
}

/** Where training stands; with the tensors of a {@link Trainer} this is all that a checkpoint holds. */
export interface TrainerProgress {
  /** Optimisation steps done in both phases. */
  step: number;
  /** The phase that is being trained. */
  phase: Phase;
  /** Share of the budget, 0 to 1, at which the present phase began. */
  phaseStart: number;
  /** Time spent training before this process, in milliseconds. */
  elapsed: number;
  /** Best validation score of the present phase, -1 before the first. */
  bestScore: number;
  /** Validations since the best one. */
  stale: number;
  /** Validations done in both phases. */
  validations: number;
  /** Whether both phases have ended. */
  finished: boolean;
  /** The budget that the shares are of; absent before training. */
  budget?: Budget;
}

/** When training ends: after a number of steps (repeatable to the bit) or a time, counted from the first step. */
export type Budget =
  | {
      /** Optimisation steps of both phases together. */
      readonly steps: number;
    }
  | {
      /** Minutes of training, earlier processes included. */
      readonly minutes: number;
    };

/** Optimises a network in two phases, one step per call. */
export class Trainer<C extends Anchored> {
  /** Optimiser, averages and best weights of each phase. */
  readonly learners: Readonly<Record<Phase, PhaseLearner>>;
  /** Where training stands. */
  readonly progress: TrainerProgress = {
    step: 0,
    phase: 'encoder',
    phaseStart: 0,
    elapsed: 0,
    bestScore: -1,
    stale: 0,
    validations: 0,
    finished: false,
  };
  private readonly random: Random;
  private readonly process: StepProcess;

  /** Throws TypeError for a network that does not predict mask logits. */
  constructor(
    readonly model: TwoPhaseNetwork<C>,
    private readonly options: TrainerOptions,
  ) {
    requireTwoPhases(model);
    requireOptions('Trainer', options, optionNames);
    const {
      schedule,
      seed: _,
      learningRate: peak = 2e-3,
      recycling = 0.5,
      activation = 'sigmoid',
      ...learner
    } = options;
    if (!((schedule as Partial<Schedule> | undefined)?.alphasCumprod instanceof Float64Array)) {
      throw new TypeError(`Trainer: schedule must be a schedule, such as cosineSchedule(), got ${kindOf(schedule)}`);
    }
    requireNumber('Trainer: learningRate', peak, {});
    requireOneOf('Trainer: activation', activation, ['sigmoid', 'softmax']);
    if (!(recycling >= 0 && recycling <= 1)) {
      throw new RangeError(`Trainer: recycling must be from 0 to 1, got ${recycling}`);
    }
    requireBackend('Trainer');
    this.random = createRandom(options.seed);
    this.process = { schedule, activation };
    this.learners = {
      encoder: new PhaseLearner(model.encoderVariables(), learner),
      denoiser: new PhaseLearner(model.denoiserVariables(), learner),
    };
  }

  /**
   * One optimisation step of the present phase. phaseProgress: share of the phase done, 0 to 1.
   * Throws NonFiniteError, leaving every weight as it was, where the loss or a gradient is not finite.
   */
  step(batch: TrainingBatch, phaseProgress: number): TrainedStep {
    return this.apply(stepGradients(this.model, this.inputOf(batch), this.process), batch, phaseProgress);
  }

  /** {@link step} with the gradients of several threads, such as a ReplicaGroup's. */
  async stepOn(source: GradientSource, batch: TrainingBatch, phaseProgress: number): Promise<TrainedStep> {
    const input = this.inputOf(batch);
    const updated = (): void => source.publish?.(input.phase);
    return this.apply(await source.gradients(input), batch, phaseProgress, updated);
  }

  private inputOf(batch: TrainingBatch): StepInput {
    requireBatch(batch, this.model);
    const { phase, step } = this.progress;
    if (phase === 'encoder') return { phase, batch };
    const [count] = batch.imageShape;
    const draw = drawDenoising(count, batch.masks.length / count, {
      schedule: this.options.schedule,
      random: this.random.fork(`step ${step}`),
      recycling: this.options.recycling ?? 0.5,
    });
    return { phase, batch, draw };
  }

  private apply(
    { loss, gradients }: StepGradients,
    batch: TrainingBatch,
    phaseProgress: number,
    updated?: () => void,
  ): TrainedStep {
    const rate = learningRate(phaseProgress, { peak: this.options.learningRate ?? 2e-3 });
    const report = this.learners[this.progress.phase].apply(loss, gradients, rate, updated);
    for (const gradient of gradients.values()) gradient.dispose();
    if (!Number.isFinite(report.loss)) throw new NonFiniteError(this.progress.step, batch.ids, 'the loss');
    if (!Number.isFinite(report.gradientNorm)) throw new NonFiniteError(this.progress.step, batch.ids, 'a gradient');
    this.progress.step++;
    return { ...report, learningRate: rate };
  }

  /** Ends the encoder's phase: its best weights are adopted and frozen, and the denoiser's phase begins. */
  beginDenoiser(at: number): void {
    this.learners.encoder.adoptBest();
    Object.assign(this.progress, { phase: 'denoiser', phaseStart: at, bestScore: -1, stale: 0 });
  }

  /** Runs `work` with the averaged weights of the present phase in place of the trained ones. */
  async withAveragedWeights<T>(work: () => Promise<T>): Promise<T> {
    const { average } = this.learners[this.progress.phase];
    average.swap();
    try {
      return await work();
    } finally {
      average.swap();
    }
  }

  /** Notes a validation score; the averaged weights are kept where it is the best of the phase. */
  noteScore(score: number): boolean {
    this.progress.validations++;
    const improved = score > this.progress.bestScore;
    if (improved) {
      this.progress.bestScore = score;
      this.progress.stale = 0;
      this.learners[this.progress.phase].keepBest();
    } else {
      this.progress.stale++;
    }
    return improved;
  }

  /** Disposes optimisers, averages and best weights; the network stays. */
  dispose(): void {
    this.learners.encoder.dispose();
    this.learners.denoiser.dispose();
  }
}

import { type OptionNames, requireBackend, requireOptions } from '@medseg/ops';
import { createRandom, type Random } from '@medseg/random';
import { GradientSum, joinBatches, partsOf } from './accumulate.ts';
import { learningRate } from './learning-rate.ts';
import { NonFiniteError } from './non-finite-error.ts';
import { PhaseLearner, type UpdateReport } from './phase-learner.ts';
import {
  type Draw,
  type PhaseMemory,
  phaseEnds,
  phaseOf,
  type Recipe,
  type RecipePhase,
  requireRecipe,
  stateOf,
} from './recipe.ts';
import { requireBatch } from './require-batch.ts';
import { requireDraw } from './require-draw.ts';
import { requireNumber } from './require-number.ts';
import { type GradientSource, type StepGradients, stepGradients } from './step-gradients.ts';
import type { StepInput } from './step-input.ts';
import { type StepSamples, samplesOf } from './step-samples.ts';
import type { TrainerProgress } from './trainer-progress.ts';
import type { CheckedBatch, TrainingBatch } from './training-batch.ts';

/** Options of a {@link Trainer}. */
export interface TrainerOptions {
  /** Seed of what the phases draw; each step draws from a stream of its own, so the step is the whole random state. */
  seed: number;
}

const optionNames: OptionNames<TrainerOptions> = { seed: true };

/** What {@link Trainer.step} did. */
export interface TrainedStep extends UpdateReport {
  /** The rate of this step. */
  readonly learningRate: number;
  /** The loss of each sample; absent where the phase tells none. */
  readonly samples?: StepSamples;
}

/** Optimises a network as a recipe says, one step per call. */
export class Trainer {
  /** Optimiser, averages and best weights of each phase, by its name. */
  readonly learners: ReadonlyMap<string, PhaseLearner>;
  /** What each phase remembers from step to step, by its name; phases that remember nothing are not in it. */
  readonly memories: ReadonlyMap<string, PhaseMemory>;
  /** Where training stands. */
  readonly progress: TrainerProgress;
  /** The seed that it was made with. */
  readonly seed: number;
  private readonly random: Random;
  private readonly ends: ReadonlyMap<string, number>;

  /**
   * `recipe`: the network and the phases in which it is trained; `options.seed`: of what they draw. Throws TypeError or
   * RangeError for a recipe that cannot be trained.
   */
  constructor(
    /** What it was made with: the network and the phases in which it is trained. */
    readonly recipe: Recipe,
    options: TrainerOptions,
  ) {
    requireRecipe('Trainer', recipe);
    requireOptions('Trainer', options, optionNames);
    requireBackend('Trainer');
    this.seed = options.seed;
    this.random = createRandom(options.seed);
    this.ends = phaseEnds(recipe);
    this.learners = new Map(
      recipe.phases.map(({ name, variables, learner }) => [name, new PhaseLearner(variables, learner)]),
    );
    this.memories = new Map(recipe.phases.flatMap(({ name, memory }) => (memory ? [[name, memory()] as const] : [])));
    this.progress = {
      step: 0,
      phase: recipe.phases.find(({ share = 1 }) => share > 0)!.name,
      phaseStart: 0,
      elapsed: 0,
      bestScore: -1,
      stale: 0,
      validations: 0,
      finished: false,
    };
  }

  /** The learner of the present phase. */
  private get learner(): PhaseLearner {
    return this.learners.get(this.progress.phase)!;
  }

  /** Share of the budget, 0 to 1, at which the present phase ends unless it ends early. */
  get phaseEnd(): number {
    return this.ends.get(this.progress.phase)!;
  }

  /** The name of the phase after the present one; undefined in the last. */
  get nextPhase(): string | undefined {
    const { phases } = this.recipe;
    const at = phases.findIndex(({ name }) => name === this.progress.phase);
    return phases.slice(at + 1).find(({ share = 1 }) => share > 0)?.name;
  }

  /**
   * One optimisation step of the present phase. Several batches are one batch that is computed in parts: gradients and
   * state are the means over all samples. phaseProgress: share of the phase done, 0 to 1.
   * Throws NonFiniteError, leaving every weight as it was, where the loss or a gradient is not finite.
   */
  step(batch: TrainingBatch | readonly TrainingBatch[], phaseProgress: number): TrainedStep {
    const step = this.begin(batch, phaseProgress);
    const sum = new GradientSum();
    try {
      for (const part of step.parts) sum.add(stepGradients(this.recipe, part));
    } catch (error) {
      sum.dispose();
      throw error;
    }
    return this.finish(step, sum.total);
  }

  /** {@link step} with the gradients of several threads, such as a ReplicaGroup's. */
  async stepOn(
    source: GradientSource,
    batch: TrainingBatch | readonly TrainingBatch[],
    phaseProgress: number,
  ): Promise<TrainedStep> {
    const step = this.begin(batch, phaseProgress);
    const sum = new GradientSum();
    try {
      for (const part of step.parts) sum.add(await source.gradients(part));
    } catch (error) {
      sum.dispose();
      throw error;
    }
    return this.finish(step, sum.total, () => source.publish?.(step.phase));
  }

  private rateAt(phaseProgress: number): number {
    const { phase } = this;
    const rate = phase.learningRate?.(phaseProgress) ?? learningRate(phaseProgress, { peak: 2e-3 });
    requireNumber(`Trainer: learningRate of the phase ${phase.name}`, rate, {});
    return rate * this.learner.rateScale;
  }

  private begin(batch: TrainingBatch | readonly TrainingBatch[], phaseProgress: number): BegunStep {
    const rate = this.rateAt(phaseProgress);
    const batches: readonly TrainingBatch[] = Array.isArray(batch) ? batch : [batch];
    if (batches.length === 0) throw new RangeError('train: a step must have at least one batch, got none');
    for (const each of batches) requireBatch(each, this.recipe.network);
    const joined = joinBatches(batches as readonly CheckedBatch[]);
    const { phase, step } = this.progress;
    const [count] = joined.imageShape;
    const random = this.random.fork(`step ${step}`);
    const draw = this.phase.draw?.(count, joined.masks.length / count, random, this.memories.get(phase));
    if (draw !== undefined) requireDraw(phase, draw, count);
    const input = { phase, batch: joined, ...(draw && { draw }), layers: random.fork('layers').state() };
    const counts = batches.map(({ imageShape }) => imageShape[0]!);
    return { rate, phase, ids: joined.ids, draw, parts: partsOf(input, counts) };
  }

  private get phase(): RecipePhase {
    return phaseOf(this.recipe, this.progress.phase);
  }

  private finish(
    { rate, ids, draw }: BegunStep,
    { loss, gradients, state, losses }: StepGradients,
    updated?: () => void,
  ): TrainedStep {
    const { phase, progress } = this;
    const refuse = (what: string): never => {
      throw new NonFiniteError(progress.step, ids, what);
    };
    try {
      if (!Number.isFinite(loss)) refuse('the loss');
      if (losses?.every(Number.isFinite) === false) refuse('the loss of a sample');
      const spoilt = [...state].find(([, value]) => !value.dataSync<'float32'>().every(Number.isFinite));
      if (spoilt) refuse(spoilt[0]);
      const report = this.learner.apply(loss, gradients, rate, updated);
      if (!Number.isFinite(report.gradientNorm)) refuse('a gradient');
      for (const [name, variable] of stateOf(phase)) variable.assign(state.get(name)!);
      if (losses) this.memories.get(phase.name)?.note(draw ?? {}, losses);
      progress.step++;
      return { ...report, learningRate: rate, ...(losses && { samples: samplesOf(losses, draw) }) };
    } finally {
      for (const tensor of [...gradients.values(), ...state.values()]) tensor.dispose();
    }
  }

  /**
   * Ends the present phase, whose best weights are adopted, and begins the next one at a share of the budget. Throws
   * RangeError in the last phase.
   */
  beginNextPhase(at: number): void {
    const phase = this.nextPhase;
    if (phase === undefined) throw new RangeError(`Trainer: ${this.progress.phase} is the last phase`);
    this.learner.adoptBest();
    Object.assign(this.progress, { phase, phaseStart: at, bestScore: -1, stale: 0 });
    this.learner.begin();
  }

  /** Limits of the averages of the present phase: `averageLimit`, then those of `moreAverages`. */
  get averageLimits(): readonly number[] {
    return this.learner.averages.map(({ limit }) => limit);
  }

  /**
   * Runs `work` with the averaged weights of the present phase in place of the trained ones: those of `averageLimit`, or
   * of another place in `averageLimits`.
   */
  async withAveragedWeights<T>(work: () => Promise<T>, place = 0): Promise<T> {
    const average = this.learner.averages[place];
    if (average === undefined) {
      const count = this.learner.averages.length;
      throw new RangeError(`Trainer: the place of an average must be a whole number below ${count}, got ${place}`);
    }
    average.swap();
    try {
      return await work();
    } finally {
      average.swap();
    }
  }

  /**
   * Notes a validation score; the averaged weights that it is of, by their place in `averageLimits`, are kept where it is
   * the best of the phase.
   */
  noteScore(score: number, place = 0): boolean {
    this.progress.validations++;
    this.learner.plateau?.note(score);
    const improved = score > this.progress.bestScore;
    if (improved) {
      this.progress.bestScore = score;
      this.progress.stale = 0;
      this.learner.keepBest(place);
    } else {
      this.progress.stale++;
    }
    return improved;
  }

  /** Disposes optimisers, averages and best weights; the network stays. */
  dispose(): void {
    for (const learner of this.learners.values()) learner.dispose();
  }
}

/** A step whose gradients are still to be computed. */
interface BegunStep {
  readonly rate: number;
  readonly phase: string;
  readonly ids: readonly string[];
  readonly draw: Draw | undefined;
  /** Its batches, each with its part of what was drawn. */
  readonly parts: readonly StepInput[];
}

import { requireObject } from '@medseg/arguments';
import { globalNorm, kindOf, type OptionNames, requireOptions } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { copyTensor } from './copy-tensor.ts';
import { MovingAverage } from './moving-average.ts';
import { createOptimizer, type OptimizerOptions, optimizerOptionNames } from './optimizers/create-optimizer.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { Plateau, type PlateauOptions } from './plateau.ts';
import { requireNumber } from './require-number.ts';

/** Options of {@link PhaseLearner}. */
export interface PhaseLearnerOptions extends OptimizerOptions {
  /** Largest global norm of the gradients; larger ones are scaled down to it. Infinity: none are. Default 1. */
  clipNorm?: number;
  /** Upper limit of the moving average's decay. Default 0.9999. */
  averageLimit?: number;
  /**
   * Whether the decay of the averages rises to its limit, by `averageDecay`; otherwise it is the limit from the first step
   * on, as guided-diffusion's. Default true.
   */
  averageWarmUp?: boolean;
  /**
   * Limits of further averages, each the memory of the weights once more. `train` validates all of them: the best one is
   * kept as best. Without validation the first, of `averageLimit`, is kept. Default none.
   */
  moreAverages?: readonly number[];
  /** Reduces the learning rate when the validation score stops rising; needs `validate`. Default: it is not reduced. */
  plateau?: PlateauOptions;
}

export const phaseLearnerOptionNames: OptionNames<PhaseLearnerOptions> = {
  ...optimizerOptionNames,
  clipNorm: true,
  averageLimit: true,
  averageWarmUp: true,
  moreAverages: true,
  plateau: true,
};

/** What one step of optimisation came to. */
export interface UpdateReport {
  /** The loss before the step. */
  readonly loss: number;
  /** Euclidean norm of all gradients, before clipping. */
  readonly gradientNorm: number;
}

/** The variables that one phase trains, with their optimiser, moving averages and best weights so far. */
export class PhaseLearner {
  /** The optimiser of its variables. */
  readonly optimizer: Optimizer;
  /** Moving averages of its variables: that of `averageLimit`, then those of `moreAverages`. */
  readonly averages: readonly [MovingAverage, ...MovingAverage[]];
  /** Copies of the averaged weights at the best validation; empty before the first. */
  readonly best: Map<string, tf.Tensor> = new Map();
  /** What reduces the learning rate; undefined where nothing does. */
  readonly plateau: Plateau | undefined;
  private readonly clipNorm: number;

  /** `variables`: those that the phase trains, by name. Throws TypeError or RangeError for options out of range. */
  constructor(
    /** What it trains, by name. */
    readonly variables: ReadonlyMap<string, tf.Variable>,
    options: PhaseLearnerOptions = {},
  ) {
    requireObject('PhaseLearner: variables', variables, ['get', 'size']);
    requireOptions('PhaseLearner', options, phaseLearnerOptionNames);
    const {
      clipNorm = 1,
      averageLimit = 0.9999,
      averageWarmUp: warmUp = true,
      moreAverages = [],
      plateau,
      ...optimizer
    } = options;
    requireNumber('PhaseLearner: clipNorm', clipNorm, { above: 0, most: Number.POSITIVE_INFINITY });
    requireNumber('PhaseLearner: averageLimit', averageLimit, { most: 1 });
    if (typeof warmUp !== 'boolean') {
      throw new TypeError(`PhaseLearner: averageWarmUp must be true or false, got ${kindOf(warmUp)}`);
    }
    requireLimits(averageLimit, moreAverages);
    this.plateau = plateau && new Plateau('PhaseLearner', plateau);
    this.optimizer = createOptimizer('PhaseLearner', variables, optimizer);
    this.averages = [
      new MovingAverage(variables, averageLimit, { warmUp }),
      ...moreAverages.map((limit) => new MovingAverage(variables, limit, { warmUp })),
    ];
    this.clipNorm = clipNorm;
  }

  /** The moving averages of `averageLimit`. */
  get average(): MovingAverage {
    return this.averages[0];
  }

  /** What the learning rate is multiplied by: 1 until a plateau has reduced it. */
  get rateScale(): number {
    return this.plateau?.state.scale ?? 1;
  }

  /**
   * One step down the gradients of a loss, by the names of the variables; the gradients stay the caller's. Where the loss
   * or a gradient is not finite nothing changes, and the report says so. `updated` is called whenever some more variables
   * have their new values.
   */
  apply(
    loss: number,
    gradients: ReadonlyMap<string, tf.Tensor>,
    learningRate: number,
    updated?: () => void,
  ): UpdateReport {
    const report = { loss, gradientNorm: globalNorm([...gradients.values()]) };
    if (Number.isFinite(report.loss) && Number.isFinite(report.gradientNorm)) {
      const gradientScale = Math.min(1, this.clipNorm / Math.max(report.gradientNorm, 1e-12));
      this.optimizer.apply(gradients, learningRate, { gradientScale, ...(updated && { updated }) });
      for (const average of this.averages) average.update();
    }
    return report;
  }

  /** Starts from the present values: those that an earlier phase has changed. */
  begin(): void {
    this.setAverages(this.variables);
  }

  /** Remembers averaged weights as the best so far: those of `averageLimit`, or of another of the `averages`. */
  keepBest(average: number = 0): void {
    this.disposeBest();
    for (const [name, tensor] of this.averages[average]!.values()) {
      this.best.set(name, copyTensor(tensor));
    }
  }

  /** Puts the best weights, or the averages where none were kept, into the variables and the averages. */
  adoptBest(): void {
    if (this.best.size === 0) this.keepBest();
    for (const [name, variable] of this.variables) variable.assign(this.best.get(name)!);
    this.setAverages(this.best);
  }

  /** Disposes the optimiser's state, averages and best weights; the variables stay. */
  dispose(): void {
    this.optimizer.dispose();
    for (const average of this.averages) average.dispose();
    this.disposeBest();
  }

  private setAverages(values: ReadonlyMap<string, tf.Tensor>): void {
    for (const average of this.averages) {
      for (const name of this.variables.keys()) average.set(name, values.get(name)!);
    }
  }

  private disposeBest(): void {
    for (const tensor of this.best.values()) tensor.dispose();
    this.best.clear();
  }
}

function requireLimits(first: number, more: readonly number[]): void {
  if (!Array.isArray(more)) {
    throw new TypeError(`PhaseLearner: moreAverages must be a list of limits, got ${kindOf(more)}`);
  }
  for (const limit of more) requireNumber('PhaseLearner: a limit of moreAverages', limit, { most: 1 });
  const twice = [first, ...more].find((limit, i, all) => all.indexOf(limit) !== i);
  if (twice !== undefined) throw new RangeError(`PhaseLearner: the limits of averages must differ, got ${twice} twice`);
}

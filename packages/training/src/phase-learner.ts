import { requireObject } from '@medseg/arguments';
import { globalNorm, type OptionNames, requireOptions } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { AdamWOptimizer, type AdamWOptions, adamWOptionNames } from './adam-w-optimizer.ts';
import { copyTensor } from './copy-tensor.ts';
import { MovingAverage } from './moving-average.ts';
import { requireNumber } from './require-number.ts';

/** Options of {@link PhaseLearner}. */
export interface PhaseLearnerOptions extends AdamWOptions {
  /** Largest global norm of the gradients; larger ones are scaled down to it. Infinity: none are. Default 1. */
  clipNorm?: number;
  /** Upper limit of the moving average's decay. Default 0.9999. */
  averageLimit?: number;
}

export const phaseLearnerOptionNames: OptionNames<PhaseLearnerOptions> = {
  ...adamWOptionNames,
  clipNorm: true,
  averageLimit: true,
};

/** What one step of optimisation came to. */
export interface UpdateReport {
  /** The loss before the step. */
  readonly loss: number;
  /** Euclidean norm of all gradients, before clipping. */
  readonly gradientNorm: number;
}

/** The variables that one phase trains, with their optimiser, moving average and best weights so far. */
export class PhaseLearner {
  /** The optimiser of its variables. */
  readonly optimizer: AdamWOptimizer;
  /** Moving averages of its variables. */
  readonly average: MovingAverage;
  /** Copies of the averaged weights at the best validation; empty before the first. */
  readonly best: Map<string, tf.Tensor> = new Map();
  private readonly clipNorm: number;

  /** `variables`: those that the phase trains, by name. Throws TypeError or RangeError for options out of range. */
  constructor(
    /** What it trains, by name. */
    readonly variables: ReadonlyMap<string, tf.Variable>,
    options: PhaseLearnerOptions = {},
  ) {
    requireObject('PhaseLearner: variables', variables, ['get', 'size']);
    requireOptions('PhaseLearner', options, phaseLearnerOptionNames);
    const { clipNorm = 1, averageLimit = 0.9999, ...adamW } = options;
    requireNumber('PhaseLearner: clipNorm', clipNorm, { above: 0, most: Number.POSITIVE_INFINITY });
    requireNumber('PhaseLearner: averageLimit', averageLimit, { most: 1 });
    this.optimizer = new AdamWOptimizer(variables, adamW);
    this.average = new MovingAverage(variables, averageLimit);
    this.clipNorm = clipNorm;
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
      this.average.update();
    }
    return report;
  }

  /** Starts from the present values: those that an earlier phase has changed. */
  begin(): void {
    for (const [name, variable] of this.variables) this.average.set(name, variable);
  }

  /** Remembers the averaged weights as the best so far. */
  keepBest(): void {
    this.disposeBest();
    for (const [name, average] of this.average.values()) {
      this.best.set(name, copyTensor(average));
    }
  }

  /** Puts the best weights, or the averages where none were kept, into the variables and the averages. */
  adoptBest(): void {
    if (this.best.size === 0) this.keepBest();
    for (const [name, variable] of this.variables) {
      variable.assign(this.best.get(name)!);
      this.average.set(name, this.best.get(name)!);
    }
  }

  /** Disposes moments, averages and best weights; the variables stay. */
  dispose(): void {
    this.optimizer.dispose();
    this.average.dispose();
    this.disposeBest();
  }

  private disposeBest(): void {
    for (const tensor of this.best.values()) tensor.dispose();
    this.best.clear();
  }
}

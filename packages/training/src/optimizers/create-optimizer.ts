import { type OptionNames, requireOneOf } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { AdamOptimizer } from './adam-optimizer.ts';
import { AdamWOptimizer } from './adam-w-optimizer.ts';
import { type MomentOptions, momentOptionNames } from './moment-optimizer.ts';
import type { Decays, Optimizer, OptimizerName } from './optimizer.ts';
import { SgdOptimizer } from './sgd-optimizer.ts';

/** Which optimiser, and its numbers; those that are another one's are refused. */
export interface OptimizerOptions extends MomentOptions {
  /** AdamW, PyTorch's Adam, or PyTorch's SGD with momentum. Default 'adamw'. */
  optimizer?: OptimizerName;
  /** Of SGD: share of the last update's direction that the next one keeps. Default 0.9. */
  momentum?: number;
  /** Weight decay: decoupled for AdamW, default 1e-4; added to the gradient for Adam and SGD, default 0. */
  weightDecay?: number;
  /**
   * Which weights decay: those of two axes or more, so that biases and normalisations are spared, or all, as in PyTorch.
   * Default 'matrices' for AdamW, 'all' for Adam and SGD.
   */
  decays?: Decays;
}

export const optimizerOptionNames: OptionNames<OptimizerOptions> = {
  optimizer: true,
  ...momentOptionNames,
  momentum: true,
  weightDecay: true,
  decays: true,
};

/** The optimiser that options ask for. Throws RangeError for an option of another one. */
export function createOptimizer(
  who: string,
  variables: ReadonlyMap<string, tf.Variable>,
  options: OptimizerOptions,
): Optimizer {
  const { optimizer = 'adamw', momentum, ...rest } = options;
  requireOneOf(`${who}: optimizer`, optimizer, ['adamw', 'adam', 'sgd']);
  if (optimizer !== 'sgd') {
    if (momentum !== undefined) throw new RangeError(`${who}: momentum needs optimizer 'sgd', got '${optimizer}'`);
    return optimizer === 'adamw' ? new AdamWOptimizer(variables, rest) : new AdamOptimizer(variables, rest);
  }
  const { beta1, beta2, epsilon, ...decay } = rest;
  for (const [name, value] of Object.entries({ beta1, beta2, epsilon })) {
    if (value !== undefined) throw new RangeError(`${who}: ${name} needs optimizer 'adamw' or 'adam', got 'sgd'`);
  }
  return new SgdOptimizer(variables, { ...decay, ...(momentum !== undefined && { momentum }) });
}

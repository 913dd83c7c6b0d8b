import type { OptionNames } from '@medseg/ops';
import type { PhaseLearnerOptions } from '../phase-learner.ts';
import type { NamedVariables } from '../recipe.ts';

/** What every ready-made phase takes. */
export interface PhaseOptions {
  /** What is trained, by name. */
  readonly variables: NamedVariables;
  /** What the forward pass changes without a gradient, such as running statistics. Default none. */
  readonly state?: NamedVariables | undefined;
  /** Its part of the budget, in proportion to those of the other phases. Default 1. */
  readonly share?: number | undefined;
  /** The learning rate at a share of the phase, 0 to 1. Default `learningRate` with a peak of 2e-3. */
  readonly learningRate?: ((progress: number) => number) | undefined;
  /** Optimiser, clipping and moving average. Default: those of `PhaseLearner`. */
  readonly learner?: PhaseLearnerOptions | undefined;
}

export const phaseOptionNames: OptionNames<PhaseOptions> = {
  variables: true,
  state: true,
  share: true,
  learningRate: true,
  learner: true,
};

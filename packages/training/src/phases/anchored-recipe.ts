import type { Activation, Schedule } from '@medseg/diffusion';
import { type OptionNames, requireOptions, tidy } from '@medseg/ops';
import { cosineRate } from '../learning-rate.ts';
import { type PhaseLearnerOptions, phaseLearnerOptionNames } from '../phase-learner.ts';
import type { Recipe } from '../recipe.ts';
import { requireNumber } from '../require-number.ts';
import { type Anchored, anchorOf, requireTwoPhases, type TwoPhaseNetwork } from '../two-phase-network.ts';
import { diffusionPhase } from './diffusion-phase.ts';
import { maskPhase } from './mask-phase.ts';

/** Options of {@link anchoredRecipe}. */
export interface AnchoredRecipeOptions extends PhaseLearnerOptions {
  /** The noise of each training step. */
  schedule: Schedule;
  /** Peak learning rate of each phase. Default 2e-3. */
  learningRate?: number;
  /** Share of the denoiser's steps that start from the network's own prediction, 0 to 1. Default 0.5. */
  recycling?: number;
  /** How mask logits become probabilities: of each class by itself, or of classes that exclude each other. Default 'sigmoid'. */
  activation?: Activation;
  /** Share of the budget given to the encoder's phase. Above 0 and at most 1. Default 0.6. */
  encoderShare?: number;
}

const optionNames: OptionNames<AnchoredRecipeOptions> = {
  ...phaseLearnerOptionNames,
  schedule: true,
  learningRate: true,
  recycling: true,
  activation: true,
  encoderShare: true,
};

/**
 * The recipe of an anchored network in two phases: first the condition encoder and its anchor head alone, with Dice and
 * cross-entropy; then the denoiser on the best, frozen encoder, with the squared error of the mask, half of its steps
 * from its own prediction. Throws TypeError for a network that does not predict mask logits, RangeError for options out
 * of range.
 *
 * @example
 * const recipe = anchoredRecipe(new AnchoredDiffusion({ imageSize: [64, 64] }), { schedule: cosineSchedule() });
 */
export function anchoredRecipe<C extends Anchored>(
  network: TwoPhaseNetwork<C>,
  options: AnchoredRecipeOptions,
): Recipe {
  requireTwoPhases(network);
  requireOptions('anchoredRecipe', options, optionNames);
  const {
    schedule,
    learningRate: peak = 2e-3,
    recycling = 0.5,
    activation = 'sigmoid',
    encoderShare = 0.6,
    ...learner
  } = options;
  requireNumber('anchoredRecipe: learningRate', peak, {});
  requireNumber('anchoredRecipe: encoderShare', encoderShare, { above: 0, most: 1 });
  const shared = { activation, learner, learningRate: cosineRate({ peak }) };
  const encoder = { ...shared, variables: network.encoderVariables(), share: encoderShare };
  const denoiser = { ...shared, variables: network.denoiserVariables(), share: 1 - encoderShare };
  const second = diffusionPhase(network, { ...denoiser, schedule, recycling, frozenCondition: true });
  return {
    network,
    phases: [
      maskPhase((images) => anchorOf(network.encode(images)), encoder),
      {
        ...second,
        prepare: (data) =>
          tidy(() => {
            const prepared = second.prepare!(data);
            anchorOf(prepared.condition!);
            return prepared;
          }),
      },
    ],
  };
}

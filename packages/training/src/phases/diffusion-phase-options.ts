import { requireFunction } from '@medseg/arguments';
import type { Activation, Network, Schedule } from '@medseg/diffusion';
import { kindOf, type OptionNames, requireOneOf, requireOptions, type TensorTree } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { StepData } from '../recipe.ts';
import { requireNumber } from '../require-number.ts';
import { type PhaseOptions, phaseOptionNames } from './phase-options.ts';

/** Options of `diffusionPhase`. */
export interface DiffusionPhaseOptions<C extends TensorTree> extends PhaseOptions {
  /** Name of the phase. Default 'denoiser'. */
  readonly name?: string | undefined;
  /** The noise of each training step. A network that predicts 'flow' takes its number of steps alone. */
  readonly schedule: Schedule;
  /** How mask logits become probabilities, for a network that predicts 'logits'. Default 'sigmoid'. */
  readonly activation?: Activation | undefined;
  /**
   * Whether the condition is computed without a gradient and in evaluation mode, as of an encoder that has learned
   * before. Default false.
   */
  readonly frozenCondition?: boolean | undefined;
  /** Share of the steps in which the network sees its own prediction of x_0 (Chen et al. 2022). Default 0. */
  readonly selfConditioning?: number | undefined;
  /**
   * Share of the steps whose x_t is built from the network's own prediction at a noisier time instead of the truth
   * (Fu et al. 2023); for networks that predict x_0 or logits. Default 0.
   */
  readonly recycling?: number | undefined;
  /** How much each time counts: all alike, or by min-SNR (Hang et al. 2023). Default 'none'. */
  readonly weighting?: 'none' | 'min-snr' | undefined;
  /** SNR above which a time counts no more, for weighting 'min-snr'. Default 5. */
  readonly minSnrGamma?: number | undefined;
  /**
   * How times are drawn: evenly, or, once each has been seen ten times, in proportion to the root of the mean square of its
   * last ten losses, which are divided by that again (Nichol & Dhariwal 2021, eq. 18). Default 'uniform'.
   */
  readonly times?: 'uniform' | 'loss-aware' | undefined;
  /**
   * Share of the samples whose condition is that of a zero image, so that `segment` can be given `guidance` (Ho & Salimans
   * 2022). Each sample is drawn for itself; `dropped` of the step's draw says which. Default 0.
   */
  readonly conditionDropout?: number | undefined;
  /**
   * A loss of the condition's own, added to the denoiser's, such as V1's `calibrationLoss`: a mean over samples. `t`: the
   * time of each sample. It is in the loss of the step, and not in those of its samples. Default none.
   */
  beside?(condition: C, data: StepData, t: Int32Array): tf.Scalar;
}

export const diffusionPhaseOptionNames: OptionNames<DiffusionPhaseOptions<TensorTree>> = {
  ...phaseOptionNames,
  name: true,
  schedule: true,
  activation: true,
  frozenCondition: true,
  selfConditioning: true,
  recycling: true,
  weighting: true,
  minSnrGamma: true,
  times: true,
  conditionDropout: true,
  beside: true,
};

/** Throws for options that are none, or that cannot be together with this network. */
export function requireFit<C extends TensorTree>(network: Network<C>, options: DiffusionPhaseOptions<C>): void {
  if (typeof network?.denoise !== 'function') {
    throw new TypeError(`diffusionPhase: the first argument must be a network with denoise(), got ${kindOf(network)}`);
  }
  requireOptions('diffusionPhase', options, diffusionPhaseOptionNames);
  const { schedule, activation = 'sigmoid', selfConditioning = 0, recycling = 0, weighting = 'none' } = options;
  const { minSnrGamma, times = 'uniform', conditionDropout = 0 } = options;
  if (!((schedule as Partial<Schedule> | undefined)?.alphasCumprod instanceof Float64Array)) {
    throw new TypeError(
      `diffusionPhase: schedule must be a schedule, such as cosineSchedule(), got ${kindOf(schedule)}`,
    );
  }
  if (options.beside !== undefined) requireFunction('diffusionPhase: beside', options.beside);
  requireOneOf('diffusionPhase: activation', activation, ['sigmoid', 'softmax']);
  requireOneOf('diffusionPhase: weighting', weighting, ['none', 'min-snr']);
  requireNumber('diffusionPhase: selfConditioning', selfConditioning, { most: 1 });
  requireNumber('diffusionPhase: recycling', recycling, { most: 1 });
  requireOneOf('diffusionPhase: times', times, ['uniform', 'loss-aware']);
  requireNumber('diffusionPhase: conditionDropout', conditionDropout, { below: 1 });
  if (minSnrGamma !== undefined) requireNumber('diffusionPhase: minSnrGamma', minSnrGamma, { above: 0 });
  const { predictionType, learnedVariance } = network;
  const refuse = (rule: string, got: string): never => {
    throw new RangeError(`diffusionPhase: ${rule}, got ${got}`);
  };
  if (learnedVariance && (predictionType === 'logits' || predictionType === 'flow')) {
    refuse('a learned variance needs a network that predicts noise, x_0 or v', `'${predictionType}'`);
  }
  if (recycling > 0 && predictionType !== 'logits' && predictionType !== 'sample') {
    refuse('recycling needs a network that predicts x_0 or logits', `'${predictionType}'`);
  }
  if (recycling + selfConditioning > 1) {
    refuse('recycling and selfConditioning must be at most 1 together', `${recycling} and ${selfConditioning}`);
  }
  if (minSnrGamma !== undefined && weighting !== 'min-snr') {
    refuse("minSnrGamma needs weighting 'min-snr'", `'${weighting}'`);
  }
  if (selfConditioning > 0 && network.selfConditioned === false) {
    refuse('selfConditioning needs a network that takes its own prediction', 'one that does not');
  }
  if (weighting === 'min-snr' && (learnedVariance || predictionType === 'flow')) {
    const got = learnedVariance ? 'one with a learned variance' : `'${predictionType}'`;
    refuse("weighting 'min-snr' needs a network that predicts noise, x_0, v or logits, without a variance", got);
  }
}

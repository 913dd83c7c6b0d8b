import { requireObject } from '@medseg/arguments';
import type { Network } from '@medseg/diffusion';
import { constantRate, cosineRate, linearRate, type PhaseLearnerOptions, type Recipe } from '@medseg/training';
import { asRunError } from '../errors.ts';
import type { NetworkKind } from '../networks/kinds/kind.ts';
import { NETWORK_KINDS } from '../networks/kinds/kinds.ts';
import { createSchedule } from '../networks/process.ts';
import { activationOf, type Classes } from '../run/classes.ts';
import type { TrainingConfig } from '../run/config/training.ts';
import type { RunConfig } from '../run/config.ts';
import { processOf } from '../run/process-of.ts';

const RATES = { cosine: cosineRate, constant: constantRate, linear: linearRate } as const;

/**
 * How a configuration trains its network: the same on the main thread and in every replica. `network`: what
 * {@link buildNetwork} made of the same configuration. Throws RunError where they do not go together.
 */
export function recipeOf(
  network: Network,
  info: {
    /** The configuration that the network was built by. */
    readonly config: RunConfig;
    /** The classes of the mask. */
    readonly classes: Classes;
  },
): Recipe {
  requireObject('recipeOf: network', network, ['variables']);
  requireObject('recipeOf: info', info, ['config', 'classes']);
  const { config, classes } = info;
  const { training } = config;
  const { prediction } = config.objective;
  const process = processOf(config);
  const { selfConditioning, weighting, minSnrGamma, times, conditionDropout, maskWeight } = config.objective;
  const { learningRate: peak, rate, warmUp, encoderShare, recycling } = training;
  const kind: NetworkKind = NETWORK_KINDS[config.network.name];
  return asRunError(() =>
    kind.recipe(network, {
      // A straight path takes the number of steps alone.
      schedule: createSchedule(prediction === 'flow' ? { ...process, schedule: 'cosine' } : process),
      activation: activationOf(classes),
      learningRate: RATES[rate]({ peak, ...(warmUp !== undefined && { warmUp }) }),
      learner: learnerOf(training),
      encoderShare,
      denoiser: {
        ...{ recycling, selfConditioning, weighting, times, conditionDropout },
        ...(weighting === 'min-snr' && { minSnrGamma }),
      },
      maskWeight,
    }),
  );
}

/** The optimiser takes its own options only. */
function learnerOf(training: TrainingConfig): PhaseLearnerOptions {
  const { optimizer, momentum, beta1, beta2, weightDecay, decays, clipNorm, plateau } = training;
  return {
    optimizer,
    weightDecay,
    decays,
    ...(optimizer === 'sgd' ? { momentum } : { beta1, beta2 }),
    averageLimit: training.averageDecay,
    averageWarmUp: training.averageWarmUp,
    moreAverages: training.moreAverages,
    clipNorm: clipNorm === 0 ? Number.POSITIVE_INFINITY : clipNorm,
    ...(plateau !== undefined && { plateau }),
  };
}

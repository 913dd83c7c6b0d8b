import { requireObject } from '@medseg/arguments';
import type { Network } from '@medseg/diffusion';
import { learningRate as cosineRate, type Recipe } from '@medseg/training';
import type { NetworkKind } from '../networks/kinds/kind.ts';
import { NETWORK_KINDS } from '../networks/kinds/kinds.ts';
import { createSchedule } from '../networks/process.ts';
import { activationOf, type Classes } from '../run/classes.ts';
import type { RunConfig } from '../run/config.ts';
import { processOf } from '../run/process-of.ts';

/**
 * How a configuration trains its network: the same on the main thread and in every replica. `network`: what
 * {@link buildNetwork} made of the same configuration.
 *
 * @example const trainer = new Trainer(recipeOf(network, { config, classes }), { seed: config.seed });
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
  const { objective, training } = config;
  const { learningRate: peak, rate, encoderShare, recycling } = training;
  const { beta1, beta2, weightDecay, decays, averageDecay } = training;
  const kind: NetworkKind = NETWORK_KINDS[config.network.name];
  return kind.recipe(network, {
    schedule: createSchedule(processOf(config)),
    activation: activationOf(classes),
    learningRate: rate === 'constant' ? () => peak : (progress) => cosineRate(progress, { peak }),
    learner: {
      ...{ beta1, beta2, weightDecay, decays, averageLimit: averageDecay },
      clipNorm: training.clipNorm === 0 ? Number.POSITIVE_INFINITY : training.clipNorm,
    },
    encoderShare,
    recycling,
    selfConditioning: objective.selfConditioning,
    weighting: objective.weighting,
    maskWeight: objective.maskWeight,
  });
}

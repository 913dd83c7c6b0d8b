import type { Network } from '@medseg/diffusion';
import type { TensorTree } from '@medseg/ops';
import { diffusionPhase, type Recipe } from '@medseg/training';
import type { RecipeSettings } from './kind.ts';

/** One phase that trains every variable of a network as a denoiser. */
export function denoiserRecipe<C extends TensorTree>(network: Network<C>, settings: RecipeSettings): Recipe {
  const { schedule, activation, learningRate, learner, recycling, selfConditioning, weighting } = settings;
  return {
    network,
    phases: [
      diffusionPhase(network, {
        variables: network.variables(),
        ...{ schedule, activation, learningRate, learner, recycling, selfConditioning, weighting },
      }),
    ],
  };
}

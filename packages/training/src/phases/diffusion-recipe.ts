import type { Network } from '@medseg/diffusion';
import { type OptionNames, requireOptions, type TensorTree } from '@medseg/ops';
import type { Recipe, RecipePhase } from '../recipe.ts';
import { variablesOf } from '../trainable.ts';
import { diffusionPhase } from './diffusion-phase.ts';
import { type DiffusionPhaseOptions, diffusionPhaseOptionNames } from './diffusion-phase-options.ts';

/** Options of {@link diffusionRecipe}: those of its one phase, whose variables are the network's. */
export type DiffusionRecipeOptions<C extends TensorTree = TensorTree> = Omit<
  DiffusionPhaseOptions<C>,
  'variables' | 'state' | 'share' | 'frozenCondition'
>;

const {
  variables: _variables,
  state: _state,
  share: _share,
  frozenCondition: _frozen,
  ...names
} = diffusionPhaseOptionNames;
export const diffusionRecipeOptionNames: OptionNames<DiffusionRecipeOptions> = names;

/**
 * The recipe of a network that learns as a whole to denoise masks, in one phase of {@link diffusionPhase}: the seed's and
 * lucidrains' networks, and those of one's own. Every trainable variable learns; the others, such as running statistics,
 * are its state. Throws TypeError or RangeError for options that do not fit the network.
 *
 * @example
 * const network = new Lucidrains({ imageSize: 64 });
 * const recipe = diffusionRecipe(network, { schedule: cosineSchedule(), learningRate: constantRate({ peak: 1e-4 }) });
 */
export function diffusionRecipe<C extends TensorTree>(network: Network<C>, options: DiffusionRecipeOptions<C>): Recipe {
  const all = variablesOf('diffusionRecipe', network);
  requireOptions('diffusionRecipe', options, diffusionRecipeOptionNames);
  return { network, phases: [diffusionPhase(network, { ...options, ...all }) as unknown as RecipePhase] };
}

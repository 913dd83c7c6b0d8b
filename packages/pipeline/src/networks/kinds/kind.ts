import type { Activation, Network, NetworkPrediction, Schedule } from '@medseg/diffusion';
import type { TensorTree } from '@medseg/ops';
import type { DiffusionRecipeOptions, PhaseLearnerOptions, Recipe } from '@medseg/training';
import type { z } from 'zod';

/** What a network is built for, beside its own options. */
export interface NetworkShape {
  /** Height and width of images and masks. */
  readonly imageSize: readonly [height: number, width: number];
  /** Channels of an image. */
  readonly imageChannels: number;
  /** Channels of a mask: one per class. */
  readonly maskChannels: number;
  /** What it is trained to predict. */
  readonly predictionType: NetworkPrediction;
  /** Whether it returns a variance, too. */
  readonly learnedVariance: boolean;
  /** Whether it is given its own last prediction. */
  readonly selfConditioning: boolean;
  /** Seed of the initial weights. */
  readonly seed: number;
}

/** How a recipe trains: what the configuration says of it, resolved. */
export interface RecipeSettings {
  readonly schedule: Schedule;
  readonly activation: Activation;
  readonly learningRate: (progress: number) => number;
  readonly learner: PhaseLearnerOptions;
  /** Share of the budget for the phase of the encoder, where there are two. */
  readonly encoderShare: number;
  /** What a denoiser is trained for. */
  readonly denoiser: Pick<
    DiffusionRecipeOptions,
    'recycling' | 'selfConditioning' | 'weighting' | 'minSnrGamma' | 'times' | 'conditionDropout'
  >;
  /** Weight of the loss of a network's own mask, where it has one beside its prediction. */
  readonly maskWeight: number;
}

/** What differs between networks in the defaults of a configuration. */
export interface KindDefaults {
  readonly prediction: NetworkPrediction;
  readonly learnedVariance: boolean;
  readonly schedule: 'cosine' | 'linear' | 'linear-scaled' | 'quadratic';
  readonly timesteps: number;
  readonly learningRate: number;
  readonly recycling: number;
  readonly maskWeight: number;
}

/** A network that can be trained: its options, what it can be trained for, how it is built and by which recipe it learns. */
export interface NetworkKind<S extends z.ZodType = z.ZodType, N extends Network = Network> {
  /** The paper or the repository that it is from. */
  readonly title: string;
  /** Its options in a configuration, `network.name` among them. */
  readonly options: S;
  /** What it can be trained to predict. */
  readonly predictions: readonly NetworkPrediction[];
  /** Whether it can return a variance beside its prediction. */
  readonly variance: boolean;
  /** Whether it can be given its own last prediction. */
  readonly selfConditioning: boolean;
  /** Whether it gives a mask of its own beside its prediction, with a loss. */
  readonly ownMask: boolean;
  /** Whether its condition holds mask logits that need no diffusion. */
  readonly anchor: boolean;
  /** Whether it draws masks by diffusion; a plain U-Net does not. */
  readonly diffusion: boolean;
  /** What a configuration says where nobody does. */
  readonly defaults: KindDefaults;
  /** The network with fresh weights. Throws RangeError where it cannot be built. */
  build(options: z.output<S>, shape: NetworkShape): N;
  /** How it is trained. */
  recipe(network: N, settings: RecipeSettings): Recipe;
}

/** Types of a kind are inferred from what is given. */
export function defineKind<S extends z.ZodType, C extends TensorTree, N extends Network<C>>(
  kind: Omit<NetworkKind<S>, 'build' | 'recipe'> & {
    build(options: z.output<S>, shape: NetworkShape): N;
    recipe(network: N, settings: RecipeSettings): Recipe;
  },
): NetworkKind<S> {
  return kind as unknown as NetworkKind<S>;
}

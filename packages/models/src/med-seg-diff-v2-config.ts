import type { NetworkPrediction } from '@medseg/diffusion';
import { requireOneOf } from '@medseg/ops';
import { checkPrediction } from './check-prediction.ts';
import { refuser } from './refuser.ts';

/** Shape of a {@link MedSegDiffV2} network. */
export interface MedSegDiffV2Config {
  /** Height and width that the network is built for; multiples of 2^(levels - 1). Default [64, 64]. */
  imageSize: readonly number[];
  /** Channels of an image: 1 for grey, 3 for colour. Default 3. */
  imageChannels: number;
  /** Channels of the mask: 1 for a binary mask, one for each class otherwise. Default 1. */
  maskChannels: number;
  /** Channels of the prediction; as many as the mask's by default, twice as many where a variance is learned. */
  outChannels: number;
  /** What the network is trained to predict; the noise in the paper. Default 'epsilon'. */
  predictionType: NetworkPrediction;
  /** Channels of the condition model at each level, finest first. Default [16, 32, 64, 96]. */
  conditionChannels: readonly number[];
  /** Channels of the diffusion model at each level; as many levels as the condition model. Default [16, 32, 64, 96]. */
  diffusionChannels: readonly number[];
  /** Residual blocks of a level on the way down, in both. Default 2. */
  blocks: number;
  /** Blocks of the SS-Former between the deepest embeddings. Default 4. */
  formers: number;
  /** Hidden features of the SS-Former's band-pass filters. Default 16. */
  filterChannels: number;
  /** Side of the filters' convolutions over the pairs of frequencies; odd, 1 takes each pair for itself. Default 3. */
  filterSize: number;
  /** Convolutions of a filter, each with a norm whose scale and shift the time gives. Default 2. */
  filterBlocks: number;
  /** Side of the Gaussian kernel of the anchor condition; odd. Default 5. */
  gaussianSize: number;
  /** Whether the mean of that Gaussian is learned beside its variance, as in the paper, or stays 0. Default 'learned'. */
  gaussianMean: 'learned' | 'zero';
  /**
   * Which first features of the diffusion model the anchor acts on: those of its finest level, behind the residual blocks
   * (`level`), or those of its first convolution (`stem`), as in the released code. Default 'level'.
   */
  anchorAt: 'level' | 'stem';
  /** Features of the time embedding. Default 64. */
  timeChannels: number;
  /** Heads of the attention at the coarsest level of the condition model. Default 4. */
  heads: number;
  /** Groups of every GroupNorm; each number of channels is a multiple of it. Default 8. */
  groups: number;
  /** Seed of the initial weights. Default 0. */
  seed: number;
}

/** The configuration of `new MedSegDiffV2()`. */
export const medSegDiffV2Defaults: MedSegDiffV2Config = {
  imageSize: [64, 64],
  imageChannels: 3,
  maskChannels: 1,
  outChannels: 1,
  predictionType: 'epsilon',
  conditionChannels: [16, 32, 64, 96],
  diffusionChannels: [16, 32, 64, 96],
  blocks: 2,
  formers: 4,
  filterChannels: 16,
  filterSize: 3,
  filterBlocks: 2,
  gaussianSize: 5,
  gaussianMean: 'learned',
  anchorAt: 'level',
  timeChannels: 64,
  heads: 4,
  groups: 8,
  seed: 0,
};

/**
 * What `new MedSegDiffV2()` was before these fields could be chosen: weights that were saved then load into
 * `new MedSegDiffV2({ ...medSegDiffV2Earlier, ...config })`, and into no other.
 */
export const medSegDiffV2Earlier: Partial<MedSegDiffV2Config> = {
  filterChannels: 16,
  filterSize: 1,
  filterBlocks: 1,
  gaussianMean: 'zero',
  anchorAt: 'stem',
};

/** Throws a RangeError that names the field, the rule and the value where a configuration cannot be built. */
export function checkMedSegDiffV2Config(config: MedSegDiffV2Config): void {
  const refuse = refuser('MedSegDiffV2', config);
  const { conditionChannels, diffusionChannels, imageSize, groups, heads } = config;
  const counts = ['imageChannels', 'maskChannels', 'outChannels', 'blocks', 'formers', 'heads', 'groups'] as const;
  for (const field of [...counts, 'filterChannels', 'filterSize', 'filterBlocks'] as const) {
    if (!Number.isInteger(config[field]) || config[field] < 1) refuse(field, 'a positive integer');
  }
  for (const field of ['conditionChannels', 'diffusionChannels'] as const) {
    if (config[field].length < 1 || !config[field].every((n) => Number.isInteger(n) && n >= 1 && n % groups === 0)) {
      refuse(field, `one positive multiple of groups (${groups}) a level`);
    }
  }
  const levels = conditionChannels.length;
  if (diffusionChannels.length !== levels) {
    refuse('diffusionChannels', `as many levels as conditionChannels (${levels})`);
  }
  if (conditionChannels.at(-1)! % heads !== 0) {
    refuse('conditionChannels', `a multiple of heads (${heads}) at the coarsest level`);
  }
  const multiple = 2 ** (levels - 1);
  if (!imageSize.every((side) => Number.isInteger(side) && side >= multiple && side % multiple === 0)) {
    refuse('imageSize', `a multiple of ${multiple} for ${levels} levels`, imageSize.join('x'));
  }
  for (const field of ['gaussianSize', 'filterSize'] as const) {
    if (config[field] % 2 !== 1) refuse(field, 'an odd integer');
  }
  requireOneOf('MedSegDiffV2: gaussianMean', config.gaussianMean, ['learned', 'zero']);
  requireOneOf('MedSegDiffV2: anchorAt', config.anchorAt, ['level', 'stem']);
  if (!Number.isInteger(config.timeChannels) || config.timeChannels < 4 || config.timeChannels % 2 !== 0) {
    refuse('timeChannels', 'an even integer of at least 4');
  }
  checkPrediction('MedSegDiffV2', config.predictionType, config.outChannels === 2 * config.maskChannels);
}

import { requireOneOf } from '@medseg/ops';
import { refuser } from './refuser.ts';

/** What the convolutions that give the logits see beyond the border. */
export type HeadPadding = 'zeros' | 'replicate';
export const HEAD_PADDINGS: readonly HeadPadding[] = ['zeros', 'replicate'];

/** Shape of an {@link AnchoredDiffusion} network. */
export interface AnchoredDiffusionConfig {
  /** Height and width that the network is built for; multiples of 2^(levels - 1). Default [64, 64]. */
  imageSize: readonly number[];
  /** Channels of an image: 1 for grey, 3 for colour. Default 3. */
  imageChannels: number;
  /** Channels of the mask: 1 for a binary mask. Default 1. */
  maskChannels: number;
  /** Channels of the condition encoder at each level, finest first. Default [16, 32, 64, 96]. */
  encoderChannels: readonly number[];
  /** Residual blocks of the condition encoder at each level on the way down. Default 2. */
  encoderBlocks: number;
  /** Channels of the denoiser at each level; as many levels as the encoder. Default [16, 24, 32, 48]. */
  denoiserChannels: readonly number[];
  /** Features of the time embedding. Default 64. */
  timeChannels: number;
  /** Heads of the attention at the coarsest level. Default 4. */
  heads: number;
  /** Groups of every GroupNorm; each number of channels is a multiple of it. Default 8. */
  groups: number;
  /**
   * Padding of the convolutions that give the logits. With `replicate` the mask is as sure at the border as inside, with
   * `zeros` less sure in its outermost pixels. Default 'zeros'.
   */
  headPadding: HeadPadding;
  /**
   * What the denoiser is fed of the anchor's logits l: `mask`, tanh(l / 2), is their mask in [-1, 1]; `sharpened`,
   * tanh(l), is that of logits twice as sure. Default 'sharpened', as weights of earlier versions need it.
   */
  anchorInput: 'mask' | 'sharpened';
  /**
   * How the denoiser's features h and the encoder's g meet. `attentive`: h + affinity g + g at each level, after MedSegDiff
   * (Wu et al. 2022). `dynamic`: as in that paper, equations 3 to 7: at each level the affinity weighs the condition
   * by what the denoiser sees, (LN(FF(h)) LN(g)) g, which goes on to the next level, and the denoiser takes it in by a
   * sum at the coarsest one. Default 'attentive'.
   */
  fusion: 'attentive' | 'dynamic';
  /** Seed of the initial weights. Default 0. */
  seed: number;
}

/** The configuration of `new AnchoredDiffusion()`. */
export const anchoredDiffusionDefaults: AnchoredDiffusionConfig = {
  imageSize: [64, 64],
  imageChannels: 3,
  maskChannels: 1,
  encoderChannels: [16, 32, 64, 96],
  encoderBlocks: 2,
  denoiserChannels: [16, 24, 32, 48],
  timeChannels: 64,
  heads: 4,
  groups: 8,
  headPadding: 'zeros',
  anchorInput: 'sharpened',
  fusion: 'attentive',
  seed: 0,
};

/** Throws a RangeError that names the field, the rule and the value where a configuration cannot be built. */
export function checkAnchoredDiffusionConfig(config: AnchoredDiffusionConfig): void {
  const { imageSize, encoderChannels, denoiserChannels, groups, heads } = config;
  const refuse = refuser('AnchoredDiffusion', config);
  const levels = encoderChannels.length;
  if (!HEAD_PADDINGS.includes(config.headPadding)) refuse('headPadding', `one of ${HEAD_PADDINGS.join(', ')}`);
  requireOneOf('AnchoredDiffusion: anchorInput', config.anchorInput, ['mask', 'sharpened']);
  requireOneOf('AnchoredDiffusion: fusion', config.fusion, ['attentive', 'dynamic']);
  if (levels < 1) refuse('encoderChannels', 'at least one level');
  if (denoiserChannels.length !== levels) {
    refuse('denoiserChannels', `as many levels as encoderChannels (${levels})`);
  }
  const multiple = 2 ** (levels - 1);
  for (const side of imageSize) {
    if (!Number.isInteger(side) || side < multiple || side % multiple !== 0) {
      refuse('imageSize', `a multiple of ${multiple} for ${levels} levels`, imageSize.join('x'));
    }
  }
  for (const field of ['imageChannels', 'maskChannels', 'encoderBlocks', 'groups', 'heads'] as const) {
    if (!Number.isInteger(config[field]) || config[field] < 1) refuse(field, 'a positive integer');
  }
  if (!Number.isInteger(config.timeChannels) || config.timeChannels < 4 || config.timeChannels % 2 !== 0) {
    refuse('timeChannels', 'an even integer of at least 4');
  }
  for (const field of ['encoderChannels', 'denoiserChannels'] as const) {
    for (const channels of config[field]) {
      if (!Number.isInteger(channels) || channels < 1 || channels % groups !== 0) {
        refuse(field, `positive multiples of groups (${groups})`);
      }
    }
    if (config[field][levels - 1]! % heads !== 0) {
      refuse(field, `a multiple of heads (${heads}) at the coarsest level`);
    }
  }
}

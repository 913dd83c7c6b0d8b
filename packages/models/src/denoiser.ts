import {
  Affinity,
  AttentiveFusion,
  Convolution,
  Downsample,
  FFParser,
  OutputHead,
  ResidualBlock,
  SelfAttention,
  TimeEmbedding,
  Upsample,
} from '@medseg/layers';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { AnchoredDiffusionConfig } from './anchored-diffusion-config.ts';

/**
 * A light U-Net over the noisy mask and the anchor's mask that takes the encoder's features in by attentive fusion at
 * each level, or by dynamic conditional encoding. Inputs: x_t, t [B, 1], the anchor's mask in [-1, 1], the features finest first. Returns the correction
 * of the anchor's logits; it starts at zero.
 */
export function buildDenoiser(config: AnchoredDiffusionConfig): LayersModel {
  const {
    imageSize,
    maskChannels,
    encoderChannels,
    denoiserChannels,
    timeChannels,
    heads,
    groups,
    headPadding: padding,
    seed,
  } = config;
  const levels = denoiserChannels.length;
  const x = input({ shape: [...imageSize, maskChannels], name: 'x' });
  const t = input({ shape: [1], name: 't' });
  const anchor = input({ shape: [...imageSize, maskChannels], name: 'anchor_mask' });
  const features = encoderChannels.map((channels, level) =>
    input({ shape: [...imageSize.map((side) => side / 2 ** level), channels], name: `features${level}` }),
  );
  const time = new TimeEmbedding({ name: 'time', frequencies: timeChannels, channels: timeChannels, seed }).on(t);
  const block = (name: string, channels: number): ResidualBlock => new ResidualBlock({ name, channels, groups, seed });
  const fuse = config.fusion === 'dynamic' ? dynamicEncoding(config) : attentive(seed);

  let h = layers.concatenate({ name: 'join_anchor' }).apply([x, anchor]) as SymbolicTensor;
  h = new Convolution({ name: 'denoise_stem', channels: denoiserChannels[0]!, size: 3, seed }).on(h);
  const skips: SymbolicTensor[] = [];
  denoiserChannels.forEach((channels, level) => {
    h = block(`denoise_down${level}`, channels).on(h, time);
    h = fuse(h, features[level]!, level);
    if (level < levels - 1) {
      skips.push(h);
      h = new Downsample({ name: `denoise_pool${level}` }).on(h);
    }
  });
  h = new SelfAttention({ name: 'denoise_attention', heads, groups, seed }).on(h);
  for (let level = levels - 2; level >= 0; level--) {
    h = new Upsample({ name: `denoise_upsample${level}` }).on(h);
    h = layers.concatenate({ name: `denoise_join${level}` }).apply([h, skips[level]!]) as SymbolicTensor;
    h = block(`denoise_up${level}`, denoiserChannels[level]!).on(h, time);
  }
  const correction = new OutputHead({
    name: 'correction',
    channels: maskChannels,
    groups,
    padding,
    seed,
    zero: true,
  }).on(h);
  return model({ inputs: [x, t, anchor, ...features], outputs: correction, name: 'denoiser' });
}

/** Takes the denoiser's features and the encoder's of a level, level by level from the finest, to new denoiser features. */
type Fuse = (h: SymbolicTensor, features: SymbolicTensor, level: number) => SymbolicTensor;

function attentive(seed: number): Fuse {
  return (h, features, level) => new AttentiveFusion({ name: `fusion${level}`, seed }).on(h, features);
}

/**
 * Dynamic conditional encoding (Wu et al. 2022, section 2.2): the affinity with the frequency-parsed h weighs the
 * condition (equations 4 to 7), which goes on to the next level; at the coarsest both are summed (equation 3). In the
 * paper the image encoder itself goes on from there; here it has run once for all steps, so a path of its own does.
 */
function dynamicEncoding({ denoiserChannels, seed }: AnchoredDiffusionConfig): Fuse {
  let passedOn: SymbolicTensor | undefined;
  return (h, features, level) => {
    const name = `fusion${level}`;
    const channels = denoiserChannels[level]!;
    let g = new Convolution({ name: `${name}.project`, channels, size: 1, seed }).on(features);
    if (passedOn !== undefined) {
      const smaller = new Downsample({ name: `${name}.pool` }).on(passedOn);
      const carried = new Convolution({ name: `${name}.carry`, channels, size: 1, seed }).on(smaller);
      g = layers.add({ name: `${name}.join` }).apply([g, carried]) as SymbolicTensor;
    }
    const parsed = new FFParser({ name: `${name}.ff_parser`, seed }).on(h);
    passedOn = new Affinity({ name: `${name}.affinity`, seed }).on(parsed, g);
    if (level < denoiserChannels.length - 1) return h;
    return layers.add({ name: `${name}.sum` }).apply([h, passedOn]) as SymbolicTensor;
  };
}

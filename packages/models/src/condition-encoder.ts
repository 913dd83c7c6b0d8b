import { Convolution, Downsample, OutputHead, ResidualBlock, SelfAttention, Upsample } from '@medseg/layers';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { AnchoredDiffusionConfig } from './anchored-diffusion-config.ts';

/** What the encoder needs of a network's configuration. */
export type ConditionEncoderConfig = Pick<
  AnchoredDiffusionConfig,
  | 'imageSize'
  | 'imageChannels'
  | 'maskChannels'
  | 'encoderChannels'
  | 'encoderBlocks'
  | 'heads'
  | 'groups'
  | 'headPadding'
  | 'seed'
>;

/**
 * A U-Net over the image alone (it sees neither the time nor the noisy mask, so it runs once per image). Returns the
 * anchor's mask logits and then the decoder's features, finest first.
 */
export function buildConditionEncoder(config: ConditionEncoderConfig): LayersModel {
  const {
    imageSize,
    imageChannels,
    maskChannels,
    encoderChannels,
    encoderBlocks,
    heads,
    groups,
    headPadding: padding,
    seed,
  } = config;
  const block = (name: string, channels: number): ResidualBlock => new ResidualBlock({ name, channels, groups, seed });
  const levels = encoderChannels.length;

  const image = input({ shape: [...imageSize, imageChannels], name: 'image' });
  let h = new Convolution({ name: 'stem', channels: encoderChannels[0]!, size: 3, seed }).on(image);
  const skips: SymbolicTensor[] = [];
  encoderChannels.forEach((channels, level) => {
    for (let i = 0; i < encoderBlocks; i++) h = block(`down${level}.${i}`, channels).on(h);
    if (level < levels - 1) {
      skips.push(h);
      h = new Downsample({ name: `pool${level}` }).on(h);
    }
  });
  h = new SelfAttention({ name: 'attention', heads, groups, seed }).on(h);
  const features = [h];
  for (let level = levels - 2; level >= 0; level--) {
    h = new Upsample({ name: `upsample${level}` }).on(h);
    h = layers.concatenate({ name: `join${level}` }).apply([h, skips[level]!]) as SymbolicTensor;
    h = block(`up${level}`, encoderChannels[level]!).on(h);
    features.unshift(h);
  }
  const anchor = new OutputHead({ name: 'anchor', channels: maskChannels, groups, padding, seed }).on(h);
  return model({ inputs: image, outputs: [anchor, ...features], name: 'encoder' });
}

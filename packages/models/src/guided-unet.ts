import {
  Convolution,
  Downsample,
  GuidedTimeEmbedding,
  OutputHead,
  ResidualBlock,
  SelfAttention,
  Upsample,
} from '@medseg/layers';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { layers } from '@tensorflow/tfjs-layers';
import type { OfficialConfig } from './official-config.ts';

/** The time step and, of a class-conditional network, the class as features. */
export function guidedTime(config: OfficialConfig, t: SymbolicTensor, label?: SymbolicTensor): SymbolicTensor {
  const { channels, classes, seed } = config;
  const options = { name: 'time_embed', frequencies: channels, channels: 4 * channels, seed };
  if (classes === undefined) return new GuidedTimeEmbedding(options).on(t);
  return new GuidedTimeEmbedding({ ...options, classes }).on(t, label!);
}

/** The first convolution and the way down: what comes out of each block, finest first. */
export function guidedDown(
  config: OfficialConfig,
  x: SymbolicTensor,
  time: SymbolicTensor,
  afterFirst: (h: SymbolicTensor) => SymbolicTensor = (h) => h,
): SymbolicTensor[] {
  const { multipliers, blocks, resamplingBlocks, resamplingConvolutions, seed } = config;
  let { channels } = config;
  const name = (index: number): string => `input_blocks.${index}`;
  let h = new Convolution({ name: `${name(0)}.0`, channels, size: 3, seed }).on(x);
  const taps = [afterFirst(h)];
  multipliers.forEach((multiplier, level) => {
    h = taps.at(-1)!;
    for (let i = 0; i < blocks; i++) {
      const block = name(taps.length);
      channels = config.channels * multiplier; // a level without blocks keeps the channels of the one before
      h = residual(config, `${block}.0`, channels).on(h, time);
      h = attentionAt(config, level, `${block}.1`, h, config.heads);
      taps.push(h);
    }
    if (level === multipliers.length - 1) return;
    const block = name(taps.length);
    if (resamplingBlocks) h = residual(config, `${block}.0`, channels, 'down').on(h, time);
    else if (resamplingConvolutions) {
      h = new Convolution({ name: `${block}.0.op`, channels, size: 3, strides: 2, seed }).on(h);
    } else h = new Downsample({ name: `${block}.0` }).on(h);
    taps.push(h);
  });
  return taps;
}

/** Residual block, attention, residual block at the coarsest level. */
export function guidedMiddle(config: OfficialConfig, x: SymbolicTensor, time: SymbolicTensor): SymbolicTensor {
  const channels = x.shape.at(-1)!;
  let h = residual(config, 'middle_block.0', channels).on(x, time);
  h = attention(config, 'middle_block.1', h, config.heads);
  return residual(config, 'middle_block.2', channels).on(h, time);
}

/** The way up, each block joined with what came out on the way down, and the prediction. */
export function guidedUp(
  config: OfficialConfig,
  x: SymbolicTensor,
  taps: readonly SymbolicTensor[],
  time: SymbolicTensor,
): SymbolicTensor {
  const { channels, multipliers, blocks, resamplingBlocks, resamplingConvolutions, outChannels, groups, seed } = config;
  const skips = [...taps];
  let h = x;
  for (let level = multipliers.length - 1; level >= 0; level--) {
    const width = channels * multipliers[level]!;
    for (let i = 0; i <= blocks; i++) {
      const block = `output_blocks.${taps.length - skips.length}`;
      h = layers.concatenate({ name: `${block}.join` }).apply([h, skips.pop()!]) as SymbolicTensor;
      h = residual(config, `${block}.0`, width).on(h, time);
      const attended = attentionAt(config, level, `${block}.1`, h, config.upHeads ?? config.heads);
      const last = attended === h ? `${block}.1` : `${block}.2`;
      h = attended;
      if (level === 0 || i < blocks) continue;
      if (resamplingBlocks) h = residual(config, last, width, 'up').on(h, time);
      else {
        h = new Upsample({ name: last }).on(h);
        if (resamplingConvolutions) h = new Convolution({ name: `${last}.conv`, channels: width, size: 3, seed }).on(h);
      }
    }
  }
  return new OutputHead({ name: 'out', channels: outChannels, groups, zero: true, seed }).on(h);
}

function residual(config: OfficialConfig, name: string, channels: number, resample?: 'up' | 'down'): ResidualBlock {
  const { groups, scaleShift, dropout, seed } = config;
  const time = scaleShift ? 'scale-shift' : 'add';
  return new ResidualBlock({
    name,
    channels,
    groups,
    time,
    dropout,
    zero: true,
    seed,
    ...(resample ? { resample } : {}),
  });
}

function attentionAt(
  config: OfficialConfig,
  level: number,
  name: string,
  x: SymbolicTensor,
  heads: number,
): SymbolicTensor {
  return config.attentionReductions.includes(2 ** level) ? attention(config, name, x, heads) : x;
}

function attention(config: OfficialConfig, name: string, x: SymbolicTensor, heads: number): SymbolicTensor {
  const { headChannels, newAttentionOrder, groups, seed } = config;
  const channels = x.shape.at(-1)!;
  const [field, size] = headChannels === undefined ? ['heads', heads] : ['headChannels', headChannels];
  if (channels % size !== 0) {
    throw new RangeError(
      `${name}: ${field} must be a divisor of the channels where there is attention (${channels}), got ${size}`,
    );
  }
  const count = headChannels === undefined ? heads : channels / headChannels;
  const order = newAttentionOrder ? 'qkv' : 'heads';
  return new SelfAttention({ name, heads: count, groups, order, zero: true, seed }).on(x);
}

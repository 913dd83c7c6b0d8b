import type { ConfigInput } from '../../run/config.ts';
import type { NetworkName } from './kinds.ts';

/** Each network as small as it can be, for images of 16x16. */
export const SMALL_NETWORKS: Readonly<Record<NetworkName, ConfigInput>> = {
  medseg: {
    ...{ encoderChannels: [4, 8], denoiserChannels: [4, 8], encoderBlocks: 1 },
    ...{ timeChannels: 8, heads: 2, groups: 2 },
  },
  unet: { channels: [4, 8], blocks: 1, heads: 2, groups: 2 },
  deepmancer: { channels: 8, linearAttention: [true, false], heads: 1, headChannels: 8, timeChannels: 16 },
  lucidrains: {
    channels: 8,
    multipliers: [1, 2],
    linearAttention: [true, false],
    heads: 1,
    headChannels: 8,
    groups: 4,
  },
  'official-v1': {
    ...{ channels: 8, multipliers: [1, 1, 1, 1], blocks: 1, groups: 4, attentionReductions: [8] },
    highway: { channels: 2, poolings: 3, maxChannels: 16 },
  },
  'official-new': {
    ...{ channels: 8, multipliers: [1, 1, 1, 1], blocks: 1, groups: 4, attentionReductions: [8] },
    highway: { channels: 2, poolings: 3, maxChannels: 16 },
  },
  v2: {
    ...{ conditionChannels: [4, 8], diffusionChannels: [4, 8], blocks: 1, formers: 1 },
    ...{ timeChannels: 8, heads: 2, groups: 2 },
  },
};

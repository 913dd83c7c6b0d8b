import type { OfficialConfig } from '@medseg/models';

/** A network and a batch on which both sides train. */
export interface Case {
  readonly name: string;
  /**
   * `lucidrains`, `seed`: options of the reference's Unet. `official-new`: those of `UNetModel_newpreview`, with a highway
   * of its own size. `v2`: the paper's network, of which there is none in PyTorch. `unet`: the plain U-Net, of
   * `channels` at its finest level.
   */
  readonly network:
    | { readonly kind: 'lucidrains' | 'seed'; readonly options: Readonly<Record<string, unknown>> }
    | {
        readonly kind: 'official-new';
        readonly options: Readonly<Record<string, unknown>>;
        readonly highway: OfficialConfig['highway'];
      }
    | { readonly kind: 'v2' }
    | { readonly kind: 'unet'; readonly channels: number };
  readonly size: number;
  readonly batch: number;
  /** What ours may take of PyTorch's time at most. */
  readonly limit: number;
}

const levels = { dim_mults: [1, 2, 4, 8], full_self_attn: [false, false, false, true] };

export const cases: readonly Case[] = [
  {
    name: 'lucidrains-32-dim16',
    network: { kind: 'lucidrains', options: { dim: 16, image_size: 32, ...levels } },
    size: 32,
    batch: 16,
    limit: 1,
  },
  {
    name: 'lucidrains-64-dim16',
    network: { kind: 'lucidrains', options: { dim: 16, image_size: 64, ...levels } },
    size: 64,
    batch: 8,
    limit: 1,
  },
  {
    name: 'lucidrains-64-dim32',
    network: { kind: 'lucidrains', options: { dim: 32, image_size: 64, ...levels } },
    size: 64,
    batch: 4,
    limit: 1,
  },
  {
    name: 'seed-64-dim16',
    network: { kind: 'seed', options: { image_size: 64, num_layers: 4, first_conv_channels: 16 } },
    size: 64,
    batch: 8,
    limit: 1,
  },
  {
    // Upstream's levels at 64x64, a quarter of its channels. Nothing is dropped, so that losses can be compared.
    name: 'official-new-64-dim32',
    network: {
      kind: 'official-new',
      options: { model_channels: 32, channel_mult: [1, 2, 3, 4], num_res_blocks: 2, attention_resolutions: [4] },
      highway: { channels: 8, poolings: 5, maxChannels: 120, dropout: 0 },
    },
    size: 64,
    batch: 8,
    limit: 1,
  },
  { name: 'v2-64', network: { kind: 'v2' }, size: 64, batch: 8, limit: 1 },
  { name: 'unet-32-313k', network: { kind: 'unet', channels: 16 }, size: 32, batch: 16, limit: 1.4 },
];

export function caseNamed(name: string): Case {
  const found = cases.find((candidate) => candidate.name === name);
  if (found === undefined) {
    throw new RangeError(`training-step: case must be one of ${cases.map((c) => c.name).join(', ')}, got ${name}`);
  }
  return found;
}

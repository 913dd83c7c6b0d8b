/** A network and a batch on which both sides train. */
export interface Case {
  readonly name: string;
  /** `lucidrains`: options of the reference's Unet. `unet`: the plain U-Net, of `channels` at its finest level. */
  readonly network:
    | { readonly kind: 'lucidrains'; readonly options: Readonly<Record<string, unknown>> }
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
  { name: 'unet-32-313k', network: { kind: 'unet', channels: 16 }, size: 32, batch: 16, limit: 1.4 },
];

export function caseNamed(name: string): Case {
  const found = cases.find((candidate) => candidate.name === name);
  if (found === undefined) {
    throw new RangeError(`training-step: case must be one of ${cases.map((c) => c.name).join(', ')}, got ${name}`);
  }
  return found;
}

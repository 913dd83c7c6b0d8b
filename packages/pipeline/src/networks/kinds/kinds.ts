import { deepmancer } from './deepmancer.ts';
import type { NetworkKind } from './kind.ts';
import { lucidrains } from './lucidrains.ts';
import { medseg } from './medseg.ts';
import { officialNew, officialV1 } from './official.ts';
import { unet } from './unet.ts';
import { v2 } from './v2.ts';

/** The networks that can be trained, by the name that a configuration gives them. */
export const NETWORK_KINDS = {
  medseg,
  unet,
  deepmancer,
  lucidrains,
  'official-v1': officialV1,
  'official-new': officialNew,
  v2,
} as const satisfies Record<string, NetworkKind>;

/** The name of a network that can be trained. */
export type NetworkName = keyof typeof NETWORK_KINDS;
/** The names of all networks that can be trained. */
export const NETWORK_NAMES = Object.keys(NETWORK_KINDS) as [NetworkName, ...NetworkName[]];

/** `seed` is what the network of deepmancer/medseg-diffusion was called before. */
const FORMER_NAMES: Readonly<Record<string, NetworkName>> = { seed: 'deepmancer' };

/** The present name of a network. */
export function currentNetworkName(name: string): string {
  return Object.hasOwn(FORMER_NAMES, name) ? FORMER_NAMES[name]! : name;
}

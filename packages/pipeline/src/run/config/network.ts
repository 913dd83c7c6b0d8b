import { z } from 'zod';
import { currentNetworkName, NETWORK_KINDS } from '../../networks/kinds/kinds.ts';

const { medseg, unet, deepmancer, lucidrains, v2 } = NETWORK_KINDS;

/** Which network, with its options; ours where none is named. */
export const networkSchema = z.preprocess(
  withName,
  z.discriminatedUnion('name', [
    medseg.options,
    unet.options,
    deepmancer.options,
    lucidrains.options,
    NETWORK_KINDS['official-v1'].options,
    NETWORK_KINDS['official-new'].options,
    v2.options,
  ]),
);

function withName(network: unknown): unknown {
  if (network === undefined) return { name: 'medseg' };
  if (typeof network !== 'object' || network === null || Array.isArray(network)) return network;
  const { name = 'medseg', ...rest } = network as { name?: unknown };
  return { name: typeof name === 'string' ? currentNetworkName(name) : name, ...rest };
}

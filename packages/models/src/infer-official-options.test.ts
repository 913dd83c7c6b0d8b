import '@tensorflow/tfjs-backend-cpu';
import { exportWeights, inferOfficialOptions, type NamedArray, officialNames } from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { OfficialConfig } from './official-config.ts';
import { OfficialNew } from './official-new.ts';
import { officialOptions } from './official-options.ts';
import { OfficialV1 } from './official-v1.ts';

const small = {
  imageSize: [8, 8],
  imageChannels: 2,
  channels: 8,
  multipliers: [1, 2],
  blocks: 1,
  attentionReductions: [2],
  groups: 4,
  highway: { channels: 2, poolings: 3, maxChannels: 12 },
} as const satisfies Partial<OfficialConfig>;

/** The state dict that upstream would have written of a network. */
function stateDict(network: OfficialNew | OfficialV1): Map<string, NamedArray> {
  const weights = [...network.variables()].map(([name, variable]): [string, NamedArray] => [
    name,
    { shape: variable.shape, data: new Float32Array(variable.size) },
  ]);
  return exportWeights(new Map(weights), officialNames);
}

/** The configuration that comes back, where it can be told. */
function cameBack(network: OfficialNew | OfficialV1): Partial<OfficialConfig> {
  const { heads } = network.config;
  const inferred = officialOptions(inferOfficialOptions(stateDict(network), { heads, imageSize: 8 }));
  return { ...network.config, ...inferred };
}

describe('inferOfficialOptions', () => {
  beforeAll(async () => void (await tf.setBackend('cpu')));

  it.each([
    {},
    { scaleShift: true, resamplingBlocks: true, blocks: 2 },
    { resamplingConvolutions: false, multipliers: [1, 1, 3], attentionReductions: [1, 4] },
    { classes: 3, heads: 2, outChannels: 5, attentionReductions: [] },
    { multipliers: [1], attentionReductions: [1] },
    { blocks: 0, scaleShift: true },
    { blocks: 0, resamplingConvolutions: false, multipliers: [1, 2, 3], attentionReductions: [1, 4] },
    { blocks: 0, resamplingBlocks: true },
  ] as const)('tells the options of OfficialNew with %j', (options) => {
    const network = new OfficialNew({ ...small, ...options });
    expect(cameBack(network)).toEqual(network.config);
    expect(inferOfficialOptions(stateDict(network)).version).toBe('new');
  });

  it('tells V1 and the size of its images, under a prefix too', () => {
    const network = new OfficialV1({ ...small, imageSize: [16, 16], multipliers: [1, 1, 2, 2] });
    expect(cameBack(network)).toEqual(network.config);
    const prefixed = new Map([...stateDict(network)].map(([name, array]) => [`module.${name}`, array]));
    expect(inferOfficialOptions(prefixed)).toMatchObject({ version: 'v1', image_size: 16 });
  });

  it('refuses what is no such checkpoint', () => {
    expect(() => inferOfficialOptions(new Map())).toThrow(/must have input_blocks.0.0.weight, and has not/);
  });
});

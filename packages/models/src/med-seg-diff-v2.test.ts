import { registerLayers } from '@medseg/layers';
import {
  describeOnBackends,
  directionalErrors,
  expectNoLeak,
  fingerprint,
  randomTensor,
  relativeError,
  reloaded,
} from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { MedSegDiffV2 } from './med-seg-diff-v2.ts';
import { type MedSegDiffV2Config, medSegDiffV2Earlier } from './med-seg-diff-v2-config.ts';
import { stir } from './network-checks.fixture.ts';

const small = {
  imageSize: [8, 8],
  imageChannels: 2,
  maskChannels: 2,
  conditionChannels: [4, 8],
  diffusionChannels: [4, 6],
  blocks: 1,
  formers: 2,
  gaussianSize: 3,
  timeChannels: 8,
  heads: 2,
  groups: 2,
  seed: 3,
} as const satisfies Partial<MedSegDiffV2Config>;

/** What the version before `medSegDiffV2Earlier` gave for `small`, its weights stirred. */
const EARLIER = {
  variables: 175,
  first: [-0.3190876, -0.077925, -0.4619406, -0.0621587, -0.2499005, -0.1070588, -0.0197971, -0.2075084],
  squares: 31.959127,
};

const images = (seed = 1): tf.Tensor4D => randomTensor([2, 8, 8, 2], seed);
const noisy = (seed = 4): tf.Tensor4D => randomTensor([2, 8, 8, 2], seed);
const times = (t = 800): tf.Tensor1D => tf.tensor1d([10, t], 'int32');
const variablesOf = (network: MedSegDiffV2): Map<string, tf.Variable> =>
  new Map([...network.encoderVariables(), ...network.denoiserVariables()]);

describeOnBackends('MedSegDiffV2', () => {
  it.each([
    ['the paper', {}],
    ['earlier versions', medSegDiffV2Earlier],
  ])('has the gradient of finite differences in every weight with the options of %s', (_, options) => {
    const network = new MedSegDiffV2({ ...small, ...options });
    stir(variablesOf(network));
    const variables = variablesOf(network);
    const errors = directionalErrors(variables, () =>
      tf.tidy(() => {
        const condition = network.encode(images());
        const prediction = network.denoise(noisy(), times(), condition);
        return tf.concat([tf.reshape(condition.anchor, [-1]), tf.reshape(prediction, [-1])]);
      }),
    );
    expect(errors.size).toBeGreaterThan(0.6 * variables.size);
    for (const [name, error] of errors) expect(error, name).toBeLessThan(2e-3);
  });

  it('saves and loads with equal outputs', async () => {
    registerLayers();
    const network = new MedSegDiffV2(small);
    stir(variablesOf(network));
    const condition = network.encode(images());
    const encoder = await reloaded(network.encoder);
    const denoiser = await reloaded(network.denoiser);
    const [anchor, decoded, embedding] = encoder.apply(images()) as tf.Tensor[];
    expect([...anchor!.dataSync()]).toEqual([...condition.anchor.dataSync()]);
    const outputs = denoiser.apply([noisy(), tf.tensor2d([[10], [800]]), decoded!, embedding!]) as tf.Tensor;
    expect([...outputs.dataSync()]).toEqual([...network.denoise(noisy(), times(), condition).dataSync()]);
  });

  it('gives with the options of earlier versions what these gave', () => {
    const network = new MedSegDiffV2({ ...small, ...medSegDiffV2Earlier });
    stir(variablesOf(network));
    expect(variablesOf(network).size).toBe(EARLIER.variables);
    const condition = network.encode(images());
    const values = network.denoise(noisy(), times(), condition).dataSync<'float32'>();
    expect(relativeError(values.slice(0, 8), EARLIER.first)).toBeLessThan(1e-4);
    expect(values.reduce((sum, value) => sum + value ** 2, 0)).toBeCloseTo(EARLIER.squares, 2);
  });

  it('anchors the finest level, or the first convolution', () => {
    const source = (anchorAt: 'level' | 'stem'): unknown => {
      const { denoiser } = new MedSegDiffV2({ ...small, anchorAt });
      const [h] = denoiser.getLayer('anchor_attention').input as SymbolicTensor[];
      return denoiser.layers.find(({ output }) => output === h)?.name;
    };
    expect([source('level'), source('stem')]).toEqual(['diffuse_down0.0', 'diffuse_stem']);
  });

  it('sees the time, the noisy mask, and the image through the anchor and through the embedding', () => {
    const network = new MedSegDiffV2(small);
    stir(variablesOf(network));
    const [one, other] = [network.encode(images(1)), network.encode(images(2))];
    const run = (x: number, t: number, condition: typeof one): string =>
      network.denoise(noisy(x), times(t), condition).dataSync().join();
    const seen = [
      run(1, 500, one),
      run(2, 500, one),
      run(1, 20, one),
      run(1, 500, { ...one, decoded: other.decoded }),
      run(1, 500, { ...one, embedding: other.embedding }),
    ];
    expect(run(1, 500, one)).toBe(seen[0]);
    expect(new Set(seen).size).toBe(5);
  });

  it('leaves no tensor behind', async () => {
    const network = new MedSegDiffV2(small);
    const [image, x, t] = [images(), noisy(), times()];
    await expectNoLeak(() => {
      const { value, grads } = tf.variableGrads(() => {
        const condition = network.encode(image);
        return tf.add<tf.Scalar>(tf.sum(condition.anchor), tf.sum(network.denoise(x, t, condition)));
      }, [...variablesOf(network).values()]);
      tf.dispose([value, grads]);
    });
  });

  it('starts alike from one seed', () => {
    const values = (seed: number): string => fingerprint(variablesOf(new MedSegDiffV2({ ...small, seed })));
    expect(values(5)).toBe(values(5));
    expect(values(5)).not.toBe(values(6));
  });
});

describe('MedSegDiffV2', () => {
  it.each([
    [{ imageSize: [9, 8] }, /imageSize must be a multiple of 2 for 2 levels, got 9x8/],
    [{ imageSize: [64] }, /imageSize must be \[height, width\], got \[64\]/],
    [{ diffusionChannels: [4] }, /diffusionChannels must be as many levels as conditionChannels \(2\), got \[4\]/],
    [{ conditionChannels: [4, 7] }, /conditionChannels must be one positive multiple of groups \(2\) a level/],
    [{ gaussianSize: 4 }, /gaussianSize must be an odd integer, got 4/],
    [{ filterSize: 2 }, /filterSize must be an odd integer, got 2/],
    [{ filterBlocks: 0 }, /filterBlocks must be a positive integer, got 0/],
    [{ gaussianMean: 'none' as 'zero' }, /gaussianMean must be 'learned' or 'zero', got 'none'/],
    [{ anchorAt: 'end' as 'stem' }, /anchorAt must be 'level' or 'stem', got 'end'/],
    [{ formers: 0 }, /formers must be a positive integer, got 0/],
    [{ heads: 3 }, /conditionChannels must be a multiple of heads \(3\) at the coarsest level/],
  ] as const)('refuses %j', (config, rule) => {
    expect(() => new MedSegDiffV2({ ...small, ...config })).toThrow(rule);
  });

  it('predicts noise and variance where asked', () => {
    expect(new MedSegDiffV2({ ...small, outChannels: 4 }).denoiser.outputShape).toEqual([null, 8, 8, 4]);
    expect(new MedSegDiffV2(small).denoiser.outputShape).toEqual([null, 8, 8, 2]);
  });

  it('refuses images of other channels', () => {
    expect(() => new MedSegDiffV2(small).encode(randomTensor([1, 8, 8, 1]))).toThrow(/of 2 channels, got 8x8 of 1/);
  });
});

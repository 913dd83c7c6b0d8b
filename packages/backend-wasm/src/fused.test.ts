import '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import {
  attention,
  averagePool,
  channelLayerNorm,
  groupNorm,
  linearAttention,
  silu,
  spectralFilter,
  upsampleNearest,
} from '@medseg/ops';
import { randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { register } from './register.ts';

type Op = (...x: tf.Tensor[]) => tf.Tensor;
type T1 = tf.Tensor1D;
type T3 = tf.Tensor3D;
type T4 = tf.Tensor4D;

const modulated: Op = (x, gamma, beta, scale, shift) =>
  groupNorm(x as T4, gamma as T1, beta as T1, { groups: 4, activation: 'silu', scale: scale as tf.Tensor2D, shift: shift as tf.Tensor2D }); // biome-ignore format: one call

// Sizes beyond one block of pixels (2,048 floats), of rows (65,536 scores), of FFT stages; odd batches and channels.
const cases: [string, Op, number[][]][] = [
  ['silu', (x) => silu(x!), [[3, 1031]]],
  ['groupNorm', modulated, [[3, 23, 17, 16], [16], [16], [3, 16], [3, 16]]],
  ['groupNorm of odd channels', (x, g, b) => groupNorm(x as T4, g as T1, b as T1, { groups: 3 }), [[2, 25, 33, 9], [9], [9]]],
  ['groupNorm of 4 n + 2 channels', (x, g, b) => groupNorm(x as T4, g as T1, b as T1, { groups: 2, activation: 'silu' }), [[2, 31, 35, 6], [6], [6]]],
  ['channelLayerNorm', (x, g, b) => channelLayerNorm(x as T4, g as T1, b as T1), [[2, 23, 19, 21], [21], [21]]],
  ['attention', (q, k, v) => attention(q as T3, k as T3, v as T3, { heads: 2 }), [[2, 300, 10], [2, 260, 10], [2, 260, 6]]],
  ['linearAttention', (x, w, o, b) => linearAttention(x as T3, w as tf.Tensor2D, o as tf.Tensor2D, b as T1, { heads: 3 }), [[2, 300, 18], [18, 108], [36, 20], [20]]],
  ['spectralFilter', (x, r, i) => spectralFilter(x as T4, r as T3, i as T3), [[3, 24, 35, 5], [24, 35, 5], [24, 35, 5]]],
  ['spectralFilter of 32', (x, r) => spectralFilter(x as T4, r as T3), [[2, 32, 16, 8], [32, 16, 8]]],
  ['spectralFilter of an odd height', (x, r, i) => spectralFilter(x as T4, r as T3, i as T3), [[2, 15, 64, 6], [15, 64, 6], [15, 64, 6]]],
  ['spectralFilter of long rows', (x, r, i) => spectralFilter(x as T4, r as T3, i as T3), [[2, 8, 128, 36], [8, 128, 36], [8, 128, 36]]],
  ['spectralFilter of one column', (x, r, i) => spectralFilter(x as T4, r as T3, i as T3), [[2, 64, 1, 4], [64, 1, 4], [64, 1, 4]]],
  ['upsampleNearest', (x) => upsampleNearest(x as T4, 3), [[2, 9, 11, 13]]],
  ['averagePool', (x) => averagePool(x as T4, 2), [[2, 18, 22, 13]]],
]; // biome-ignore format: a table

describe.each(['simd128', 'relaxed-simd'] as const)('fused operations [%s]', (variant) => {
  beforeAll(() => register({ variant }));

  // Finite differences of these operations at small sizes stand in @medseg/ops; at these sizes float32 hides them.
  it.each(cases)('%s agrees with the cpu backend in value and gradients', async (_name, f, shapes) => {
    const host = shapes.map((shape, i) => randomTensor(shape as [number], i + 1).dataSync());
    const run = (): Float32Array[] =>
      tf.tidy(() => {
        const inputs = host.map((v, i) => tf.tensor(v, shapes[i]!));
        const y = f(...inputs);
        const grads = tf.grads(f)(inputs, randomTensor(y.shape as [number], 9));
        return [y, ...grads].map((t) => t.dataSync() as Float32Array);
      });
    const ours = run();
    await tf.setBackend('cpu');
    const expected = run();
    await register({ variant });
    ours.forEach((values, i) => {
      expect(relativeError(values, expected[i]!)).toBeLessThan(1e-4);
    });
  });

  it.each([
    [[4, 16, 16, 8]],
    [[5, 32, 32, 16]],
    [[3, 64, 24, 12]],
    [[3, 12, 10, 3]],
    [[4, 6, 128, 36]],
    [[3, 9, 7, 5]],
    [[2, 1, 1, 1]],
  ] as const)('spectralFilter gives a sample the same bits alone and in company: %j', (shape) => {
    const filters = [2, 3].map((seed) => randomTensor<tf.Rank.R3>([shape[1], shape[2], shape[3]], seed));
    const x = randomTensor<tf.Rank.R4>([...shape], 1);
    const dy = randomTensor<tf.Rank.R4>([...shape], 4);
    const size = x.size / shape[0];
    for (const [real, ...imag] of [filters.slice(0, 1), filters]) {
      const bits = (from: number, count: number): Uint32Array[] => {
        const [part, up] = [x, dy].map((t) => tf.slice(t, from, count)) as [tf.Tensor4D, tf.Tensor4D];
        const f = (a: tf.Tensor): tf.Tensor => spectralFilter(a as T4, real!, ...imag);
        return [f(part), tf.grad(f)(part, up)].map((t) => new Uint32Array(t.dataSync().slice().buffer));
      };
      const whole = bits(0, shape[0]);
      for (let from = 0; from < shape[0]; from++) {
        for (let count = 1; from + count <= shape[0]; count++) {
          bits(from, count).forEach((values, i) => {
            const apart = values.filter((v, at) => v !== whole[i]![from * size + at]).length;
            expect(apart, `samples ${from} to ${from + count}`).toBe(0);
          });
        }
      }
    }
  });
});

import '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import { gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { register } from './register.ts';

type Op = (...x: tf.Tensor[]) => tf.Tensor;
type T4 = tf.Tensor4D;
type T5 = tf.Tensor5D;

// What tfjs's wasm backend lacks, has wrong, or does slowly: values against cpu, gradients by finite differences.
const cases: [string, Op, number[][]][] = [
  ['depthwise', (x, f) => tf.depthwiseConv2d(x as T4, f as T4, 1, 'same'), [[2, 5, 4, 6], [3, 3, 6, 1]]],
  ['depthwise, multiplier 2', (x, f) => tf.depthwiseConv2d(x as T4, f as T4, 2, 'valid'), [[2, 7, 6, 3], [3, 2, 3, 2]]],
  ['depthwise, dilated', (x, f) => tf.depthwiseConv2d(x as T4, f as T4, 1, 'same', 'NHWC', 2), [[2, 6, 5, 4], [3, 3, 4, 1]]],
  ['conv3d', (x, f) => tf.conv3d(x as T5, f as T5, 1, 'same'), [[2, 3, 4, 3, 2], [2, 3, 3, 2, 5]]],
  ['conv3d, stride 2', (x, f) => tf.conv3d(x as T5, f as T5, 2, 'same'), [[2, 4, 5, 3, 2], [3, 3, 3, 2, 3]]],
  ['conv3d, strides apart', (x, f) => tf.conv3d(x as T5, f as T5, [1, 2, 3], 'valid'), [[2, 3, 5, 7, 3], [2, 2, 3, 3, 4]]],
  ['gather', (x) => tf.gather(x!, tf.tensor1d([2, 0, 2, 3], 'int32'), 1), [[2, 4, 5]]],
  ['avgPool', (x) => tf.avgPool(x as T4, 3, 2, 'same'), [[2, 7, 6, 3]]],
  ['concat', (x, y, z) => tf.concat([x!, y!, z!], 3), [[2, 3, 2, 5], [2, 3, 2, 1], [2, 3, 2, 4]]],
  ['concat in the middle', (x, y) => tf.concat([x!, y!], 1), [[2, 3, 2, 5], [2, 1, 2, 5]]],
  ['slice', (x) => tf.slice(x!, [0, 1, 1, 2], [2, 3, 2, 4]), [[2, 5, 4, 7]]],
  ['slice of leading axes', (x) => tf.slice(x!, [1, 0, 1], [2, 3, 1]), [[4, 3, 3]]],
  ['split', (x) => tf.concat([...tf.split(x!, [1, 4, 2], 2)].reverse(), 2), [[2, 3, 7]]],
]; // biome-ignore format: a table

describe.each(['simd128', 'relaxed-simd'] as const)('stock operations made right [%s]', (variant) => {
  beforeAll(() => register({ variant }));

  it.each(cases)('%s agrees with the cpu backend', async (_name, f, shapes) => {
    const host = shapes.map((shape, i) => randomTensor(shape as [number], i + 1).dataSync());
    const run = (): Float32Array =>
      tf.tidy(() => f(...host.map((v, i) => tf.tensor(v, shapes[i]!))).dataSync() as Float32Array);
    const ours = run();
    await tf.setBackend('cpu');
    const expected = run();
    await register({ variant });
    expect(relativeError(ours, expected)).toBeLessThan(1e-5);
  });

  it.each(cases.filter(([name]) => !name.includes('dilated')))('%s has the right gradients', (_name, f, shapes) => {
    expect(
      gradientError(
        f,
        shapes.map((shape, i) => randomTensor(shape as [number], i + 1)),
      ),
    ).toBeLessThan(1e-3);
  });

  it.each([
    [2, 2, 'valid'],
    [3, 2, 'same'],
  ] as const)('maxPool %i, stride %i, %s sends the gradient to the largest element', (size, stride, pad) => {
    const order = tf.tensor4d(
      Array.from({ length: 2 * 5 * 6 * 3 }, (_, i) => ((i * 7919) % 180) / 10),
      [2, 5, 6, 3],
    );
    expect(gradientError((x) => tf.maxPool(x as T4, size, stride, pad), [order], { step: 1e-2 })).toBeLessThan(1e-3);
  });

  it('copies int32 and bool as tfjs does', () => {
    const x = tf.tensor2d([[1, 2, 3], [4, 5, 6]], [2, 3], 'int32'); // biome-ignore format: a matrix
    expect(Array.from(tf.slice(x, [0, 1], [2, 2]).dataSync())).toEqual([2, 3, 5, 6]);
    expect(Array.from(tf.concat([x, x], 1).dataSync())).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
    const b = tf.greater(x, 3);
    expect(Array.from(tf.concat([b, b], 1).dataSync())).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    expect(Array.from(tf.slice(b, [1, 1], [1, 2]).dataSync())).toEqual([1, 1]);
  });

  it('clones without a copy, and keeps the data until the last clone is gone', () => {
    const x = randomTensor([5]);
    const values = Array.from(x.dataSync());
    const clone = x.clone();
    x.dispose();
    expect(Array.from(clone.dataSync())).toEqual(values);
    clone.dispose();
  });
});

import { describeOnBackends, expectNoLeak, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { dense } from './dense.ts';

const f = (x: tf.Tensor, kernel: tf.Tensor, bias?: tf.Tensor): tf.Tensor =>
  dense(x as tf.Tensor2D, kernel as tf.Tensor2D, (bias as tf.Tensor1D | undefined) ?? null);

describeOnBackends('dense', () => {
  it('is a known product', () => {
    const y = f(tf.tensor2d([[1, 2, 3]]), tf.tensor2d([[1, 4], [2, 5], [3, 6]]), tf.tensor1d([10, 20])); // biome-ignore format: rows of a matrix
    expect(Array.from(y.dataSync())).toEqual([24, 52]);
  });

  it.each([
    [3, 5, 2],
    [2, 1, 9],
    [17, 33, 13],
  ])('equals the definition and has the right gradients: %i x %i x %i', (rows, inner, columns) => {
    const inputs = [randomTensor([rows, inner], 1), randomTensor([inner, columns], 2), randomTensor([columns], 3)];
    const [x, k, b] = inputs.map((t) => t.dataSync()) as [Float32Array, Float32Array, Float32Array];
    const expected = Array.from({ length: rows * columns }, (_, at) => {
      const [i, j] = [Math.floor(at / columns), at % columns];
      let sum = b[j]!;
      for (let p = 0; p < inner; p++) sum += x[i * inner + p]! * k[p * columns + j]!;
      return sum;
    });
    expect(relativeError(f(...(inputs as [tf.Tensor, tf.Tensor, tf.Tensor])).dataSync(), expected)).toBeLessThan(1e-5);
    expect(gradientError(f as (...t: tf.Tensor[]) => tf.Tensor, inputs)).toBeLessThan(1e-3);
    expect(gradientError(f as (...t: tf.Tensor[]) => tf.Tensor, inputs.slice(0, 2))).toBeLessThan(1e-3);
  });

  it.each([
    [3, 5, 2],
    [300, 18, 13],
  ])('takes silu(x), with the right gradients: %i x %i x %i', (rows, inner, columns) => {
    const inputs = [randomTensor([rows, inner], 1), randomTensor([inner, columns], 2), randomTensor([columns], 3)];
    const g = (...[x, kernel, bias]: tf.Tensor[]): tf.Tensor =>
      dense(x as tf.Tensor2D, kernel as tf.Tensor2D, bias as tf.Tensor1D, { before: 'silu' });
    const [x, kernel, bias] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor];
    const expected = f(tf.mul(x, tf.sigmoid(x)), kernel, bias);
    expect(relativeError(g(x, kernel, bias).dataSync(), expected.dataSync())).toBeLessThan(1e-5);
    expect(gradientError(g, inputs)).toBeLessThan(1e-3);
  });

  it('leaves nothing behind', async () => {
    const inputs = [randomTensor([3, 4]), randomTensor([4, 2]), randomTensor([2])] as const;
    await expectNoLeak(() => tf.tidy(() => void tf.grads(f as (...t: tf.Tensor[]) => tf.Tensor)([...inputs])));
  });

  it('says which rule was broken', () => {
    expect(() => f(tf.zeros([2, 3]), tf.zeros([4, 2]))).toThrow(/must agree, got \[2,3\] and \[4,2\]/);
    expect(() => f(tf.zeros([2, 3]), tf.zeros([3, 2]), tf.zeros([3]))).toThrow(/bias must be \[2\]/);
  });
});

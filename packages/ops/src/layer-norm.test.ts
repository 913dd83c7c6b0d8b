import { describeOnBackends, expectNoLeak, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { channelLayerNorm } from './layer-norm.ts';

const f = (...[x, gamma, beta]: tf.Tensor[]): tf.Tensor =>
  channelLayerNorm(x!, gamma as tf.Tensor1D, (beta as tf.Tensor1D | undefined) ?? null);

function reference(x: ArrayLike<number>, gamma: ArrayLike<number>, beta: ArrayLike<number>): number[] {
  const c = gamma.length;
  return Array.from({ length: x.length }, (_, k) => {
    const row = Array.from({ length: c }, (_, j) => x[k - (k % c) + j]!);
    const mean = row.reduce((a, b) => a + b) / c;
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / c;
    return ((x[k]! - mean) / Math.sqrt(variance + 1e-5)) * gamma[k % c]! + beta[k % c]!;
  });
}

describeOnBackends('channelLayerNorm', () => {
  // the last two: beyond a block of rows and beyond several
  it.each([[[2, 3, 4, 6]], [[2, 2, 3, 4]], [[3, 5, 9]], [[4, 2]], [[5, 7, 12]], [[3, 100, 7]]])(
    'equals the definition, with its gradients: %j',
    (shape) => {
      const c = shape[shape.length - 1]!;
      const inputs = [randomTensor(shape as [number], 1), randomTensor([c], 2), randomTensor([c], 3)];
      const [x, gamma, beta] = inputs.map((t) => t.dataSync()) as [Float32Array, Float32Array, Float32Array];
      expect(relativeError(f(...inputs).dataSync(), reference(x, gamma, beta))).toBeLessThan(1e-5);
      if (c > 2) expect(gradientError(f, inputs, { step: 1e-2 })).toBeLessThan(1e-3);
      if (c > 2) expect(gradientError(f, inputs.slice(0, 2), { step: 1e-2 })).toBeLessThan(1e-3);
    },
  );

  it('leaves nothing behind', async () => {
    const inputs = [randomTensor([2, 2, 2, 5]), randomTensor([5]), randomTensor([5])];
    await expectNoLeak(() => {
      tf.tidy(() => void tf.grads(f)(inputs));
      f(...inputs).dispose();
    });
  });

  it('says which rule was broken', () => {
    expect(() => f(tf.zeros([2, 4]), tf.zeros([3]))).toThrow(/gamma must be \[4\] for x \[2,4\], got \[3\]/);
  });
});

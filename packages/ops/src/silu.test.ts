import { describeOnBackends, expectNoLeak, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { silu } from './silu.ts';

describeOnBackends('silu', () => {
  it.each([[[1]], [[7]], [[3, 4, 5, 6]]])('is x sigmoid(x) on %j', (shape) => {
    const x = randomTensor(shape as [number]);
    const expected = Array.from(x.dataSync(), (v) => v / (1 + Math.exp(-v)));
    expect(relativeError(silu(x).dataSync(), expected)).toBeLessThan(1e-6);
  });

  it('stays finite far from zero', () => {
    const y = silu(tf.tensor1d([-1000, -88, 88, 1000])).dataSync();
    expect(relativeError(y, [0, 0, 88, 1000])).toBeLessThan(1e-6);
  });

  it('has the right gradient', () => {
    expect(gradientError(silu, [randomTensor([2, 3, 5])])).toBeLessThan(1e-3);
  });

  it('leaves nothing behind', async () => {
    const x = randomTensor([2, 5]);
    await expectNoLeak(() => {
      tf.tidy(() => void tf.grad(silu)(x));
      silu(x).dispose();
    });
  });
});

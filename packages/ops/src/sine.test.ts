import { describeOnBackends, expectNoLeak, gradientError, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { cosine, sine } from './sine.ts';

describeOnBackends('sine and cosine', () => {
  it('are those of float64, far from zero too', () => {
    const angles = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) * 0.5003);
    const x = tf.tensor1d(angles);
    const [sines, cosines] = [sine(x).dataSync(), cosine(x).dataSync()];
    let worst = 0;
    angles.forEach((angle, i) => {
      worst = Math.max(worst, Math.abs(sines[i]! - Math.sin(angle)), Math.abs(cosines[i]! - Math.cos(angle)));
    });
    expect(worst).toBeLessThan(1e-6);
  });

  it('have the right gradients', () => {
    const x = randomTensor([2, 7], 3);
    expect(gradientError((a) => tf.add(sine(a!), tf.mul(2, cosine(a!))), [x])).toBeLessThan(1e-3);
  });

  it('leave nothing behind', async () => {
    const x = randomTensor([5]);
    await expectNoLeak(() => void tf.dispose([sine(x), cosine(x)]));
  });
});

import { describeOnBackends, expectNoLeak, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { dft2d, idft2d } from './dft.ts';
import { spectralFilter } from './spectral-filter.ts';

type Shape = [number, number, number, number];

/** Re ifft2(fft2(x) (a + i b)) of one channel, by the definition in float64. */
function reference(x: tf.Tensor4D, real: tf.Tensor3D, imag: tf.Tensor3D | undefined): number[] {
  const [n, h, w, c] = x.shape;
  const [xs, ar, ai] = [x.dataSync(), real.dataSync(), imag?.dataSync()];
  const out = new Array<number>(n * h * w * c).fill(0);
  for (let b = 0; b < n; b++)
    for (let ch = 0; ch < c; ch++)
      for (let u = 0; u < h; u++)
        for (let v = 0; v < w; v++) {
          let [re, im] = [0, 0];
          for (let y = 0; y < h; y++)
            for (let z = 0; z < w; z++) {
              const angle = -2 * Math.PI * ((u * y) / h + (v * z) / w);
              re += xs[((b * h + y) * w + z) * c + ch]! * Math.cos(angle);
              im += xs[((b * h + y) * w + z) * c + ch]! * Math.sin(angle);
            }
          const [fr, fi] = [ar[(u * w + v) * c + ch]!, ai?.[(u * w + v) * c + ch] ?? 0];
          const [pr, pi] = [re * fr - im * fi, re * fi + im * fr];
          for (let y = 0; y < h; y++)
            for (let z = 0; z < w; z++) {
              const angle = 2 * Math.PI * ((u * y) / h + (v * z) / w);
              out[((b * h + y) * w + z) * c + ch]! += (pr * Math.cos(angle) - pi * Math.sin(angle)) / (h * w);
            }
        }
  return out;
}

const f = (...[x, real, imag]: tf.Tensor[]): tf.Tensor =>
  spectralFilter(x as tf.Tensor4D, real as tf.Tensor3D, ...(imag ? [imag as tf.Tensor3D] : []));

describeOnBackends('spectralFilter', () => {
  // Powers of two and four, 3, 5, 7 and their products, one, an odd batch.
  it.each<[Shape]>([[[2, 4, 8, 4]], [[3, 3, 5, 3]], [[2, 6, 7, 1]], [[1, 12, 10, 5]], [[2, 1, 9, 2]]])(
    'equals the definition on %j',
    (shape) => {
      const filter = shape.slice(1) as [number, number, number];
      const inputs: [tf.Tensor4D, tf.Tensor3D, tf.Tensor3D] = [
        randomTensor(shape, 1),
        randomTensor(filter, 2),
        randomTensor(filter, 3),
      ];
      expect(relativeError(f(...inputs).dataSync(), reference(...inputs))).toBeLessThan(1e-5);
      const expected = reference(inputs[0], inputs[1], undefined);
      expect(relativeError(f(inputs[0], inputs[1]).dataSync(), expected)).toBeLessThan(1e-5);
    },
  );

  it.each<[Shape]>([[[2, 4, 4, 4]], [[3, 3, 5, 3]], [[2, 6, 7, 1]]])('has the right gradients on %j', (shape) => {
    const filter = shape.slice(1) as [number, number, number];
    const inputs = [randomTensor(shape, 1), randomTensor(filter, 2), randomTensor(filter, 3)];
    expect(gradientError(f, inputs)).toBeLessThan(1e-3);
    expect(gradientError(f, inputs.slice(0, 2))).toBeLessThan(1e-3);
  });

  it('is the identity for a filter of ones', () => {
    const x = randomTensor<tf.Rank.R4>([2, 9, 14, 3]);
    expect(relativeError(spectralFilter(x, tf.ones([9, 14, 3])).dataSync(), x.dataSync())).toBeLessThan(1e-5);
  });

  it('leaves nothing behind', async () => {
    const inputs = [randomTensor([2, 4, 3, 2]), randomTensor([4, 3, 2]), randomTensor([4, 3, 2])];
    await expectNoLeak(() => {
      tf.tidy(() => void tf.grads(f)(inputs));
      f(...inputs).dispose();
    });
  });

  it('says which rule was broken', () => {
    const x = tf.zeros<tf.Rank.R4>([2, 4, 4, 3]);
    expect(() => spectralFilter(x, tf.ones([4, 3, 3]))).toThrow(
      /real must be \[4,4,3\] for x \[2,4,4,3\], got \[4,3,3\]/,
    );
  });
});

describeOnBackends('dft2d', () => {
  it('transforms a wave into its two peaks', () => {
    const wave = Array.from({ length: 8 }, (_, i) => Math.cos((2 * Math.PI * 3 * i) / 8));
    const { real, imag } = dft2d({ real: tf.tensor4d(wave, [1, 1, 8, 1]) });
    expect(relativeError(real.dataSync(), [0, 0, 0, 4, 0, 4, 0, 0])).toBeLessThan(1e-6);
    expect(relativeError(imag.dataSync(), new Array(8).fill(0))).toBeLessThan(1e-5);
  });

  it('is undone by idft2d', () => {
    const map = { real: randomTensor<tf.Rank.R4>([2, 5, 6, 3], 1), imag: randomTensor<tf.Rank.R4>([2, 5, 6, 3], 2) };
    const back = idft2d(dft2d(map));
    expect(relativeError(back.real.dataSync(), map.real.dataSync())).toBeLessThan(1e-5);
    expect(relativeError(back.imag.dataSync(), map.imag.dataSync())).toBeLessThan(1e-5);
  });

  it('keeps the energy (Parseval)', () => {
    const x = randomTensor<tf.Rank.R4>([1, 6, 5, 2]);
    const { real, imag } = dft2d({ real: x });
    const energy = (t: tf.Tensor): number => tf.sum(tf.square(t)).dataSync()[0]!;
    expect((energy(real) + energy(imag)) / 30).toBeCloseTo(energy(x), 3);
  });

  it('has the right gradients', () => {
    const both = (...[real, imag]: tf.Tensor[]): tf.Tensor => {
      const map = dft2d({ real: real as tf.Tensor4D, imag: imag as tf.Tensor4D });
      return tf.concat([map.real, map.imag], 0);
    };
    expect(gradientError(both, [randomTensor([2, 3, 4, 2], 1), randomTensor([2, 3, 4, 2], 2)])).toBeLessThan(1e-3);
  });

  it('leaves nothing behind', async () => {
    const real = randomTensor<tf.Rank.R4>([2, 3, 4, 2]);
    await expectNoLeak(() => void tf.dispose({ ...idft2d({ real }) }));
  });
});

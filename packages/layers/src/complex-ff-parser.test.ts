import { describeOnBackends, expectNoLeak, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { ComplexFFParser, complexFFParser } from './complex-ff-parser.ts';

/** irfft2(rfft2(x) * A) of one channel from the definitions, in float64. */
function reference(x: number[][], map: number[][][]): number[] {
  const [height, width] = [x.length, x[0]!.length];
  const half = Math.floor(width / 2) + 1;
  const columns = Array.from({ length: half }, (_, k) =>
    Array.from({ length: height }, (_, l) => {
      let [re, im] = [0, 0];
      x.forEach((row, i) => {
        row.forEach((value, j) => {
          const angle = -2 * Math.PI * ((i * l) / height + (j * k) / width);
          re += value * Math.cos(angle);
          im += value * Math.sin(angle);
        });
      });
      const [a, b] = map[l]![k]! as [number, number];
      return [re * a - im * b, re * b + im * a] as const;
    }),
  );
  return x.flatMap((row, i) =>
    row.map((_, j) => {
      let sum = 0;
      columns.forEach((column, k) => {
        let [re, im] = [0, 0];
        column.forEach(([a, b], l) => {
          const angle = (2 * Math.PI * i * l) / height;
          re += a * Math.cos(angle) - b * Math.sin(angle);
          im += a * Math.sin(angle) + b * Math.cos(angle);
        });
        const alone = k === 0 || 2 * k === width; // a real inverse transform takes these columns as real
        const angle = (2 * Math.PI * j * k) / width;
        sum += alone ? re * Math.cos(angle) : 2 * (re * Math.cos(angle) - im * Math.sin(angle));
      });
      return sum / (height * width);
    }),
  );
}

describeOnBackends('complexFFParser', () => {
  it.each([
    [4, 6],
    [6, 5],
    [3, 4],
  ])('is the filter of a real transform for %ix%i features', (height, width) => {
    const x = randomTensor<tf.Rank.R4>([1, height, width, 1], 1);
    const map = randomTensor<tf.Rank.R4>([height, Math.floor(width / 2) + 1, 1, 2], 2);
    const rows = tf.reshape(x, [height, width]).arraySync() as number[][];
    const maps = tf.reshape(map, [height, -1, 2]).arraySync() as number[][][];
    expect(relativeError(complexFFParser(x, { map }).dataSync(), reference(rows, maps))).toBeLessThan(1e-5);
  });

  it('passes features through where the map is one', () => {
    const x = randomTensor<tf.Rank.R4>([2, 4, 6, 3]);
    const map = tf.stack([tf.ones([4, 4, 3]), tf.zeros([4, 4, 3])], 3) as tf.Tensor4D;
    expect(relativeError(complexFFParser(x, { map }).dataSync(), x.dataSync())).toBeLessThan(1e-5);
  });

  it('has the gradient of finite differences in features and map', () => {
    const error = gradientError(
      (x, map) => complexFFParser(x as tf.Tensor4D, { map: map as tf.Tensor4D }),
      [randomTensor([2, 4, 6, 2], 1), randomTensor([4, 4, 2, 2], 2)],
    );
    expect(error).toBeLessThan(1e-3);
  });

  it('leaves no tensor behind', async () => {
    const layer = new ComplexFFParser({});
    const x = randomTensor([1, 4, 4, 2]);
    await expectNoLeak(() => tf.dispose(layer.apply(x) as tf.Tensor));
  });

  it('refuses features of another size than it was built for', () => {
    const layer = new ComplexFFParser({});
    layer.apply(randomTensor([1, 8, 8, 2]));
    expect(() => layer.apply(randomTensor([1, 6, 8, 2]))).toThrow(/map must be \[6,5,2,2\] for 6x8 features/);
  });
});

import { describeOnBackends, expectNoLeak, gradientError, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { bandPassFilter } from './band-pass-filter.ts';
import { SpectrumSpaceFormer, spectrumAttention } from './spectrum-space-former.ts';

const shapes = '2 2 2 2 2x2 2 2x2 2 2x2 2 2x3 4x6 6 3x1 1 2x4 4 4x2 2'
  .split(' ')
  .map((shape) => shape.split('x').map(Number));

/** Every weight of the attention, in the order of the shapes above; matrices stand for 1x1 convolutions. */
function weights(t: readonly tf.Tensor[]): Parameters<typeof spectrumAttention>[3] {
  const conv = (i: number): never => ({ weight: tf.reshape(t[i]!, [1, 1, ...t[i]!.shape]), bias: t[i + 1]! }) as never;
  const pair = (i: number): never => ({ weight: t[i]!, bias: t[i + 1]! }) as never;
  return {
    normQuery: pair(0),
    normKey: pair(2),
    query: conv(4),
    key: conv(6),
    value: conv(8),
    filter: { position: { weight: t[10] as tf.Tensor2D }, time: pair(11), out: pair(13) },
    mlp1: conv(15),
    mlp2: conv(17),
  };
}

const tensors = (): tf.Tensor[] => shapes.map((shape, i) => randomTensor(shape as [number], 20 + i));
const maps = (): tf.Tensor[] => [
  tf.mul(randomTensor([2, 4, 3, 2], 1), 2),
  tf.mul(randomTensor([2, 4, 3, 2], 2), 2),
  randomTensor([2, 4], 3),
];

describeOnBackends('spectrumSpaceFormer', () => {
  const run = (...t: tf.Tensor[]): tf.Tensor4D =>
    spectrumAttention(t[0] as tf.Tensor4D, t[1] as tf.Tensor4D, t[2] as tf.Tensor2D, weights(t.slice(3)));

  it('has the gradient of finite differences in every weight and input', () => {
    // A channel norm of two channels is all but a sign; its inputs are tried with the wider norm of the layer below.
    const t = [...maps(), ...tensors()];
    const fixed = t.slice(0, 2);
    const error = gradientError((...rest) => run(...fixed, ...rest), t.slice(2), { step: 5e-3, samples: 6 });
    expect(error).toBeLessThan(2e-3);
  });

  it('has the gradient of finite differences in both embeddings', () => {
    const layer = new SpectrumSpaceFormer({ hidden: 3, seed: 1 });
    const inputs = [randomTensor([2, 3, 2, 4], 1), randomTensor([2, 3, 2, 4], 2), randomTensor([2, 4], 3)];
    const f = (c: tf.Tensor, e: tf.Tensor): tf.Tensor => layer.apply([c, e, inputs[2]!]) as tf.Tensor;
    expect(gradientError(f, inputs.slice(0, 2), { samples: 12 })).toBeLessThan(2e-3);
  });

  it('is attention between pixels where the filter passes everything', () => {
    const weights = tensors();
    weights[13] = tf.zeros([3, 1]);
    weights[14] = tf.zeros([1]);
    const [x, y, time] = maps() as [tf.Tensor4D, tf.Tensor4D, tf.Tensor2D];
    const rows = (map: tf.Tensor, i: number): tf.Tensor =>
      tf.add(tf.matMul(tf.reshape(map, [24, 2]), weights[i] as tf.Tensor2D), weights[i + 1]!);
    const norm = (map: tf.Tensor, i: number): tf.Tensor => {
      const { mean, variance } = tf.moments(map, -1, true);
      const normal = tf.div(tf.sub(map, mean), tf.sqrt(tf.add(variance, 1e-5)));
      return tf.add(tf.mul(normal, weights[i]!), weights[i + 1]!);
    };
    const images = (map: tf.Tensor): tf.Tensor => tf.reshape(map, [2, 12, 2]);
    const [q, k, v] = [rows(norm(x, 0), 4), rows(norm(y, 2), 6), rows(norm(y, 2), 8)].map(images);
    const mixed = tf.matMul(tf.div(tf.matMul(q!, k!, false, true), 12 * Math.sqrt(2)), v!);
    const hidden = rows(mixed, 15);
    const active = tf.mul(hidden, tf.sigmoid(hidden));
    const expected = tf.add(tf.matMul(active as tf.Tensor2D, weights[17] as tf.Tensor2D), weights[18]!);
    expect(relativeError(run(x, y, time, ...weights).dataSync(), expected.dataSync())).toBeLessThan(1e-4);
  });

  it('filters by magnitude of the frequency and by time', () => {
    const { filter } = weights(tensors());
    const values = bandPassFilter(randomTensor([2, 4], 3), [4, 3], filter).arraySync();
    // (1, 1) and its mirror (3, 2) are frequencies 4 and 11 of a 4x3 map.
    expect(values[0]![4]![0]).toBeCloseTo(values[0]![11]![0]!, 6);
    expect(values[0]![4]![0]).not.toBeCloseTo(values[0]![0]![0]!, 3);
    expect(values[0]![4]![0]).not.toBeCloseTo(values[1]![4]![0]!, 3);
    for (const value of values.flat(2)) expect(value > 0 && value < 2).toBe(true);
  });

  describe('its band-pass filter of convolutions, over the pairs of a 2x3 map', () => {
    type Filter = Parameters<typeof bandPassFilter>[2];
    const filter = (): Filter => weights(tensors()).filter;
    const time = (): tf.Tensor2D => randomTensor([2, 4], 3);
    const run = (of: Filter): number[][][] => bandPassFilter(time(), [2, 3], of).arraySync();
    /** A 3x3 kernel with one tap. */
    const tapped = (values: tf.Tensor, row: number, column: number): tf.Tensor =>
      tf.pad(tf.reshape(values, [1, 1, ...values.shape]), [
        [row, 2 - row],
        [column, 2 - column],
        [0, 0],
        [0, 0],
      ]);
    const part = (index: number, length: number): number => Math.min(index, length - index) / length;
    const magnitudes = [0, 1, 2, 3, 4, 5].map(
      (i) => Math.hypot(part(Math.floor(i / 3), 2), part(i % 3, 3)) * Math.SQRT2,
    );
    const silu = (map: tf.Tensor): tf.Tensor => tf.mul(map, tf.sigmoid(map));
    const dense = (map: tf.Tensor, { weight, bias }: { weight: tf.Tensor; bias?: tf.Tensor }): tf.Tensor => {
      const product = tf.matMul(map as tf.Tensor2D, weight as tf.Tensor2D);
      return bias ? tf.add(product, bias) : product;
    };
    const normal = (map: tf.Tensor): tf.Tensor => {
      const { mean, variance } = tf.moments(map, 0);
      return tf.div(tf.sub(map, mean), tf.sqrt(tf.add(variance, 1e-5)));
    };
    /** The hidden features of an image by hand, from what stands at each pair, and from them its filter. */
    const hidden = (pairs: tf.Tensor, { position, time: told }: Filter, image: number): tf.Tensor => {
      const [scale, shift] = tf.split(dense(silu(tf.slice(time(), [image, 0], [1, 4])), told), 2, 1);
      return silu(tf.add(tf.mul(normal(dense(pairs, position)), tf.add(scale!, 1)), shift!));
    };
    const passed = (features: tf.Tensor, { out }: Filter): Float32Array =>
      tf.mul(tf.sigmoid(dense(features, out)), 2).dataSync<'float32'>();
    const at = (a: number, b: number): number[] =>
      magnitudes[a] === undefined || magnitudes[b] === undefined ? [0, 0] : [magnitudes[a], magnitudes[b]];
    const table = (pair: (a: number, b: number) => number[]): tf.Tensor2D =>
      tf.tensor2d(magnitudes.flatMap((_, a) => magnitudes.map((__, b) => pair(a, b))));

    it('takes each pair for itself where only the middle of its kernel counts', () => {
      const of = filter();
      const values = run({ ...of, position: { weight: tapped(of.position.weight, 1, 1) } });
      expect(relativeError(values.flat(2), run(of).flat(2))).toBeLessThan(1e-5);
      for (const image of [0, 1]) {
        expect(relativeError(values[image]!.flat(), passed(hidden(table(at), of, image), of))).toBeLessThan(1e-4);
      }
    });

    it('sees the neighbouring pairs, and nothing beyond the last', () => {
      const of = filter();
      const { weight } = of.position;
      const values = run({ ...of, position: { weight: tf.add(tapped(weight, 0, 1), tapped(weight, 1, 2)) } });
      const neighbours = table((a, b) => at(a - 1, b).map((value, i) => value + at(a, b + 1)[i]!));
      for (const image of [0, 1]) {
        expect(relativeError(values[image]!.flat(), passed(hidden(neighbours, of, image), of))).toBeLessThan(1e-4);
      }
    });

    it('normalises each image anew in a further block', () => {
      const of = filter();
      const still = { weight: tf.zeros([4, 6]), bias: tf.zeros([6]) }; // scale 1 and shift 0
      const blocks = { 1: { conv: { weight: tapped(tf.eye(3), 1, 1) }, time: still } };
      const values = run({ ...of, blocks });
      for (const image of [0, 1]) {
        const expected = passed(silu(normal(hidden(table(at), of, image))), of);
        expect(relativeError(values[image]!.flat(), expected)).toBeLessThan(1e-4);
      }
    });
  });

  it('leaves no tensor behind', async () => {
    const layer = new SpectrumSpaceFormer({ hidden: 3, seed: 1 });
    const inputs = [randomTensor([2, 3, 2, 4], 1), randomTensor([2, 3, 2, 4], 2), randomTensor([2, 4], 3)];
    await expectNoLeak(() => tf.dispose(layer.apply(inputs) as tf.Tensor));
  });

  it('refuses embeddings of two shapes', () => {
    const layer = new SpectrumSpaceFormer({});
    expect(() => layer.apply([randomTensor([1, 2, 2, 4]), randomTensor([1, 2, 2, 6]), randomTensor([1, 4])])).toThrow(
      /one shape, got \[2,2,4\] and \[2,2,6\]/,
    );
  });
});

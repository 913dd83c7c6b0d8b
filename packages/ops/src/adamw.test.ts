import { describeOnBackends, expectNoLeak, randomTensor, relativeError } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { type AdamWOptions, type AdamWState, adamw, adamwEach } from './adamw.ts';
import { globalNorm, sumOfSquares } from './global-norm.ts';

/** torch.optim.AdamW, in float64. */
function reference(p: number[], grads: number[][], o: Omit<AdamWOptions, 'step'>): number[] {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, gradientScale = 1 } = o;
  const [x, m, v] = [[...p], p.map(() => 0), p.map(() => 0)];
  grads.forEach((grad, t) => {
    grad.forEach((raw, i) => {
      const g = raw * gradientScale;
      x[i]! *= 1 - learningRate * weightDecay;
      m[i] = beta1 * m[i]! + (1 - beta1) * g;
      v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
      const mean = m[i]! / (1 - beta1 ** (t + 1));
      const root = Math.sqrt(v[i]! / (1 - beta2 ** (t + 1)));
      x[i]! -= (learningRate * mean) / (root + epsilon);
    });
  });
  return x;
}

describeOnBackends('adamw', () => {
  it.each([1, 4, 11])('equals the definition over ten steps of %i weights', (size) => {
    const options = { learningRate: 0.02, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.1, gradientScale: 0.5 };
    const start = randomTensor([size], 1);
    const grads = Array.from({ length: 10 }, (_, i) => randomTensor([size], i + 2));
    let state: [tf.Tensor, tf.Tensor, tf.Tensor] = [start, tf.zeros([size]), tf.zeros([size])];
    grads.forEach((grad, i) => {
      state = adamw(state[0], grad, state[1], state[2], { ...options, step: i + 1 });
    });
    const rows = grads.map((g) => Array.from(g.dataSync()));
    const expected = reference(Array.from(start.dataSync()), rows, options);
    expect(relativeError(state[0].dataSync(), expected)).toBeLessThan(1e-5);
  });

  it('of many weights is that of each by itself', async () => {
    const states = [[3, 5], [17], [1]].map((shape, i) => ({
      param: randomTensor(shape, i),
      grad: randomTensor(shape, i + 3),
      m: randomTensor(shape, i + 6),
      v: tf.square(randomTensor(shape, i + 9)),
    }));
    const options = { learningRate: 0.02, weightDecay: 0.1, gradientScale: 0.5, step: 3 };
    const together = adamwEach(states, options);
    for (const [i, { param, grad, m, v }] of states.entries()) {
      const alone = adamw<tf.Tensor>(param, grad, m, v, options);
      alone.forEach((tensor, k) => {
        expect(together[i]![k]!.shape).toEqual(param.shape);
        expect(relativeError(together[i]![k]!.dataSync(), tensor.dataSync())).toBeLessThan(1e-6);
      });
    }
    const copies = states.map(({ param, grad, m, v }) => ({ param, grad, m: tf.add(m, 0), v: tf.add(v, 0) }));
    const squares = states.map(({ v }) => Array.from(v.dataSync()));
    const params = states.map(({ param }) => Array.from(param.dataSync()));
    const before = tf.memory().numTensors;
    const reused = adamwEach(copies, { ...options, reuse: true });
    expect(tf.memory().numTensors).toBe(before + copies.length); // the moments took the place of the given ones
    for (const [i, three] of reused.entries()) {
      three.forEach((tensor, k) => {
        expect(Array.from(tensor.dataSync())).toEqual(Array.from(together[i]![k]!.dataSync()));
      });
      expect(Array.from(states[i]!.param.dataSync())).toEqual(params[i]);
    }
    // Data that somebody else has too stays as it is.
    const other = tf.clone(states[0]!.v);
    const [shared] = adamwEach([{ ...states[0]!, m: tf.add(states[0]!.m, 0) }], { ...options, reuse: true });
    expect(Array.from(shared![2].dataSync())).toEqual(Array.from(together[0]![2].dataSync()));
    expect(Array.from(other.dataSync())).toEqual(squares[0]);
    expect(adamwEach([], options)).toEqual([]);
    await expectNoLeak(() => tf.dispose(adamwEach(states.slice(1), options).flat()));
    expect(() => adamwEach([{ ...states[1]!, m: tf.zeros([2]) }], options)).toThrow(/m must be \[17\]/);
  });

  it('gives the same over many steps when it may reuse moments, and leaves the arrays of the program alone', () => {
    const shapes = [[40, 33], [17]];
    const arrays = shapes.map((shape, i) => randomTensor(shape, i).dataSync<'float32'>().map(Math.abs));
    const originals = arrays.map((array) => array.slice());
    const start = (): AdamWState[] =>
      shapes.map((shape, i) => ({
        param: randomTensor(shape, i + 2),
        grad: randomTensor(shape, i + 4),
        m: tf.tensor(arrays[i]!, shape),
        v: tf.tensor(arrays[i]!, shape),
      }));
    const step = (states: AdamWState[], count: number, reuse: boolean): AdamWState[] => {
      const updated = adamwEach(states, { learningRate: 0.02, step: count, reuse });
      if (!reuse) for (const { m, v } of states) tf.dispose([m, v]);
      return updated.map(([param, m, v], i) => ({ param, grad: states[i]!.grad, m, v }));
    };
    let [reusing, fresh] = [start(), start()];
    const numbers = (states: AdamWState[]): number[][] =>
      states.flatMap(({ param, m, v }) => [param, m, v].map((tensor) => Array.from(tensor.dataSync())));
    for (let count = 1; count <= 4; count++) {
      const seen = reusing.map(({ v }) => tf.clone(v)); // what somebody else has too stays as it is
      const before = seen.map((v) => Array.from(v.dataSync()));
      if (count % 2 === 0) tf.dispose(seen);
      reusing = step(reusing, count, true);
      if (count % 2 === 1) expect(seen.map((v) => Array.from(v.dataSync()))).toEqual(before);
      tf.dispose(seen);
      fresh = step(fresh, count, false);
      expect(numbers(reusing)).toEqual(numbers(fresh));
    }
    expect(arrays).toEqual(originals);
    tf.dispose([reusing.map((state) => Object.values(state)), fresh.map((state) => Object.values(state))]);
  });

  it('leaves the given tensors and nothing else behind', async () => {
    const [p, g, m, v] = [randomTensor([5], 1), randomTensor([5], 2), tf.zeros([5]), tf.zeros([5])];
    const before = Array.from(p.dataSync());
    await expectNoLeak(() => tf.dispose(adamw(p, g, m, v, { learningRate: 0.1, step: 1 })));
    expect(Array.from(p.dataSync())).toEqual(before);
  });

  it('says which rule was broken', () => {
    const p = tf.zeros([3]);
    expect(() => adamw(p, tf.zeros([2]), p, p, { learningRate: 1, step: 1 })).toThrow(/grad must be \[3\]/);
    expect(() => adamw(p, p, p, p, { learningRate: 1, step: 0 })).toThrow(/count from 1, got 0/);
  });
});

describeOnBackends('globalNorm', () => {
  it('is the norm of all elements together', () => {
    const tensors = [randomTensor([7], 1), randomTensor([3, 50, 40], 2), tf.scalar(3)];
    const expected = tensors.flatMap((t) => Array.from(t.dataSync())).reduce((sum, x) => sum + x * x, 0);
    expect(Math.abs(sumOfSquares(tensors) / expected - 1)).toBeLessThan(1e-6);
    expect(Math.abs(globalNorm(tensors) / Math.sqrt(expected) - 1)).toBeLessThan(1e-6);
    expect(globalNorm(tensors)).toBe(globalNorm(tensors));
    expect(globalNorm([])).toBe(0);
  });

  it('leaves nothing behind', async () => {
    const x = randomTensor([9]);
    await expectNoLeak(() => void globalNorm([x]));
  });
});

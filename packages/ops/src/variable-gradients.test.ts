import { describeOnBackends, expectNoLeak, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it, vi } from 'vitest';
import { conv2d } from './conv2d.ts';
import { groupNorm } from './group-norm.ts';
import { silu } from './silu.ts';
import { variableGradients } from './variable-gradients.ts';

describeOnBackends('variableGradients', () => {
  const shapes: [number, ...number[]][] = [[3, 3, 4, 8], [8], [8], [8], [1]];
  const network = (): { variables: tf.Variable[]; loss: () => tf.Scalar; inputs: tf.Tensor[] } => {
    const x = randomTensor([2, 6, 5, 4], 1) as tf.Tensor4D;
    const initial = shapes.map((shape, i) => randomTensor(shape, i + 2));
    const variables = initial.map((tensor) => tf.variable(tensor));
    const [filter, bias, gamma, beta, factor] = variables as [tf.Variable<tf.Rank.R4>, ...tf.Variable<tf.Rank.R1>[]];
    const doubled = tf.customGrad((y, save) => {
      const kept = (y as tf.Tensor).clone();
      (save as tf.GradSaveFunc)([kept]);
      return { value: tf.mul(kept, 2), gradFunc: (dy: tf.Tensor) => tf.mul(dy, 2) };
    });
    const loss = (): tf.Scalar =>
      tf.tidy(() => {
        const mapped = silu(groupNorm(conv2d(x, filter, bias!, { padding: 'same' }), gamma!, beta!, { groups: 2 }));
        const cloned = mapped.clone(); // this one is part of what is differentiated
        return tf.mean(tf.mul(doubled(tf.add(tf.sin(cloned), mapped)), tf.sigmoid(factor!))) as tf.Scalar;
      });
    return { variables, loss, inputs: [x, ...initial] };
  };
  const numbers = (grads: tf.NamedTensorMap, variables: readonly tf.Variable[]): number[][] =>
    variables.map(({ name }) => Array.from(grads[name]!.dataSync()));

  it('gives the value and the gradients of tf.variableGrads, and leaves as little behind', async () => {
    const { variables, loss, inputs } = network();
    const expected = tf.variableGrads(loss, variables);
    const found = variableGradients(loss, variables);
    expect(found.value.dataSync()[0]).toBe(expected.value.dataSync()[0]);
    expect(Object.keys(found.grads)).toEqual(Object.keys(expected.grads));
    expect(numbers(found.grads, variables)).toEqual(numbers(expected.grads, variables));
    expect(
      numbers(found.grads, variables)
        .flat()
        .every((value) => value !== 0),
    ).toBe(true);
    await expectNoLeak(() => {
      const { value, grads } = variableGradients(loss, variables);
      tf.dispose([value, grads]);
    });
    tf.dispose([expected.value, expected.grads, found.value, found.grads, ...variables, ...inputs]);
  });

  it('gives those of the variables that are asked for, and of no others', async () => {
    const { variables, loss } = network();
    const [filter, bias, , beta] = variables as [tf.Variable, tf.Variable, tf.Variable, tf.Variable];
    for (const some of [[filter], [bias, beta], [beta], variables]) {
      const expected = tf.variableGrads(loss, some);
      const found = variableGradients(loss, some);
      expect(Object.keys(found.grads)).toEqual(Object.keys(expected.grads));
      expect(numbers(found.grads, some)).toEqual(numbers(expected.grads, some));
      tf.dispose([expected.value, expected.grads, found.value, found.grads]);
      await expectNoLeak(() => {
        const { value, grads } = variableGradients(loss, some);
        tf.dispose([value, grads]);
      });
    }
    tf.dispose(variables);
  });

  it('frees on the way back what it has gone past', () => {
    const x = tf.variable(randomTensor([100], 1));
    const loss = (): tf.Scalar =>
      tf.tidy(() => {
        let y: tf.Tensor = x;
        for (let i = 0; i < 20; i++) y = tf.sin(tf.add(y, x));
        return tf.sum(y) as tf.Scalar;
      });
    /** How many tensors like x there are when the last kernel runs. */
    const left = (gradients: typeof tf.variableGrads): number => {
      const engine = tf.engine();
      const before = engine.state.numBytes;
      let bytes = 0;
      const { runKernel } = engine;
      const calls = vi.spyOn(engine, 'runKernel').mockImplementation((...args) => {
        bytes = engine.state.numBytes - before;
        return runKernel.apply(engine, args);
      });
      const { value, grads } = gradients(loss, [x]);
      calls.mockRestore();
      tf.dispose([value, grads]);
      return bytes / 400;
    };
    expect(left(tf.variableGrads)).toBeGreaterThan(100);
    expect(left(variableGradients)).toBeLessThan(12);
    x.dispose();
  });

  it('leaves alone what custom gradients hand on', () => {
    const [a, b] = [tf.variable(randomTensor([3], 1)), tf.variable(randomTensor([3], 2))];
    // The gradient itself for both, and again for one of them; what was saved as the gradient.
    const sum = tf.customGrad((...[p, q]) => ({
      value: tf.add(p as tf.Tensor, q as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => [dy, dy],
    }));
    const scaled = tf.customGrad((p, save) => {
      const factor = tf.mul(p as tf.Tensor, 2);
      (save as tf.GradSaveFunc)([factor]);
      return { value: tf.square(p as tf.Tensor), gradFunc: (_: tf.Tensor, saved: tf.Tensor[]) => saved[0]! };
    });
    const loss = (): tf.Scalar =>
      tf.tidy(() => {
        const [first, second] = [tf.sin(a), tf.cos(b)];
        return tf.sum(scaled(tf.sin(sum(sum(first, second), tf.exp(second))))) as tf.Scalar;
      });
    const expected = tf.variableGrads(loss, [a, b]);
    const found = variableGradients(loss, [a, b]);
    expect(numbers(found.grads, [a, b])).toEqual(numbers(expected.grads, [a, b]));
    tf.dispose([expected.value, expected.grads, found.value, found.grads, a, b]);
  });

  it('runs fewer kernels', () => {
    const { variables, loss } = network();
    const count = (gradients: typeof tf.variableGrads): number => {
      const calls = vi.spyOn(tf.engine(), 'runKernel');
      const { value, grads } = gradients(loss, variables);
      const identities = calls.mock.calls.filter(([name]) => name === 'Identity').length;
      calls.mockRestore();
      tf.dispose([value, grads]);
      return identities;
    };
    expect(count(variableGradients)).toBeLessThan(count(tf.variableGrads) / 2);
    tf.dispose(variables);
  });

  it('leaves tfjs as it was, also after an error and inside itself', () => {
    const { variables, loss } = network();
    const before = Object.getOwnPropertyNames(tf.engine());
    const failing = (): tf.Scalar => {
      throw new RangeError('inside');
    };
    expect(() => variableGradients(failing, variables)).toThrow(/inside/);
    const [, , , , factor] = variables;
    const nested = variableGradients(() => {
      const inner = variableGradients(loss, variables);
      return tf.mul(inner.value, tf.square(tf.sum(factor!))) as tf.Scalar;
    }, [factor!]);
    expect(nested.grads[factor!.name]!.shape).toEqual([1]);
    expect(Object.getOwnPropertyNames(tf.engine())).toEqual(before);
    tf.dispose(variables);
  });
});

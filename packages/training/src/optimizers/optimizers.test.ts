import { describeOnBackends, expectNoLeak } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { PhaseLearner, type PhaseLearnerOptions } from '../phase-learner.ts';
import { AdamOptimizer } from './adam-optimizer.ts';
import { AdamWOptimizer } from './adam-w-optimizer.ts';
import type { Optimizer } from './optimizer.ts';
import { SgdOptimizer } from './sgd-optimizer.ts';

const START = [0.5, -1.5, 2];
const RATE = 0.05;
const SCALE = 0.5;
const gradientAt = (step: number): number[] => [0.3 * step, -1 / step, 0.2 - 0.1 * step];

type Variables = ReadonlyMap<string, tf.Variable>;

/** A matrix and a vector of the same values, after steps with gradients of the same values. */
function after(steps: number, create: (variables: Variables) => Optimizer): Record<'matrix' | 'vector', number[]> {
  const variables = new Map<string, tf.Variable>([
    ['matrix', tf.variable(tf.tensor2d([START]))],
    ['vector', tf.variable(tf.tensor1d(START))],
  ]);
  const optimizer = create(variables);
  for (let step = 1; step <= steps; step++) {
    const g = gradientAt(step);
    const gradients = new Map<string, tf.Tensor>([
      ['matrix', tf.tensor2d([g])],
      ['vector', tf.tensor1d(g)],
    ]);
    optimizer.apply(gradients, RATE, { gradientScale: SCALE });
  }
  expect(optimizer.step).toBe(steps);
  const [matrix, vector] = [...variables.values()].map((variable) => [...variable.dataSync()]);
  return { matrix: matrix!, vector: vector! };
}

/** torch.optim.Adam, as its documentation writes it: L2 in the gradient, before the means. */
function adam(steps: number, weightDecay: number, [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8]): number[] {
  return START.map((start, i) => {
    let [x, m, v] = [start, 0, 0];
    for (let step = 1; step <= steps; step++) {
      const g = SCALE * gradientAt(step)[i]! + weightDecay * x;
      m = beta1! * m + (1 - beta1!) * g;
      v = beta2! * v + (1 - beta2!) * g * g;
      x -= (RATE * (m / (1 - beta1! ** step))) / (Math.sqrt(v / (1 - beta2! ** step)) + epsilon!);
    }
    return x;
  });
}

/** torch.optim.SGD, as its documentation writes it: the first velocity is the first gradient. */
function sgd(steps: number, momentum: number, weightDecay: number): number[] {
  return START.map((start, i) => {
    let [x, velocity] = [start, 0];
    for (let step = 1; step <= steps; step++) {
      const g = SCALE * gradientAt(step)[i]! + weightDecay * x;
      velocity = step === 1 ? g : momentum * velocity + g;
      x -= RATE * velocity;
    }
    return x;
  });
}

const close = (actual: readonly number[], expected: readonly number[]): void =>
  expected.forEach((value, i) => void expect(actual[i]).toBeCloseTo(value, 5));

describeOnBackends('AdamOptimizer', () => {
  it.each([0, 0.3])("is PyTorch's, with a decay of %f in the gradient", (weightDecay) => {
    const { matrix, vector } = after(5, (variables) => new AdamOptimizer(variables, { weightDecay }));
    close(matrix, adam(5, weightDecay));
    close(vector, adam(5, weightDecay));
  });

  it('takes other means, and spares vectors where it is told so', () => {
    const options = { weightDecay: 0.3, decays: 'matrices', beta1: 0.5, beta2: 0.9, epsilon: 1e-3 } as const;
    const { matrix, vector } = after(4, (variables) => new AdamOptimizer(variables, options));
    close(matrix, adam(4, 0.3, [0.5, 0.9, 1e-3]));
    close(vector, adam(4, 0, [0.5, 0.9, 1e-3]));
  });

  it('differs from AdamW by where the decay is', () => {
    const coupled = after(5, (variables) => new AdamOptimizer(variables, { weightDecay: 0.3 })).matrix;
    const decoupled = after(5, (variables) => new AdamWOptimizer(variables, { weightDecay: 0.3 })).matrix;
    expect(Math.abs(coupled[2]! - decoupled[2]!)).toBeGreaterThan(1e-3);
    const plain = after(5, (variables) => new AdamOptimizer(variables)).matrix;
    expect(plain).toEqual(after(5, (variables) => new AdamWOptimizer(variables, { weightDecay: 0 })).matrix);
  });
});

describeOnBackends('SgdOptimizer', () => {
  it.each([
    [0.9, 0],
    [0.5, 0.3],
    [0, 0.3],
  ])("is PyTorch's, with momentum %f and decay %f", (momentum, weightDecay) => {
    const { matrix, vector } = after(5, (variables) => new SgdOptimizer(variables, { momentum, weightDecay }));
    close(matrix, sgd(5, momentum, weightDecay));
    close(vector, sgd(5, momentum, weightDecay));
  });

  it('has a momentum of 0.9 and no decay unless told otherwise, and spares vectors where it is told so', () => {
    close(after(3, (variables) => new SgdOptimizer(variables)).vector, sgd(3, 0.9, 0));
    const options = { weightDecay: 0.3, decays: 'matrices' } as const;
    const { matrix, vector } = after(4, (variables) => new SgdOptimizer(variables, options));
    close(matrix, sgd(4, 0.9, 0.3));
    close(vector, sgd(4, 0.9, 0));
  });
});

describeOnBackends('every optimiser', () => {
  it.each([
    ['adamw', (variables: Variables) => new AdamWOptimizer(variables)],
    ['adam', (variables: Variables) => new AdamOptimizer(variables, { weightDecay: 0.1 })],
    ['sgd', (variables: Variables) => new SgdOptimizer(variables, { weightDecay: 0.1 })],
  ] as const)('%s leaves nothing behind, and says when weights are new', async (kind, create) => {
    const variables = new Map(
      Array.from({ length: 70 }, (_, i) => [`w${i}`, tf.variable(tf.tensor1d([i, 1]))] as const),
    );
    const optimizer = create(variables);
    expect(optimizer.kind).toBe(kind);
    const gradients = new Map([...variables.keys()].map((name) => [name, tf.tensor1d([1, 2])] as const));
    let updates = 0;
    const apply = (): void => optimizer.apply(gradients, 0.1, { updated: () => updates++ });
    apply();
    expect(updates).toBe(2); // 64 and 6
    await expectNoLeak(apply);
    expect(() => optimizer.apply(new Map(), 0.1)).toThrow(/no gradient for w0/);
    for (const tensors of Object.values(optimizer.state)) expect([...tensors.keys()]).toEqual([...variables.keys()]);
    optimizer.dispose();
  });
});

describe('an optimiser that is asked for what another one does', () => {
  const variables = (): Variables => new Map([['w', tf.variable(tf.scalar(1))]]);
  it.each([
    [{ optimizer: 'sgd', beta1: 0.5 }, "PhaseLearner: beta1 needs optimizer 'adamw' or 'adam', got 'sgd'"],
    [{ optimizer: 'adam', momentum: 0.5 }, "PhaseLearner: momentum needs optimizer 'sgd', got 'adam'"],
    [{ momentum: 0.5 }, "PhaseLearner: momentum needs optimizer 'sgd', got 'adamw'"],
    [
      { optimizer: 'adamW' },
      "PhaseLearner: optimizer must be 'adamw', 'adam' or 'sgd', got 'adamW'; did you mean 'adamw'?",
    ],
    [{ optimizer: 'sgd', momentum: 1 }, 'SgdOptimizer: momentum must be a number of at least 0 and below 1, got 1'],
    [{ optimizer: 'adam', weightDecay: -1 }, 'AdamOptimizer: weightDecay must be a number of at least 0, got -1'],
  ])('%o is refused', (options, message) => {
    expect(() => new PhaseLearner(variables(), options as PhaseLearnerOptions)).toThrow(message);
  });
});

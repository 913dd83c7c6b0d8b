import { type OptionNames, requireList, requireObject, requireOptions } from '@medseg/arguments';
import * as tf from '@tensorflow/tfjs-core';
import { hasKernel, runKernel } from './fused.ts';
import { requireTensor } from './require-tensor.ts';

/** Options of {@link adamw}. */
export interface AdamWOptions {
  /** Size of a step. */
  learningRate: number;
  /** Decay of the mean of gradients. Default 0.9. */
  beta1?: number;
  /** Decay of the mean of squared gradients. Default 0.999. */
  beta2?: number;
  /** Added to the root of the mean of squared gradients. Default 1e-8. */
  epsilon?: number;
  /** Decoupled: the parameter shrinks by learningRate * weightDecay a step. Default 0. */
  weightDecay?: number;
  /** Number of this step, from 1 on, for the bias correction. */
  step: number;
  /** The gradient is multiplied by it first: what clipping by global norm asks for. Default 1. */
  gradientScale?: number;
}

const optionNames: OptionNames<AdamWOptions> = {
  learningRate: true,
  beta1: true,
  beta2: true,
  epsilon: true,
  weightDecay: true,
  step: true,
  gradientScale: true,
};

/**
 * One AdamW step (Loshchilov & Hutter 2019, algorithm 2, with PyTorch's placing of epsilon and decay); returns new
 * tensors [param, m, v] and does not change the given ones. All four share one shape; m and v start at zero.
 * Throws RangeError when shapes differ or step is not a whole number from 1 on.
 *
 * @example const [p, m, v] = adamw(param, grad, m0, v0, { learningRate: 1e-3, step: 1 });
 */
export function adamw<T extends tf.Tensor>(
  param: T,
  grad: tf.Tensor,
  m: tf.Tensor,
  v: tf.Tensor,
  options: AdamWOptions,
): [T, T, T] {
  requireTensor('adamw: param', param, '[..., C]');
  requireTensor('adamw: grad', grad, '[..., C]');
  requireTensor('adamw: m', m, '[..., C]');
  requireTensor('adamw: v', v, '[..., C]');
  checkShapes({ param, grad, m, v });
  const attrs = factorsOf(options);
  if (hasKernel('MedsegAdamW')) return runKernel('MedsegAdamW', [param, grad, m, v], attrs) as [T, T, T];
  const { stepSize, variance, decay, beta1, beta2, epsilon, gradientScale } = attrs;
  return tf.tidy(() => {
    const g = tf.mul(grad, gradientScale);
    const nextM = tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1));
    const nextV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2));
    const update = tf.div(tf.mul(nextM, stepSize), tf.add(tf.sqrt(tf.mul(nextV, variance)), epsilon));
    return [tf.sub(tf.mul(param, decay), update), nextM, nextV] as [T, T, T];
  });
}

/** A weight, its gradient and the means of its gradients and of their squares. */
export interface AdamWState {
  /** The weight. */
  readonly param: tf.Tensor;
  /** Its gradient, of the same shape. */
  readonly grad: tf.Tensor;
  /** Mean of its gradients; zeros before the first step. */
  readonly m: tf.Tensor;
  /** Mean of its squared gradients; zeros before the first step. */
  readonly v: tf.Tensor;
}

/**
 * {@link adamw} of many weights with the same options, in one call where the backend has a kernel for it; returns
 * [param, m, v] of each. With `reuse` the given m and v are used up: where the backend can, they hold the new values and are
 * what is returned, which spares memory to go through; elsewhere they are disposed.
 *
 * @example const updated = adamwEach([{ param, grad, m: m0, v: v0 }], { learningRate: 1e-3, step: 1 });
 */
export function adamwEach(
  states: readonly AdamWState[],
  given: AdamWOptions & {
    /** Uses up m and v. Default false. */
    reuse?: boolean;
  },
): [tf.Tensor, tf.Tensor, tf.Tensor][] {
  requireList('adamwEach: states', states);
  requireObject('adamwEach: options', given, []);
  const { reuse = false, ...options } = given;
  const updated = updateEach(states, options, reuse);
  if (reuse) {
    for (const [i, [, m, v]] of updated.entries()) {
      const state = states[i]!;
      if (state.m !== m) state.m.dispose();
      if (state.v !== v) state.v.dispose();
    }
  }
  return updated;
}

function updateEach(
  states: readonly AdamWState[],
  options: AdamWOptions,
  reuse: boolean,
): [tf.Tensor, tf.Tensor, tf.Tensor][] {
  if (states.length === 0 || !hasKernel('MedsegAdamW')) {
    return states.map(({ param, grad, m, v }) => adamw(param, grad, m, v, options));
  }
  for (const state of states) checkShapes(state);
  const lists = (['param', 'grad', 'm', 'v'] as const).map((name) => states.map((state) => state[name]));
  const outputs = runKernel('MedsegAdamW', lists.flat(), { ...factorsOf(options), reuse });
  const n = states.length;
  // A kernel that has put the moments in their old place returns only the parameters.
  const inPlace = outputs.length === n;
  return states.map(({ m, v }, i) => [outputs[i]!, inPlace ? m : outputs[n + i]!, inPlace ? v : outputs[2 * n + i]!]);
}

function checkShapes(state: AdamWState): void {
  const { shape } = state.param;
  for (const name of ['grad', 'm', 'v'] as const) {
    const other = state[name].shape;
    if (!tf.util.arraysEqual(other, shape)) {
      throw new RangeError(`adamw: ${name} must be [${shape}] as the parameter, got [${other}]`);
    }
  }
}

interface Factors extends tf.NamedAttrMap {
  stepSize: number;
  variance: number;
  decay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  gradientScale: number;
}

function factorsOf(options: AdamWOptions): Factors {
  requireOptions('adamw', options, optionNames);
  const {
    learningRate,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = 0,
    step,
    gradientScale = 1,
  } = options;
  if (!(Number.isInteger(step) && step >= 1)) throw new RangeError(`adamw: step must count from 1, got ${step}`);
  const stepSize = learningRate / (1 - beta1 ** step);
  const variance = 1 / (1 - beta2 ** step);
  return { stepSize, variance, decay: 1 - learningRate * weightDecay, beta1, beta2, epsilon, gradientScale };
}

import * as tf from '@tensorflow/tfjs-core';
import { onWasm } from './backends.ts';
import { relativeError } from './relative-error.ts';

/** What is left of gradients below this part of the largest one is rounding. */
const NEGLIGIBLE = 1e-4;

/**
 * For each variable, how far the gradient of the outputs' weighted sum is from the right one, relative to it. On wasm,
 * the right one is how much the sum changes along the gradient's direction, at the best of four steps: a wide one bends,
 * a narrow one drowns in rounding. On any other backend it is the gradient on wasm, once the outputs there are seen to be
 * the same. Gradients that are zero but for rounding are left out.
 */
export function directionalErrors(
  variables: ReadonlyMap<string, tf.Variable>,
  outputs: () => tf.Tensor,
): Map<string, number> {
  const evaluate = (): Float32Array => tf.tidy(() => outputs().dataSync().slice() as Float32Array);
  const values = evaluate();
  const weights = Float64Array.from(values, (_, i) => Math.sin(12.9898 * (i + 1)));
  const differentiate = (): Map<string, Float32Array> => {
    const { value, grads } = tf.variableGrads(
      () => tf.sum(tf.mul(tf.reshape(outputs(), [-1]), tf.tensor1d([...weights]))) as tf.Scalar,
      [...variables.values()],
    );
    const read = [...variables].map(([name, v]) => [name, grads[v.name]!.dataSync().slice() as Float32Array] as const);
    tf.dispose([value, grads]);
    return new Map(read);
  };
  const gradients = differentiate();
  if (tf.getBackend() === 'wasm') return alongGradients(variables, gradients, weights, evaluate);
  return onWasm(() => {
    const offset = relativeError(values, evaluate());
    if (!(offset < 1e-3)) throw new Error(`directionalErrors: the backends differ by ${offset} in the outputs`);
    return distances(gradients, differentiate());
  });
}

function distances(
  gradients: ReadonlyMap<string, Float32Array>,
  proven: ReadonlyMap<string, Float32Array>,
): Map<string, number> {
  const largest = Math.max(...[...proven.values()].map(norm));
  return new Map(
    [...proven]
      .filter(([, right]) => !(norm(right) < NEGLIGIBLE * largest))
      .map(([name, right]) => {
        const difference = norm(gradients.get(name)!.map((value, i) => value - right[i]!));
        return [name, difference / Math.max(norm(right), 1e-3 * largest)];
      }),
  );
}

function alongGradients(
  variables: ReadonlyMap<string, tf.Variable>,
  gradients: ReadonlyMap<string, Float32Array>,
  weights: Float64Array,
  evaluate: () => Float32Array,
): Map<string, number> {
  const largest = Math.max(...[...gradients.values()].map(norm));
  const errors = new Map<string, number>();
  for (const [name, variable] of variables) {
    const gradient = gradients.get(name)!;
    const length = norm(gradient);
    if (length < NEGLIGIBLE * largest) continue;
    const kept = variable.dataSync().slice() as Float32Array;
    const assign = (now: Float32Array): void => tf.tidy(() => variable.assign(tf.tensor(now, variable.shape)));
    /** The weighted sum's change from `distance` against the gradient's direction to `distance` along it. */
    const change = (distance: number): number => {
      const [before, after] = [-distance, distance].map((d) => {
        assign(kept.map((value, i) => value + (gradient[i]! * d) / length));
        return evaluate();
      });
      return weights.reduce((sum, w, i) => sum + w * (after![i]! - before![i]!), 0);
    };
    let error = Number.POSITIVE_INFINITY;
    const accept = (numeric: number): void => {
      error = Math.min(error, Math.abs(numeric - length) / Math.max(length, 1e-3 * largest));
    };
    for (const step of [1e-2, 3e-2, 3e-3, 6e-2]) {
      const near = change(step);
      accept(near / (2 * step));
      if (error < 1e-3) break;
      accept((8 * near - change(2 * step)) / (12 * step));
      if (error < 1e-3) break;
    }
    assign(kept);
    errors.set(name, error);
  }
  return errors;
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

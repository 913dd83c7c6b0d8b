import * as tf from '@tensorflow/tfjs-core';
import { onWasm } from './backends.ts';
import { relativeError } from './relative-error.ts';

/**
 * How far the gradient of sum(f(inputs) * weights), for fixed random weights, is from the right one: the largest
 * difference relative to that input's largest derivative, over all inputs. On wasm, the right one is central differences
 * of fourth order at up to `samples` coordinates of each input. On any other backend it is the gradient of the same
 * function on wasm at every coordinate, once the function's value is seen to be the same.
 */
export function gradientError(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
  { step = 2e-2, samples = 24 }: { step?: number; samples?: number } = {},
): number {
  const host = inputs.map((x) => x.dataSync().slice() as Float32Array);
  const fresh = (): tf.Tensor[] => host.map((values, i) => tf.tensor(values, inputs[i]!.shape));
  const evaluate = (): Float32Array =>
    tf.tidy(
      () =>
        f(...fresh())
          .dataSync()
          .slice() as Float32Array,
    );
  const differentiate = (): Float32Array[] =>
    tf.tidy(() =>
      tf
        .grads((...xs: tf.Tensor[]) => {
          const y = f(...xs);
          return tf.sum(tf.mul(y, tf.tensor(weightsOf(y.size), y.shape))) as tf.Scalar;
        })(fresh())
        .map((g) => g.dataSync().slice() as Float32Array),
    );
  const analytic = differentiate();
  if (tf.getBackend() === 'wasm') return worstError(host, analytic, evaluate, { step, samples });
  const value = evaluate();
  return onWasm(() => {
    const offset = relativeError(value, evaluate());
    if (!(offset < 1e-3)) throw new Error(`gradientError: the backends differ by ${offset} in the value itself`);
    return Math.max(...differentiate().map((proven, i) => relativeError(analytic[i]!, proven)));
  });
}

function worstError(
  host: Float32Array[],
  analytic: Float32Array[],
  evaluate: () => Float32Array,
  { step, samples }: { step: number; samples: number },
): number {
  let worst = 0;
  host.forEach((values, which) => {
    const count = Math.min(samples, values.length);
    let scale = 1e-6;
    let difference = 0;
    for (let s = 0; s < count; s++) {
      const at = count === values.length ? s : Math.floor(((s + 0.5) * values.length) / count);
      const original = values[at]!;
      const shifted = (k: number): { y: Float32Array; x: number } => {
        values[at] = original + k * step;
        return { y: evaluate(), x: values[at]! };
      };
      const [a, b, c, d] = [shifted(-2), shifted(-1), shifted(1), shifted(2)];
      values[at] = original;
      const weights = weightsOf(a.y.length);
      let wide = 0;
      let narrow = 0;
      for (let i = 0; i < weights.length; i++) {
        wide += (d.y[i]! - a.y[i]!) * weights[i]!;
        narrow += (c.y[i]! - b.y[i]!) * weights[i]!;
      }
      const numeric = (4 * (narrow / (c.x - b.x)) - wide / (d.x - a.x)) / 3;
      scale = Math.max(scale, Math.abs(numeric));
      const error = Math.abs(numeric - analytic[which]![at]!);
      if (!(error <= difference)) difference = error;
    }
    worst = Math.max(worst, difference / scale);
  });
  return worst;
}

function weightsOf(n: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => Math.sin(12.9898 * (i + 1)));
}

import * as tf from '@tensorflow/tfjs-core';

/**
 * For each variable, how far the change of the outputs' weighted sum along the gradient's direction is from what the
 * gradient says, relative to it, at the best of four steps: a wide one bends, a narrow one drowns in rounding.
 * Gradients that are zero but for rounding are left out.
 */
export function directionalErrors(
  variables: ReadonlyMap<string, tf.Variable>,
  outputs: () => tf.Tensor,
): Map<string, number> {
  const size = tf.tidy(() => outputs().size);
  const weights = Float64Array.from({ length: size }, (_, i) => Math.sin(12.9898 * (i + 1)));
  const { grads, value } = tf.variableGrads(
    () => tf.sum(tf.mul(tf.reshape(outputs(), [-1]), tf.tensor1d([...weights]))) as tf.Scalar,
    [...variables.values()],
  );
  value.dispose();
  const norms = new Map(
    [...variables].map(([name, v]) => [name, tf.tidy(() => tf.norm(grads[v.name]!).dataSync()[0]!)]),
  );
  const largest = Math.max(...norms.values());
  const errors = new Map<string, number>();
  for (const [name, variable] of variables) {
    const norm = norms.get(name)!;
    if (norm < 1e-4 * largest) continue;
    const kept = tf.tensor(variable.dataSync().slice(), variable.shape);
    const at = (distance: number): ArrayLike<number> => {
      tf.tidy(() => variable.assign(tf.add(kept, tf.mul(grads[variable.name]!, distance / norm))));
      return tf.tidy(() => outputs().dataSync().slice());
    };
    let error = Number.POSITIVE_INFINITY;
    for (const step of [1e-2, 3e-2, 3e-3, 6e-2]) {
      if (error < 1e-3) break;
      const [a, b, c, d] = [at(-2 * step), at(-step), at(step), at(2 * step)] as const;
      let numeric = 0;
      weights.forEach((w, i) => {
        numeric += (w * (8 * (c[i]! - b[i]!) - (d[i]! - a[i]!))) / (12 * step);
      });
      error = Math.min(error, Math.abs(numeric - norm) / Math.max(norm, 1e-3 * largest));
    }
    variable.assign(kept);
    kept.dispose();
    errors.set(name, error);
  }
  tf.dispose(grads);
  return errors;
}

import { randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';

/**
 * Moves every weight away from where it may start as zero or lie at a kink: gradients then flow everywhere, and batch
 * normalisation keeps what leaky ReLU sees away from 0, on both sides.
 */
export function stir(variables: ReadonlyMap<string, tf.Variable>): void {
  let seed = 0;
  for (const [name, variable] of variables) {
    const noise = tf.tidy(() => randomTensor(variable.shape as [number], ++seed).dataSync());
    const values = variable.dataSync().map((value, i) => {
      if (/^hwm\..*\.norm\.weight$/.test(name)) return 0.2 + 0.05 * Math.sin(noise[i]!);
      if (/^hwm\..*\.norm\.bias$/.test(name)) return i % 2 === 0 ? 2 : -2;
      if (name.endsWith('.parser.map')) return noise[i]!; // starts too small for the gates to show
      if (name.endsWith('running_var')) return 4 + Math.sin(noise[i]!);
      if (name.endsWith('running_mean')) return 0.1 * noise[i]!;
      return value === 0 ? 0.2 * noise[i]! : value;
    }) as Float32Array;
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
}

/**
 * For each variable, how far the change of the outputs' weighted sum along the gradient's direction is from what the
 * gradient says, relative to it, at the best of three steps: a wide one bends, a narrow one drowns in rounding.
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
    for (const step of [1e-2, 3e-2, 3e-3]) {
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

/** The model after saving and loading. */
export async function reloaded(model: LayersModel): Promise<LayersModel> {
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return loadLayersModel(tf.io.fromMemory(saved!));
}

/** Every value of every variable, as text. */
export function fingerprint(variables: ReadonlyMap<string, tf.Variable>): string {
  return [...variables].map(([name, variable]) => `${name}:${variable.dataSync().join()}`).join(';');
}

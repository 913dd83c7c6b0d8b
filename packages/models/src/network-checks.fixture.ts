import { randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';

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

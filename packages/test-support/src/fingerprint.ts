import type * as tf from '@tensorflow/tfjs-core';

/** Every value of every variable, as text. */
export function fingerprint(variables: ReadonlyMap<string, tf.Variable>): string {
  return [...variables].map(([name, variable]) => `${name}:${variable.dataSync().join()}`).join(';');
}

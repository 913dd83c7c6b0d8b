import type * as tf from '@tensorflow/tfjs-core';

/** The variables of encoder and denoiser under one roof: `encoder.` or `denoiser.` before each name. */
export function phaseVariables(network: {
  encoderVariables(): Map<string, tf.Variable>;
  denoiserVariables(): Map<string, tf.Variable>;
}): Map<string, tf.Variable> {
  return new Map([
    ...[...network.encoderVariables()].map(([name, variable]) => [`encoder.${name}`, variable] as const),
    ...[...network.denoiserVariables()].map(([name, variable]) => [`denoiser.${name}`, variable] as const),
  ]);
}

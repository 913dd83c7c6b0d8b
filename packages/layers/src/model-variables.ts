import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';

/** A model's variables by name (`layer.weight`, as in a PyTorch state dict), all or the trainable, in layer order. */
export function modelVariables(
  model: LayersModel,
  { trainable = false }: { trainable?: boolean } = {},
): Map<string, tf.Variable> {
  const variables = new Map<string, tf.Variable>();
  for (const layer of model.layers) {
    for (const weight of (trainable ? layer.trainableWeights : layer.weights) as LayerVariable[]) {
      variables.set(weight.originalName.replaceAll('/', '.'), weight.read() as tf.Variable);
    }
  }
  return variables;
}

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

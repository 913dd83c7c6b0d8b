import { requireObject, requireOptions } from '@medseg/arguments';
import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable, layers } from '@tensorflow/tfjs-layers';

/** Options of {@link modelVariables}. */
export interface ModelVariablesOptions {
  /** Only the weights that are trained. Default false. */
  trainable?: boolean;
}

/**
 * A model's variables by name (`layer.weight`, as in a PyTorch state dict), in layer order: for `encodeVariables` and
 * `loadVariables` of `@medseg/training`, and for the `variables()` of a network of one's own.
 *
 * TensorFlow.js numbers layers without a name through the whole program, so that no two networks have the same names.
 * Here their numbers begin at 1 in each model: what one network has saved, another of the same layers loads. Throws
 * RangeError where two weights have one name.
 *
 * @example
 * const build = () => sequential({ layers: [dense({ inputShape: [2], units: 1 })] });
 * Array.from(modelVariables(build()).keys()).join(' ') // dense_1.kernel dense_1.bias
 * Array.from(modelVariables(build()).keys()).join(' ') // dense_1.kernel dense_1.bias
 */
export function modelVariables(model: LayersModel, options: ModelVariablesOptions = {}): Map<string, tf.Variable> {
  requireObject('modelVariables: model', model, ['layers']);
  requireOptions('modelVariables', options, { trainable: true });
  const { trainable = false } = options;
  const variables = new Map<string, tf.Variable>();
  const renamed = numberedAnew(model);
  for (const layer of model.layers) {
    for (const weight of (trainable ? layer.trainableWeights : layer.weights) as LayerVariable[]) {
      const name = weight.originalName
        .split('/')
        .map((part) => renamed.get(part) ?? part)
        .join('.');
      if (variables.has(name)) {
        throw new RangeError(`modelVariables: two weights are called ${name}; give their layers different names`);
      }
      variables.set(name, weight.read() as tf.Variable);
    }
  }
  return variables;
}

/** Of the layers that TensorFlow.js has named, such as `dense_Dense7`: names with numbers from 1 on, `dense_1`. */
function numberedAnew(model: LayersModel): Map<string, string> {
  const renamed = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const layer of layersIn(model)) {
    const [kind = '', number = '', ...more] = layer.name.split(`_${layer.getClassName()}`);
    if (more.length > 0 || !/^\d+$/.test(number) || renamed.has(layer.name)) continue;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    renamed.set(layer.name, `${kind}_${count}`);
  }
  return renamed;
}

/** The layers of a model, with those of models that are layers of it and those that other layers wrap. */
function layersIn(layer: layers.Layer): layers.Layer[] {
  const { layers: own, layer: wrapped } = layer as { layers?: layers.Layer[]; layer?: layers.Layer };
  return [...(own ?? []), ...(wrapped ? [wrapped] : [])].flatMap((inner) => [inner, ...layersIn(inner)]);
}

import '@tensorflow/tfjs-backend-cpu';
import { Convolution, modelVariables, OutputHead } from '@medseg/layers';
import { encodeVariables, loadVariables } from '@medseg/training';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, model } from '@tensorflow/tfjs-layers';
import { beforeAll, expect, it } from 'vitest';

beforeAll(() => tf.setBackend('cpu'));

/** A network of one's own, of layers without names, whose initial weights therefore differ each time. */
function build(): LayersModel {
  const x = input({ shape: [4, 4, 1] });
  const h = new Convolution({ channels: 4, size: 3 }).on(new Convolution({ channels: 4, size: 3 }).on(x));
  return model({ inputs: x, outputs: new OutputHead({ channels: 1, groups: 2 }).on(h) });
}

it('a network of layers without names loads what another of the same layers has saved', () => {
  const [saved, loaded] = [build(), build()];
  const x = tf.randomNormal([1, 4, 4, 1], 0, 1, 'float32', 1);
  const output = (network: LayersModel): number[] => [...(network.predict(x) as tf.Tensor).dataSync()];
  expect(output(loaded)).not.toEqual(output(saved));
  loadVariables(modelVariables(loaded), encodeVariables(modelVariables(saved)));
  expect(output(loaded)).toEqual(output(saved));
});

it("weights under TensorFlow.js's own names are refused with what to do", () => {
  const raw = (network: LayersModel): Map<string, tf.Variable> =>
    new Map(network.weights.map((weight) => [weight.originalName, weight.read() as tf.Variable]));
  const bytes = encodeVariables(raw(build()));
  expect(() => loadVariables(raw(build()), bytes, 'own.safetensors')).toThrow(
    /^own\.safetensors: a model of this network must hold medseg_convolution_MedsegConvolution\d+\/weight, got medseg_convolution_MedsegConvolution\d+\/weight: layers without names are numbered anew in each network; name them, or take modelVariables\(model\) of @medseg\/layers$/,
  );
});

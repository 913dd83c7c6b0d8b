import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, expect, it } from 'vitest';
import { Convolution } from './convolution.ts';
import { modelVariables } from './model-variables.ts';
import { OutputHead } from './output-head.ts';

beforeAll(() => tf.setBackend('cpu'));

/** Layers without names, whose initial weights therefore differ from one network to the next. */
function unnamed(): LayersModel {
  const x = input({ shape: [4, 4, 1] });
  let h = new Convolution({ channels: 4, size: 3 }).on(x);
  h = new Convolution({ channels: 4, size: 3 }).on(h);
  h = layers.batchNormalization().apply(h) as typeof h;
  return model({ inputs: x, outputs: new OutputHead({ channels: 1, groups: 2 }).on(h) });
}

it('names weights after their layers, and numbers layers without a name from 1 on in each network', () => {
  unnamed();
  expect([...modelVariables(unnamed()).keys()]).toEqual([
    'medseg_convolution_1.weight',
    'medseg_convolution_1.bias',
    'medseg_convolution_2.weight',
    'medseg_convolution_2.bias',
    'batch_normalization_1.gamma',
    'batch_normalization_1.beta',
    'batch_normalization_1.moving_mean',
    'batch_normalization_1.moving_variance',
    'medseg_output_head_1.norm.weight',
    'medseg_output_head_1.norm.bias',
    'medseg_output_head_1.conv.weight',
    'medseg_output_head_1.conv.bias',
  ]);
});

it('a model inside of another and a wrapped layer are numbered too; names that were given stay', () => {
  const build = (): LayersModel => {
    const inner = sequential({ layers: [layers.dense({ inputShape: [3, 2], units: 2 })] });
    const repeated = layers.timeDistributed({ layer: layers.dense({ units: 2 }) });
    return sequential({ layers: [inner, repeated, layers.dense({ units: 1, name: 'last' })] });
  };
  const [names, others] = [build(), build()].map((network) => [...modelVariables(network).keys()]);
  expect(others).toEqual(names);
  expect(names).toHaveLength(6);
  expect(names!.slice(-2)).toEqual(['last.kernel', 'last.bias']);
});

it('leaves frozen weights out where only the trained ones are asked for', () => {
  const network = sequential({
    layers: [
      layers.dense({ inputShape: [2], units: 2, trainable: false, name: 'a' }),
      layers.dense({ units: 1, name: 'b' }),
    ],
  });
  expect([...modelVariables(network, { trainable: true }).keys()]).toEqual(['b.kernel', 'b.bias']);
});

it('refuses two weights of one name, of which one would be lost', () => {
  const [first, second] = ['outer', 'inner'].map(() =>
    sequential({ layers: [layers.dense({ inputShape: [2], units: 2, name: 'same' })] }),
  );
  const x = input({ shape: [2] });
  const both = model({ inputs: x, outputs: second!.apply(first!.apply(x)) as typeof x });
  expect(() => modelVariables(both)).toThrow('two weights are called same.kernel; give their layers different names');
});

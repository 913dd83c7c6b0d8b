import { describeOnBackends, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  loadLayersModel,
  model,
  type Shape,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { expect, expectTypeOf, it } from 'vitest';
import { AttentiveFusion } from './attentive-fusion.ts';
import { Block, type BlockOptions, type TensorsOf } from './block.ts';
import { Convolution } from './convolution.ts';
import { FFParser } from './ff-parser.ts';
import { OutputHead } from './output-head.ts';
import { registerLayers } from './register-layers.ts';
import { Downsample, Upsample } from './resampling.ts';
import { ResidualBlock } from './residual-block.ts';
import { SelfAttention } from './self-attention.ts';
import { TimeEmbedding } from './time-embedding.ts';

/** A model that uses every layer of the package. */
function everyLayer(seed: number, prefix: string): LayersModel {
  const x = input({ shape: [8, 8, 2] });
  const t = input({ shape: [1] });
  const time = new TimeEmbedding({ name: `${prefix}time`, frequencies: 8, channels: 8, seed }).on(t);
  let h: SymbolicTensor = new Convolution({ name: `${prefix}stem`, channels: 4, size: 3, seed }).on(x);
  const fine = h;
  h = new Downsample({}).on(h);
  h = new ResidualBlock({ name: `${prefix}block`, channels: 8, groups: 4, seed }).on(h, time);
  h = new SelfAttention({ name: `${prefix}attention`, heads: 2, groups: 4, seed }).on(h);
  h = new FFParser({ name: `${prefix}parser` }).on(h);
  h = new Upsample({}).on(h);
  h = new AttentiveFusion({ name: `${prefix}fusion`, seed }).on(fine, h);
  h = new OutputHead({ name: `${prefix}head`, channels: 1, groups: 2, seed }).on(h);
  return model({ inputs: [x, t], outputs: h });
}

describeOnBackends('Block', (backend) => {
  const run = (network: LayersModel): Float32Array =>
    tf.tidy(
      () =>
        (network.apply([randomTensor([2, 8, 8, 2]), tf.tensor2d([[3], [700]])]) as tf.Tensor)
          .dataSync()
          .slice() as Float32Array,
    );

  it('saves and loads as a tf.layers model with equal outputs', async () => {
    registerLayers();
    const network = everyLayer(7, `a_${backend}_`);
    let saved: tf.io.ModelArtifacts | undefined;
    await network.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const loaded = await loadLayersModel(tf.io.fromMemory(saved!));
    expect([...run(loaded)]).toEqual([...run(network)]);
  });

  it('starts alike from one seed and differently from another', () => {
    const prefix = `b_${backend}_`;
    const [one, same, other] = [everyLayer(1, prefix), everyLayer(1, prefix), everyLayer(2, prefix)].map(run);
    expect([...same!]).toEqual([...one!]);
    expect([...other!]).not.toEqual([...one!]);
  });

  it('draws weights within 1/sqrt(fanIn)', () => {
    const layer = new Convolution({ channels: 16, size: 3, seed: 3 });
    layer.build([1, 4, 4, 8]);
    const values = layer.getWeights()[0]!.dataSync<'float32'>();
    const bound = 1 / Math.sqrt(3 * 3 * 8);
    const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    expect(largest).toBeLessThanOrEqual(bound);
    expect(largest).toBeGreaterThan(0.95 * bound);
  });

  it('names weights as a PyTorch state dict does', () => {
    const layer = new ResidualBlock({ name: `named_${backend}`, channels: 4, groups: 2 });
    layer.apply(randomTensor([1, 4, 4, 2]));
    const names = layer.weights.map((weight) => weight.originalName.replaceAll('/', '.'));
    expect(names).toContain(`named_${backend}.conv1.weight`);
    expect(names).toContain(`named_${backend}.skip.bias`);
  });
});

/** x, and y where it is there. */
class Sum extends Block<BlockOptions, Record<never, never>, [4, 2?]> {
  static className: string = 'Sum';

  protected override takes(): [4, 2?][] {
    return [[4], [4, 2]];
  }

  protected spec(): Record<never, never> {
    return {};
  }

  protected forward([x, y]: [tf.Tensor4D, tf.Tensor2D?]): tf.Tensor {
    return y === undefined ? tf.clone(x) : tf.add(x, tf.sum(y));
  }

  protected shapeOf([x]: [Shape, Shape?]): Shape {
    return x;
  }
}

it('hands forward the tensors of the ranks that a layer takes', () => {
  expectTypeOf<TensorsOf<[4, 2?]>>().toEqualTypeOf<[tf.Tensor4D, tf.Tensor2D?]>();
  expectTypeOf<TensorsOf<readonly number[]>>().toEqualTypeOf<tf.Tensor[]>();
  const [x, y] = [tf.ones([1, 1, 2, 1]), tf.ones([1, 3])];
  expect([...(new Sum({}).apply(x) as tf.Tensor).dataSync()]).toEqual([1, 1]);
  expect([...(new Sum({}).apply([x, y]) as tf.Tensor).dataSync()]).toEqual([4, 4]);
  expect(() => new Sum({}).apply([x, x])).toThrow(
    'Sum: takes inputs of ranks [4] or [4, 2], got shapes [1, 1, 2, 1], [1, 1, 2, 1]',
  );
});

import { describeOnBackends, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, loadLayersModel, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { AttentiveFusion } from './attentive-fusion.ts';
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

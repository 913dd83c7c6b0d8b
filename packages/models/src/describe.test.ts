import { Convolution, SelfAttention, TimeEmbedding } from '@medseg/layers';
import { describeOnBackends, expectNoLeak } from '@medseg/test-support';
import { input, model } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { AnchoredDiffusion } from './anchored-diffusion.ts';
import { describe, formatDescription } from './describe.ts';
import { UNet } from './unet.ts';

describeOnBackends('describe', (backend) => {
  it('counts a convolution by its definition', async () => {
    const x = input({ shape: [6, 8, 3] });
    const y = new Convolution({ name: `conv_${backend}`, channels: 5, size: 3, strides: 2 }).on(x);
    const { layers, parameters } = await describe(model({ inputs: x, outputs: y }), { batch: 2 });
    expect(layers).toEqual([
      {
        name: `conv_${backend}`,
        kind: 'MedsegConvolution',
        output: [3, 4, 5],
        parameters: 3 * 3 * 3 * 5 + 5,
        multiplyAdds: 2 * 3 * 4 * 5 * 27,
        activationBytes: expect.any(Number),
      },
    ]);
    expect(parameters).toBe(140);
    expect(layers[0]!.activationBytes).toBeGreaterThanOrEqual(4 * 2 * 3 * 4 * 5);
  });

  it('counts attention: two products of every pair of pixels', async () => {
    const x = input({ shape: [4, 4, 8] });
    const y = new SelfAttention({ heads: 2, groups: 2 }).on(x);
    const { multiplyAdds } = await describe(model({ inputs: x, outputs: y }));
    expect(multiplyAdds).toBe(16 * 8 * 24 + 16 * 8 * 8 + 2 * 16 * 16 * 8);
  });

  it('counts linear maps', async () => {
    const t = input({ shape: [1] });
    const y = new TimeEmbedding({ frequencies: 4, channels: 6 }).on(t);
    expect((await describe(model({ inputs: t, outputs: y }), { batch: 3 })).multiplyAdds).toBe(3 * (4 * 6 + 6 * 6));
  });

  it('describes every model of a network, and sums', async () => {
    const network = new UNet({ imageSize: [8, 8], channels: [8, 8], blocks: 1, heads: 2 });
    const description = await describe(network);
    expect(description.parameters).toBe(network.network.countParams());
    expect(description.layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0)).toBe(description.multiplyAdds);
    const lines = formatDescription(description).split('\n');
    expect(lines.length).toBe(description.layers.length + 2);
    expect(lines[0]).toMatch(/^layer +kind +output +parameters +multiply-adds +activations$/);
    expect(lines.at(-1)).toMatch(/^total .* MiB$/);
  });

  it('takes the size that a model leaves open', async () => {
    const x = input({ shape: [null, null, 1] });
    const open = model({ inputs: x, outputs: new Convolution({ channels: 1, size: 1 }).on(x) });
    expect((await describe(open, { imageSize: [4, 6] })).multiplyAdds).toBe(24);
    await expect(describe(open)).rejects.toThrow(/leaves its size open, pass imageSize; got \[, , , 1\]/);
  });

  it('leaves no tensor behind', async () => {
    const network = new UNet({ imageSize: [8, 8], channels: [8, 8], blocks: 1, heads: 2 });
    await expectNoLeak(async () => void (await describe(network)));
  });

  it('refuses an object without a model', async () => {
    await expect(describe({ a: 1 })).rejects.toThrow(/needs a tf.layers model/);
  });
});

describeOnBackends('summary()', () => {
  it('the widths of summary() that the README names cut no name', () => {
    const network = new AnchoredDiffusion({ imageSize: [16, 16] });
    for (const model of [network.encoder, network.denoiser]) {
      const lines: string[] = [];
      model.summary(150, [0.35, 0.58, 0.72, 0.8, 1], (line: string) => lines.push(line));
      for (const layer of model.layers) {
        const whole = `${layer.name} (${layer.getClassName()}) `;
        expect(lines.filter((line) => line.startsWith(whole)).length, whole).toBe(1);
      }
    }
    network.dispose();
  });
});

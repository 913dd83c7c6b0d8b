import { crossEntropyLoss, mseLoss } from '@medseg/diffusion';
import {
  describeOnBackends,
  directionalErrors,
  expectNoLeak,
  randomTensor,
  relativeError,
  startBackend,
} from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import { model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { AnchoredDiffusion } from './anchored-diffusion.ts';

const small = {
  imageSize: [8, 8],
  imageChannels: 2,
  encoderChannels: [4, 8],
  encoderBlocks: 1,
  denoiserChannels: [4, 8],
  timeChannels: 8,
  heads: 2,
  groups: 2,
  seed: 3,
} as const;

/** A loss that depends on every weight of encoder and denoiser. */
function lossOf(network: AnchoredDiffusion): tf.Scalar {
  return tf.tidy(() => {
    const images = randomTensor<tf.Rank.R4>([2, 8, 8, 2], 1);
    const masks = tf.cast(tf.greater(randomTensor<tf.Rank.R4>([2, 8, 8, 1], 2), 0), 'float32') as tf.Tensor4D;
    const condition = network.encode(images);
    const logits = network.denoise(randomTensor([2, 8, 8, 1], 4), tf.tensor1d([10, 800], 'int32'), condition);
    return tf.add<tf.Scalar>(
      crossEntropyLoss(condition.anchor, masks),
      mseLoss(tf.tanh(logits), tf.sub<tf.Tensor4D>(tf.mul(masks, 2), 1)),
    );
  });
}

function variablesOf(network: AnchoredDiffusion): Map<string, tf.Variable> {
  return new Map([...network.encoderVariables(), ...network.denoiserVariables()]);
}

/** Moves the zero-initialised head, so that gradients flow through the whole denoiser. */
function wake(network: AnchoredDiffusion): void {
  const head = network.denoiserVariables().get('correction.conv.weight')!;
  tf.tidy(() => head.assign(tf.mul(randomTensor(head.shape as [number, number, number, number], 9), 0.3)));
}

describeOnBackends('AnchoredDiffusion', () => {
  it.each([{}, { anchorInput: 'mask', fusion: 'dynamic' }] as const)(
    'has the gradient of finite differences in every weight with %j',
    (options) => {
      const network = new AnchoredDiffusion({ ...small, ...options });
      wake(network);
      const variables = variablesOf(network);
      const outputs = (): tf.Tensor1D =>
        tf.tidy(() => {
          const condition = network.encode(randomTensor([2, 8, 8, 2], 1));
          const logits = network.denoise(randomTensor([2, 8, 8, 1], 4), tf.tensor1d([10, 800], 'int32'), condition);
          return tf.concat([tf.reshape(condition.anchor, [-1]), tf.reshape(logits, [-1])]) as tf.Tensor1D;
        });
      const errors = directionalErrors(variables, outputs);
      expect(errors.size).toBeGreaterThan(0.7 * variables.size);
      for (const [name, error] of errors) expect(error, name).toBeLessThan(1e-3);
    },
  );

  it('gives the anchor itself before the denoiser has learned', () => {
    const network = new AnchoredDiffusion(small);
    const condition = network.encode(randomTensor([2, 8, 8, 2]));
    const logits = network.denoise(randomTensor([2, 8, 8, 1]), tf.tensor1d([1, 2], 'int32'), condition);
    expect([...logits.dataSync()]).toEqual([...condition.anchor.dataSync()]);
  });

  it('sees the time, the noisy mask and the image in the denoiser', () => {
    const network = new AnchoredDiffusion(small);
    wake(network);
    const run = (seed: number, t: number, image: number): string =>
      tf.tidy(() => {
        const condition = network.encode(randomTensor([1, 8, 8, 2], image));
        return network
          .denoise(randomTensor([1, 8, 8, 1], seed), tf.tensor1d([t], 'int32'), condition)
          .dataSync()
          .join();
      });
    expect(run(1, 500, 1)).toBe(run(1, 500, 1));
    expect(new Set([run(1, 500, 1), run(2, 500, 1), run(1, 20, 1), run(1, 500, 2)]).size).toBe(4);
  });

  it('treats the images of a batch apart', () => {
    const network = new AnchoredDiffusion(small);
    const images = randomTensor<tf.Rank.R4>([3, 8, 8, 2]);
    const together = network.encode(images).anchor.dataSync().slice(64, 128);
    const alone = network.encode(tf.slice(images, [1, 0, 0, 0], [1, 8, 8, 2])).anchor.dataSync();
    expect(relativeError(alone, together)).toBeLessThan(1e-5);
  });

  it.each([
    [{}, 1],
    [{ anchorInput: 'sharpened' }, 1],
    [{ anchorInput: 'mask' }, 0.5],
  ] as const)('feeds the anchor to the denoiser as %j says', (options, factor) => {
    const network = new AnchoredDiffusion({ ...small, ...options });
    wake(network);
    const [x, condition] = [randomTensor([2, 8, 8, 1], 4), network.encode(randomTensor([2, 8, 8, 2], 1))];
    const mask = tf.tanh(tf.mul(condition.anchor, factor));
    const inputs = [x, tf.tensor2d([[10], [800]]), mask, ...condition.features];
    const expected = tf.add(condition.anchor, network.denoiser.apply(inputs) as tf.Tensor);
    const logits = network.denoise(x, tf.tensor1d([10, 800], 'int32'), condition);
    expect([...logits.dataSync()]).toEqual([...expected.dataSync()]);
  });

  it('updates the condition from the denoiser, and the denoiser from it at the coarsest level, with dynamic fusion', () => {
    const network = new AnchoredDiffusion({ ...small, fusion: 'dynamic' });
    const { denoiser } = network;
    const names = ['denoise_down0', 'denoise_pool0', 'denoise_down1', 'denoise_attention'];
    const ends = ['fusion0.project', 'fusion0.ff_parser', 'fusion0.affinity', 'fusion1.pool', 'fusion1.carry'];
    const rest = ['fusion1.project', 'fusion1.join', 'fusion1.ff_parser', 'fusion1.affinity', 'fusion1.sum'];
    const all = [...names, ...ends, ...rest];
    const outputs = all.map((name) => denoiser.getLayer(name).output as SymbolicTensor);
    const tapped = model({ inputs: denoiser.inputs, outputs });
    const { anchor, features } = network.encode(randomTensor([2, 8, 8, 2], 1));
    const inputs = [randomTensor([2, 8, 8, 1], 4), tf.tensor2d([[10], [800]]), tf.tanh(anchor), ...features];
    const values = new Map((tapped.apply(inputs) as tf.Tensor[]).map((value, i) => [all[i]!, value]));
    const at = (name: string): tf.Tensor => values.get(name)!;
    const close = (name: string, expected: tf.Tensor): void =>
      expect(relativeError(at(name).dataSync(), expected.dataSync()), name).toBeLessThan(1e-5);
    const normal = (x: tf.Tensor): tf.Tensor => {
      const { mean, variance } = tf.moments(x, -1, true);
      return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
    };
    const weighed = (x: tf.Tensor, c: tf.Tensor): tf.Tensor => tf.mul(tf.mul(normal(x), normal(c)), c); // equation 4
    close('fusion0.ff_parser', at('denoise_down0')); // its map starts as ones
    close('fusion0.affinity', weighed(at('denoise_down0'), at('fusion0.project')));
    close('denoise_pool0', tf.avgPool(at('denoise_down0') as tf.Tensor4D, 2, 2, 'valid')); // unchanged by the condition
    close('fusion1.pool', tf.avgPool(at('fusion0.affinity') as tf.Tensor4D, 2, 2, 'valid'));
    close('fusion1.join', tf.add(at('fusion1.project'), at('fusion1.carry')));
    close('fusion1.affinity', weighed(at('denoise_down1'), at('fusion1.join')));
    close('fusion1.sum', tf.add(at('denoise_down1'), at('fusion1.affinity'))); // equation 3
    expect(denoiser.getLayer('denoise_attention').input).toBe(denoiser.getLayer('fusion1.sum').output);
  });

  it('starts alike from one seed', () => {
    const values = (seed: number): string =>
      [...variablesOf(new AnchoredDiffusion({ ...small, seed })).values()].map((v) => v.dataSync().join()).join(';');
    expect(values(5)).toBe(values(5));
    expect(values(5)).not.toBe(values(6));
  });

  it('leaves no tensor behind', async () => {
    const network = new AnchoredDiffusion(small);
    await expectNoLeak(() => {
      const { value, grads } = tf.variableGrads(() => lossOf(network), [...variablesOf(network).values()]);
      tf.dispose([value, grads]);
    });
  });
});

describe('AnchoredDiffusion', () => {
  it('has the size that the recipe gives', () => {
    const network = new AnchoredDiffusion();
    expect([network.encoder.countParams(), network.denoiser.countParams()]).toEqual([714273, 283161]);
  });

  it('takes the same training step on wasm as on cpu', async () => {
    const step = async (backend: 'cpu' | 'wasm'): Promise<{ loss: number; gradients: Map<string, Float32Array> }> => {
      await startBackend(backend);
      const network = new AnchoredDiffusion(small);
      wake(network);
      const variables = variablesOf(network);
      const { value, grads } = tf.variableGrads(() => lossOf(network), [...variables.values()]);
      const gradients = new Map(
        [...variables].map(([name, v]) => [name, grads[v.name]!.dataSync().slice() as Float32Array]),
      );
      return { loss: value.dataSync()[0]!, gradients };
    };
    const cpu = await step('cpu');
    const wasm = await step('wasm');
    expect(Math.abs(wasm.loss - cpu.loss) / cpu.loss).toBeLessThan(1e-4);
    const scale = Math.max(...[...cpu.gradients.values()].flatMap((g) => [...g].map(Math.abs)));
    for (const [name, gradient] of cpu.gradients) {
      const largest = Math.max(1e-3 * scale, ...[...gradient].map(Math.abs));
      const difference = Math.max(...gradient.map((g, i) => Math.abs(g - wasm.gradients.get(name)![i]!)));
      expect(difference / largest, name).toBeLessThan(1e-4);
    }
  });

  it.each([
    [{ imageSize: [60, 64] }, /imageSize must be a multiple of 8 for 4 levels, got 60x64/],
    [{ imageSize: [64] }, /imageSize must be \[height, width\], got \[64\]/],
    [{ encoderChannels: [16, 32] }, /denoiserChannels must be as many levels as encoderChannels \(2\)/],
    [{ encoderChannels: [16, 32, 64, 90] }, /encoderChannels must be positive multiples of groups \(8\)/],
    [{ heads: 7 }, /multiple of heads \(7\) at the coarsest level/],
    [{ imageChannels: 0 }, /imageChannels must be a positive integer, got 0/],
    [{ headPadding: 'same' as never }, /headPadding must be one of zeros, replicate, got same/],
    [{ anchorInput: 'half' as never }, /anchorInput must be 'mask' or 'sharpened', got 'half'/],
    [{ fusion: 'none' as never }, /fusion must be 'attentive' or 'dynamic', got 'none'/],
    [{ timeChannels: 7 }, /timeChannels must be an even integer of at least 4, got 7/],
  ] as const)('refuses %j', (config, rule) => {
    expect(() => new AnchoredDiffusion(config)).toThrow(rule);
  });

  it('refuses images of another size or other channels', () => {
    const network = new AnchoredDiffusion(small);
    expect(() => network.encode(randomTensor([1, 8, 6, 2]))).toThrow(
      /built for 8x8 images of 2 channels, got 8x6 of 2/,
    );
  });
});

import { AnchoredDiffusion, Lucidrains, lucidrainsConfigFrom, Seed } from '@medseg/models';
import * as tf from '@tensorflow/tfjs-core';
import { cases } from '../training-step/cases.ts';
import { flopsOf } from '../training-step/flops.ts';

/** A convolution or product as a network asks for it in a training step. */
export interface KernelCall {
  readonly kernel: string;
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly attrs: tf.NamedAttrMap;
  readonly flops: number;
  readonly networks: Set<string>;
}

type Predict = () => tf.Tensor;

/** Every different convolution and product of a training step of each network at its batch size. */
export function networkCalls(): KernelCall[] {
  const calls = new Map<string, KernelCall>();
  for (const { network, size, batch, name } of cases) {
    if (network.kind !== 'lucidrains') continue;
    const net = new Lucidrains(lucidrainsConfigFrom(network.options));
    const [x, image] = [tf.zeros<tf.Rank.R4>([batch, size, size, 1]), tf.zeros<tf.Rank.R4>([batch, size, size, 3])];
    record(calls, name, [...net.variables().values()], () => net.denoise(x, tf.zeros([batch]), image));
    net.dispose();
    tf.dispose([x, image]);
  }
  const seed = new Seed({ imageSize: 32, channels: 16, linearAttention: [true, true, true, false], seed: 1 });
  const [x, image] = [tf.zeros<tf.Rank.R4>([16, 32, 32, 1]), tf.zeros<tf.Rank.R4>([16, 32, 32, 3])];
  record(calls, 'seed', [...seed.variables().values()], () => seed.denoise(x, tf.zeros([16]), image));
  seed.dispose();
  const ours = new AnchoredDiffusion();
  const [mask, images] = [tf.zeros<tf.Rank.R4>([8, 64, 64, 1]), tf.zeros<tf.Rank.R4>([8, 64, 64, 3])];
  const variables = [...ours.encoderVariables().values(), ...ours.denoiserVariables().values()];
  record(calls, 'ours', variables, () => ours.denoise(mask, tf.zeros([8]), ours.encode(images)));
  ours.dispose();
  tf.dispose([x, image, mask, images]);
  return [...calls.values()].sort((a, b) => a.kernel.localeCompare(b.kernel) || b.flops - a.flops);
}

function record(calls: Map<string, KernelCall>, network: string, variables: tf.Variable[], predict: Predict): void {
  const originals = tf.getKernelsForBackend('wasm').map((config) => ({ config, kernelFunc: config.kernelFunc }));
  for (const { config, kernelFunc } of originals) {
    config.kernelFunc = (args) => {
      const result = kernelFunc(args);
      const inputs = Object.entries(args.inputs as Record<string, tf.TensorInfo>).map(([name, { shape }]) => ({
        name,
        shape,
      }));
      const flops = flopsOf(
        config.kernelName,
        inputs.map(({ shape }) => shape),
        [result].flat().map(({ shape }) => shape),
      );
      if (flops === 0) return result;
      const attrs = (args.attrs ?? {}) as tf.NamedAttrMap;
      const key = JSON.stringify([config.kernelName, inputs, attrs]);
      const call = calls.get(key) ?? { kernel: config.kernelName, inputs, attrs, flops, networks: new Set<string>() };
      call.networks.add(network);
      calls.set(key, call);
      return result;
    };
  }
  try {
    const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(predict())) as tf.Scalar, variables);
    tf.dispose([value, grads]);
  } finally {
    for (const { config, kernelFunc } of originals) config.kernelFunc = kernelFunc;
  }
}

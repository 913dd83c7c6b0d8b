import { AnchoredDiffusion, DeepmancerUNet, Lucidrains, lucidrainsConfigFrom } from '@medseg/models';
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
    record(calls, name, [...net.variables().values()], () => net.denoise(x, tf.zeros([batch]), { images: image }));
    net.dispose();
    tf.dispose([x, image]);
  }
  const deepmancer = new DeepmancerUNet({
    imageSize: 32,
    channels: 16,
    linearAttention: [true, true, true, false],
    seed: 1,
  });
  const [x, image] = [tf.zeros<tf.Rank.R4>([16, 32, 32, 1]), tf.zeros<tf.Rank.R4>([16, 32, 32, 3])];
  record(calls, 'deepmancer', [...deepmancer.variables().values()], () =>
    deepmancer.denoise(x, tf.zeros([16]), { images: image }),
  );
  deepmancer.dispose();
  const ours = new AnchoredDiffusion();
  const [mask, images] = [tf.zeros<tf.Rank.R4>([8, 64, 64, 1]), tf.zeros<tf.Rank.R4>([8, 64, 64, 3])];
  record(calls, 'ours', [...ours.variables().values()], () => ours.denoise(mask, tf.zeros([8]), ours.encode(images)));
  ours.dispose();
  tf.dispose([x, image, mask, images]);
  return [...calls.values()].sort((a, b) => a.kernel.localeCompare(b.kernel) || b.flops - a.flops);
}

function record(calls: Map<string, KernelCall>, network: string, variables: tf.Variable[], predict: Predict): void {
  const originals = tf.getKernelsForBackend('wasm').map((config) => ({ config, kernelFunc: config.kernelFunc }));
  for (const { config, kernelFunc } of originals) {
    config.kernelFunc = (args) => {
      const result = kernelFunc(args);
      const { kernel, inputs, attrs } = stockCall(config.kernelName, args);
      const named = Object.entries(inputs).map(([name, { shape }]) => ({ name, shape }));
      const flops = flopsOf(
        kernel,
        named.map(({ shape }) => shape),
        [result].flat().map(({ shape }) => shape),
      );
      if (flops === 0) return result;
      const key = JSON.stringify([kernel, named, attrs]);
      const call = calls.get(key) ?? { kernel, inputs: named, attrs, flops, networks: new Set<string>() };
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

interface NamedCall {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly attrs: tf.NamedAttrMap;
}

/** A call of a kernel; where one gradient of a convolution is asked for, that of stock tfjs's kernel for it. */
function stockCall(kernel: string, args: Parameters<tf.KernelFunc>[0]): NamedCall {
  const inputs = args.inputs as Record<string, tf.TensorInfo>;
  const attrs = (args.attrs ?? {}) as tf.NamedAttrMap;
  if (kernel !== 'MedsegConv2DGrad') return { kernel, inputs, attrs };
  const { wanted, ...shared } = attrs;
  const { x, filter, dy } = inputs as Record<'x' | 'filter' | 'dy', tf.TensorInfo>;
  switch (String(wanted)) {
    case 'x':
      return { kernel: 'Conv2DBackpropInput', inputs: { dy, filter }, attrs: { ...shared, inputShape: x.shape } };
    case 'filter':
      return { kernel: 'Conv2DBackpropFilter', inputs: { x, dy }, attrs: { ...shared, filterShape: filter.shape } };
    default:
      return { kernel, inputs, attrs };
  }
}

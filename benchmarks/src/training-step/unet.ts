import {
  Convolution,
  OutputHead,
  ResidualBlock,
  SelfAttention,
  TimeEmbedding,
  UpsampleConvolution,
} from '@medseg/layers';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';

/**
 * A plain diffusion U-Net (Ho et al. 2020): three levels of two residual blocks, attention at the coarsest, strided
 * convolutions down, nearest upsampling and convolution up. The layers are named as python/training_step.py names its
 * modules. Inputs: x [B, size, size, 1], t [B, 1].
 */
export function buildPlainUnet({ size, channels: c }: { size: number; channels: number }): LayersModel {
  const form = { groups: 8, seed: 1 };
  const x = input({ shape: [size, size, 1], name: 'x' });
  const t = input({ shape: [1], name: 't' });
  const time = new TimeEmbedding({ name: 'time', frequencies: c, channels: 4 * c, seed: 1 }).on(t);
  const blocks = (name: string, channels: number, h: SymbolicTensor): SymbolicTensor =>
    [0, 1].reduce(
      (from, i) => new ResidualBlock({ name: `${name}.${i}`, channels, time: 'add', ...form }).on(from, time),
      h,
    );
  const join = (name: string, parts: SymbolicTensor[]): SymbolicTensor =>
    layers.concatenate({ name }).apply(parts) as SymbolicTensor;
  const convolve = (name: string, channels: number, h: SymbolicTensor, strides = 1): SymbolicTensor =>
    new Convolution({ name, channels, size: 3, strides, seed: 1 }).on(h);

  const fine = blocks('down0', c, convolve('stem', c, x));
  const middle = blocks('down1', 2 * c, convolve('shrink0', c, fine, 2));
  let h = convolve('shrink1', 2 * c, middle, 2);
  h = new ResidualBlock({ name: 'middle.0', channels: 4 * c, time: 'add', ...form }).on(h, time);
  h = new SelfAttention({ name: 'attention', heads: 4, ...form }).on(h);
  h = new ResidualBlock({ name: 'middle.1', channels: 4 * c, time: 'add', ...form }).on(h, time);
  h = new UpsampleConvolution({ name: 'grow1', channels: 2 * c, seed: 1 }).on(h);
  h = blocks('up1', 2 * c, join('join1', [h, middle]));
  h = new UpsampleConvolution({ name: 'grow0', channels: c, seed: 1 }).on(h);
  h = blocks('up0', c, join('join0', [h, fine]));
  const output = new OutputHead({ name: 'head', channels: 1, ...form }).on(h);
  return model({ inputs: [x, t], outputs: output, name: 'plain_unet' });
}

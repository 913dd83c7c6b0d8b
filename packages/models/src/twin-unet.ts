import {
  Convolution,
  LinearAttention,
  PixelAttention,
  ScaleShiftBlock,
  TimeEmbedding,
  type TimeEmbeddingOptions,
  Transformer,
  UnshuffleDownsample,
  UpsampleConvolution,
} from '@medseg/layers';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';

/** Takes noise features and condition features of one level to new condition features of the same shape. */
export type Conditioner = (x: SymbolicTensor, condition: SymbolicTensor) => SymbolicTensor;

/** What {@link buildTwinUnet} builds; the two reference networks differ in names, channels and conditioners. */
export interface TwinUnet {
  readonly imageSize: number;
  readonly imageChannels: number;
  /** Channels of x, and of the previous prediction beside it (0: none). */
  readonly maskChannels: number;
  readonly previousChannels: number;
  readonly outputChannels: number;
  /** Channels of the first convolutions and then of each level's end: one more than levels. */
  readonly channels: readonly number[];
  /** For each level, whether its attention is linear. */
  readonly linearAttention: readonly boolean[];
  readonly heads: number;
  readonly headChannels: number;
  readonly transformerDepth: number;
  readonly groups: number;
  /** Whether the decoder sees the image encoder's features too. */
  readonly imageSkips: boolean;
  readonly time: TimeEmbeddingOptions;
  readonly conditioner: (level: number, channels: number) => Conditioner;
  readonly names: TwinUnetNames;
  readonly seed: number;
}

/** The references' own names of their parts. */
interface TwinUnetNames {
  readonly stem: string;
  readonly imageStem: string;
  readonly encoder: string;
  readonly imageEncoder: string;
  readonly middle: string;
  readonly imageMiddle: string;
  readonly transformer: string;
  readonly fuser: string;
  readonly decoder: string;
}

/**
 * A U-Net whose image has an encoder of its own beside the noisy mask's; a conditioner at each level takes the mask's
 * features into the image's, both meet before a transformer, and the decoder takes two skips a level
 * (MedSegDiff in the form of lucidrains and of deepmancer). Inputs: x, t [B, 1], image, and the previous prediction
 * where there is one.
 */
export function buildTwinUnet(net: TwinUnet): LayersModel {
  const { imageSize, channels, groups, names, seed } = net;
  const levels = channels.length - 1;
  const attention = { heads: net.heads, headChannels: net.headChannels, seed };
  const plane = (count: number, name: string): SymbolicTensor => input({ shape: [imageSize, imageSize, count], name });
  const block = (name: string, count: number, ...from: SymbolicTensor[]): SymbolicTensor =>
    new ScaleShiftBlock({ name, channels: count, groups, seed }).on(...from);
  const attend = (name: string, level: number, from: SymbolicTensor): SymbolicTensor =>
    new (net.linearAttention[level] ? LinearAttention : PixelAttention)({ name, ...attention }).on(from);
  const convolve = (name: string, count: number, size: number, from: SymbolicTensor): SymbolicTensor =>
    new Convolution({ name, channels: count, size, seed }).on(from);
  const join = (name: string, parts: SymbolicTensor[]): SymbolicTensor =>
    layers.concatenate({ name }).apply(parts) as SymbolicTensor;

  const x = plane(net.maskChannels, 'x');
  const t = input({ shape: [1], name: 't' });
  const image = plane(net.imageChannels, 'image');
  const previous = net.previousChannels > 0 ? [plane(net.previousChannels, 'previous')] : [];
  const time = new TimeEmbedding({ ...net.time, seed }).on(t);

  const first = previous.length > 0 ? join('join_previous', [...previous, x]) : x;
  const stem = convolve(names.stem, channels[0]!, 7, first);
  let h = stem;
  let c = convolve(names.imageStem, channels[0]!, 7, image);
  const skips: SymbolicTensor[][] = [];
  const keep = (): void => void skips.push(net.imageSkips ? [h, c] : [h]);
  for (let level = 0; level < levels; level++) {
    const [from, to] = [channels[level]!, channels[level + 1]!];
    const [mask, condition] = [`${names.encoder}.${level}`, `${names.imageEncoder}.${level}`];
    const shrink = (name: string, features: SymbolicTensor): SymbolicTensor =>
      level === levels - 1
        ? convolve(name, to, 3, features)
        : new UnshuffleDownsample({ name, channels: to, seed }).on(features);
    h = block(`${mask}.0`, from, h, time);
    c = block(`${condition}.0`, from, c, time);
    keep();
    h = attend(`${mask}.2`, level, block(`${mask}.1`, from, h, time));
    c = attend(`${condition}.2`, level, block(`${condition}.1`, from, c, time));
    c = net.conditioner(level, from)(h, c);
    keep();
    h = shrink(`${mask}.3`, h);
    c = shrink(`${condition}.3`, c);
  }

  const middle = channels[levels]!;
  h = block(names.middle, middle, h, time);
  c = block(names.imageMiddle, middle, c, time);
  h = layers.add({ name: 'sum' }).apply([h, c]) as SymbolicTensor;
  h = new Transformer({ name: names.transformer, depth: net.transformerDepth, ...attention }).on(h);
  h = block(names.fuser, middle, h, time);

  for (let i = 0; i < levels; i++) {
    const level = levels - 1 - i;
    const [from, to] = [channels[level + 1]!, channels[level]!];
    const name = `${names.decoder}.${i}`;
    for (const part of [0, 1]) {
      h = block(`${name}.${part}`, from, join(`${name}.join${part}`, [h, ...skips.pop()!]), time);
    }
    h = attend(`${name}.2`, level, h);
    h =
      level === 0
        ? convolve(`${name}.3`, to, 3, h)
        : new UpsampleConvolution({ name: `${name}.3`, channels: to, seed }).on(h);
  }
  h = block('final_res_block', channels[0]!, join('final_join', [h, stem]), time);
  const output = convolve('final_conv', net.outputChannels, 1, h);
  return model({ inputs: [x, t, image, ...previous], outputs: output, name: 'twin_unet' });
}

/** Starts the layers under `to` with the weights of those under `from`: the references copy whole encoders. */
export function copyWeights(network: LayersModel, from: string, to: string): void {
  for (const layer of network.layers) {
    if (layer.name !== to && !layer.name.startsWith(`${to}.`)) continue;
    const source = network.getLayer(from + layer.name.slice(to.length));
    // Values, not tensors: variables that were assigned from one tensor share its memory.
    const values = source.getWeights().map((weight) => tf.tensor(weight.dataSync().slice(), weight.shape));
    layer.setWeights(values);
    tf.dispose(values);
  }
}

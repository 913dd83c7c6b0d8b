import { Convolution, ConvolutionBlock, heDeviation, UpsampleLinear } from '@medseg/layers';
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { OfficialConfig } from './official-config.ts';

/** What the highway gives: its coarsest features, each decoder level's output from coarse to fine, and mask logits. */
export interface Highway {
  readonly bottleneck: SymbolicTensor;
  readonly decoded: readonly SymbolicTensor[];
  readonly logits: SymbolicTensor;
}

/**
 * The "highway" beside the official networks: a convolutional U-Net over the image (nnU-Net's, with batch
 * normalisation) that predicts a mask of its own. `gate` may change the features after each pooling.
 */
export function buildHighway(
  { highway, maskChannels, seed }: OfficialConfig,
  image: SymbolicTensor,
  gate: (h: SymbolicTensor, level: number) => SymbolicTensor = (h) => h,
): Highway {
  // Upstream's decoder drops nothing.
  const block = (name: string, channels: number, h: SymbolicTensor, dropout = 0): SymbolicTensor =>
    new ConvolutionBlock({ name: `hwm.${name}`, channels, dropout, seed }).on(h);
  const { dropout = 0.5 } = highway;
  const widths = Array.from({ length: highway.poolings + 1 }, (_, level) =>
    Math.min(highway.channels * 2 ** level, highway.maxChannels),
  );
  let h = image;
  const skips: SymbolicTensor[] = [];
  for (let level = 0; level < highway.poolings; level++) {
    for (const i of [0, 1]) h = block(`conv_blocks_context.${level}.blocks.${i}`, widths[level]!, h, dropout);
    skips.push(h);
    const pool = layers.maxPooling2d({ poolSize: 2, strides: 2, name: `hwm.td.${level}` });
    h = gate(pool.apply(h) as SymbolicTensor, level);
  }
  h = block(`conv_blocks_context.${highway.poolings}.0.blocks.0`, widths[highway.poolings]!, h, dropout);
  // Without a convolution in its upsampling the decoder needs the next level's width here.
  h = block(`conv_blocks_context.${highway.poolings}.1.blocks.0`, widths[highway.poolings - 1]!, h, dropout);
  const bottleneck = h;
  const decoded: SymbolicTensor[] = [];
  for (let level = highway.poolings - 1; level >= 0; level--) {
    const name = `conv_blocks_localization.${decoded.length}`;
    h = new UpsampleLinear({ name: `hwm.tu.${decoded.length}`, factor: 2 }).on(h);
    h = layers.concatenate({ name: `hwm.join.${level}` }).apply([h, skips[level]!]) as SymbolicTensor;
    h = block(`${name}.0.blocks.0`, widths[level]!, h);
    h = block(`${name}.1.blocks.0`, widths[Math.max(0, level - 1)]!, h);
    decoded.push(h);
  }
  const logits = new Convolution({
    name: 'hwm.seg_outputs.0',
    channels: maskChannels,
    size: 1,
    bias: false,
    deviation: heDeviation(widths[0]!),
    seed,
  }).on(h);
  return { bottleneck, decoded, logits };
}

import { serialization } from '@tensorflow/tfjs-core';
import { AttentiveFusion } from './attentive-fusion.ts';
import { Convolution } from './convolution.ts';
import { FFParser } from './ff-parser.ts';
import { OutputHead } from './output-head.ts';
import { Downsample, Upsample } from './resampling.ts';
import { ResidualBlock } from './residual-block.ts';
import { SelfAttention } from './self-attention.ts';
import { TimeEmbedding } from './time-embedding.ts';

/** Makes every layer of this package known to `tf.loadLayersModel`; call it once before loading a model. */
export function registerLayers(): void {
  const blocks = [
    AttentiveFusion,
    Convolution,
    Downsample,
    FFParser,
    OutputHead,
    ResidualBlock,
    SelfAttention,
    TimeEmbedding,
    Upsample,
  ];
  for (const block of blocks) {
    serialization.registerClass(block as unknown as Parameters<typeof serialization.registerClass>[0]);
  }
}

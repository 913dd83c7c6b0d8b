import { serialization } from '@tensorflow/tfjs-core';
import { AttentiveFusion } from './attentive-fusion.ts';
import { ComplexFFParser } from './complex-ff-parser.ts';
import { Convolution } from './convolution.ts';
import { ConvolutionBlock } from './convolution-block.ts';
import { FFParser } from './ff-parser.ts';
import { GuidedTimeEmbedding } from './guided-time-embedding.ts';
import { HighwayGate } from './highway-gate.ts';
import { OutputHead } from './output-head.ts';
import { Downsample, Upsample } from './resampling.ts';
import { ResidualBlock } from './residual-block.ts';
import { SelfAttention } from './self-attention.ts';
import { TimeEmbedding } from './time-embedding.ts';
import { UpsampleLinear } from './upsample-linear.ts';

/** Makes every layer of this package known to `tf.loadLayersModel`; call it once before loading a model. */
export function registerLayers(): void {
  const blocks = [
    AttentiveFusion,
    Convolution,
    UpsampleLinear,
    HighwayGate,
    GuidedTimeEmbedding,
    ConvolutionBlock,
    ComplexFFParser,
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

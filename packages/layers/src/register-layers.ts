import { serialization } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { Affinity } from './affinity.ts';
import { AnchorAttention } from './anchor-attention.ts';
import { AttentiveFusion } from './attentive-fusion.ts';
import { ComplexFFParser } from './complex-ff-parser.ts';
import { Convolution } from './convolution.ts';
import { ConvolutionBlock } from './convolution-block.ts';
import { Dropout } from './dropout.ts';
import { DynamicFFParser } from './dynamic-ff-parser.ts';
import { FFParser } from './ff-parser.ts';
import { GuidedTimeEmbedding } from './guided-time-embedding.ts';
import { HighwayGate } from './highway-gate.ts';
import { LinearAttention } from './linear-attention.ts';
import { OutputHead } from './output-head.ts';
import { PixelAttention } from './pixel-attention.ts';
import { Downsample, Upsample } from './resampling.ts';
import { UnshuffleDownsample, UpsampleConvolution } from './rescaling-convolution.ts';
import { ResidualBlock } from './residual-block.ts';
import { ScaleShiftBlock } from './scale-shift-block.ts';
import { SelfAttention } from './self-attention.ts';
import { SpectrumSpaceFormer } from './spectrum-space-former.ts';
import { TimeEmbedding } from './time-embedding.ts';
import { Transformer } from './transformer.ts';
import { UpsampleLinear } from './upsample-linear.ts';

/** Every layer of this package. */
export const layerClasses: readonly (new (options: never) => layers.Layer)[] = [
  Affinity,
  Dropout,
  DynamicFFParser,
  LinearAttention,
  PixelAttention,
  UnshuffleDownsample,
  UpsampleConvolution,
  ScaleShiftBlock,
  Transformer,
  AttentiveFusion,
  Convolution,
  SpectrumSpaceFormer,
  AnchorAttention,
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

/** Makes every layer of this package known to `tf.loadLayersModel`; call it once before loading a model. */
export function registerLayers(): void {
  for (const block of layerClasses) {
    serialization.registerClass(block as unknown as Parameters<typeof serialization.registerClass>[0]);
  }
}

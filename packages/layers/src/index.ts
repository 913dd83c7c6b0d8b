export { AttentiveFusion, type AttentiveFusionSpec, attentiveFusion } from './attentive-fusion.ts';
export { Block, type BlockOptions } from './block.ts';
export { Convolution, type ConvolutionOptions } from './convolution.ts';
export { FFParser, type FFParserSpec, ffParser } from './ff-parser.ts';
export { OutputHead, type OutputHeadOptions, type OutputHeadSpec, outputHead } from './output-head.ts';
export { registerLayers } from './register-layers.ts';
export { Downsample, Upsample } from './resampling.ts';
export { ResidualBlock, type ResidualBlockOptions, type ResidualBlockSpec, residualBlock } from './residual-block.ts';
export { SelfAttention, type SelfAttentionOptions, type SelfAttentionSpec, selfAttention } from './self-attention.ts';
export {
  sinusoidalCode,
  TimeEmbedding,
  type TimeEmbeddingOptions,
  type TimeEmbeddingSpec,
  timeEmbedding,
} from './time-embedding.ts';
export {
  type AffineSpec,
  affineSpec,
  type ConvSpec,
  convSpec,
  type DenseSpec,
  denseSpec,
  type InitialValue,
  type SpecTree,
  type WeightSpec,
  type WeightsOf,
} from './weight-spec.ts';

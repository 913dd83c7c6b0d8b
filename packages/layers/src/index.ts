export { AttentiveFusion, type AttentiveFusionSpec, attentiveFusion } from './attentive-fusion.ts';
export { Block, type BlockOptions } from './block.ts';
export { ComplexFFParser, type ComplexFFParserSpec, complexFFParser } from './complex-ff-parser.ts';
export { Convolution, type ConvolutionOptions, type ConvolutionSpec } from './convolution.ts';
export {
  ConvolutionBlock,
  type ConvolutionBlockOptions,
  type ConvolutionBlockSpec,
  convolutionBlock,
} from './convolution-block.ts';
export { FFParser, type FFParserSpec, ffParser } from './ff-parser.ts';
export {
  cosineSineCode,
  GuidedTimeEmbedding,
  type GuidedTimeEmbeddingOptions,
  type GuidedTimeEmbeddingSpec,
  guidedTimeEmbedding,
} from './guided-time-embedding.ts';
export { HighwayGate, type HighwayGateSpec, heDeviation, highwayGate } from './highway-gate.ts';
export { OutputHead, type OutputHeadOptions, type OutputHeadSpec, outputHead } from './output-head.ts';
export { registerLayers } from './register-layers.ts';
export { Downsample, Upsample } from './resampling.ts';
export {
  ResidualBlock,
  type ResidualBlockForm,
  type ResidualBlockOptions,
  type ResidualBlockSpec,
  residualBlock,
} from './residual-block.ts';
export {
  SelfAttention,
  type SelfAttentionForm,
  type SelfAttentionOptions,
  type SelfAttentionSpec,
  selfAttention,
} from './self-attention.ts';
export {
  sinusoidalCode,
  TimeEmbedding,
  type TimeEmbeddingOptions,
  type TimeEmbeddingSpec,
  timeEmbedding,
} from './time-embedding.ts';
export { UpsampleLinear, type UpsampleLinearOptions, upsampleLinear } from './upsample-linear.ts';
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

export type { CallContext } from '@medseg/ops';
export { Affinity, type AffinityOptions, type AffinitySpec, affinity } from './affinity.ts';
export {
  AnchorAttention,
  type AnchorAttentionOptions,
  type AnchorAttentionSpec,
  anchorAttention,
  gaussianBlur,
} from './anchor-attention.ts';
export { AttentiveFusion, type AttentiveFusionSpec, attentiveFusion } from './attentive-fusion.ts';
export { type BandPassBlockSpec, type BandPassFilterSpec, bandPassFilter } from './band-pass-filter.ts';
export { Block, type BlockOptions, blockOptionNames, type Ranks, type ShapesOf, type TensorsOf } from './block.ts';
export { ComplexFFParser, type ComplexFFParserSpec, complexFFParser } from './complex-ff-parser.ts';
export { Convolution, type ConvolutionOptions, type ConvolutionSpec } from './convolution.ts';
export {
  ConvolutionBlock,
  type ConvolutionBlockOptions,
  type ConvolutionBlockSpec,
  convolutionBlock,
} from './convolution-block.ts';
export { Dropout, type DropoutForm, type DropoutOptions, dropout } from './dropout.ts';
export {
  DynamicFFParser,
  type DynamicFFParserOptions,
  type DynamicFFParserSpec,
  dynamicFFParser,
} from './dynamic-ff-parser.ts';
export { FFParser, type FFParserOptions, type FFParserSpec, ffParser, gaussianLowPass } from './ff-parser.ts';
export { gelu } from './gelu.ts';
export {
  cosineSineCode,
  GuidedTimeEmbedding,
  type GuidedTimeEmbeddingOptions,
  type GuidedTimeEmbeddingSpec,
  guidedTimeEmbedding,
} from './guided-time-embedding.ts';
export { HighwayGate, type HighwayGateSpec, heDeviation, highwayGate } from './highway-gate.ts';
export { LinearAttention, type LinearAttentionSpec, linearAttention } from './linear-attention.ts';
export { type ModelVariablesOptions, modelVariables } from './model-variables.ts';
export { OutputHead, type OutputHeadOptions, type OutputHeadSpec, outputHead } from './output-head.ts';
export {
  PixelAttention,
  type PixelAttentionOptions,
  type PixelAttentionSpec,
  pixelAttention,
} from './pixel-attention.ts';
export { registerLayers } from './register-layers.ts';
export { Downsample, Upsample } from './resampling.ts';
export { type RescalingOptions, UnshuffleDownsample, UpsampleConvolution } from './rescaling-convolution.ts';
export {
  ResidualBlock,
  type ResidualBlockForm,
  type ResidualBlockOptions,
  type ResidualBlockSpec,
  residualBlock,
} from './residual-block.ts';
export {
  ScaleShiftBlock,
  type ScaleShiftBlockOptions,
  type ScaleShiftBlockSpec,
  scaleShiftBlock,
} from './scale-shift-block.ts';
export {
  SelfAttention,
  type SelfAttentionForm,
  type SelfAttentionOptions,
  type SelfAttentionSpec,
  selfAttention,
} from './self-attention.ts';
export {
  type SpectrumAttentionSpec,
  SpectrumSpaceFormer,
  type SpectrumSpaceFormerOptions,
  type SpectrumSpaceFormerSpec,
  spectrumAttention,
  spectrumSpaceFormer,
} from './spectrum-space-former.ts';
export {
  productCode,
  sinusoidalCode,
  TimeEmbedding,
  type TimeEmbeddingOptions,
  type TimeEmbeddingSpec,
  timeEmbedding,
} from './time-embedding.ts';
export {
  type FeedForwardSpec,
  feedForward,
  Transformer,
  type TransformerOptions,
  type TransformerSpec,
  transformer,
} from './transformer.ts';
export { UpsampleLinear, type UpsampleLinearOptions, upsampleLinear } from './upsample-linear.ts';
export {
  type AffineSpec,
  affineSpec,
  type ConvSpec,
  convSpec,
  type DenseSpec,
  denseSpec,
  type GainSpec,
  gainSpec,
  type InitialValue,
  type MapSpec,
  type SpecTree,
  type WeightSpec,
  type WeightsOf,
} from './weight-spec.ts';

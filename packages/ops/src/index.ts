export { kindOf, type OptionNames, requireOneOf, requireOptions, requireSignal } from '@medseg/arguments';
export { type AdamWOptions, type AdamWState, adamw, adamwEach } from './adamw.ts';
export { type AttentionOptions, attention } from './attention.ts';
export type { CallContext } from './call-context.ts';
export {
  type BackendChoice,
  type BackendReport,
  type ChooseBackendOptions,
  chooseBackend,
} from './choose-backend.ts';
export { type Conv2dOptions, conv2d, type Padding } from './conv2d.ts';
export { type DenseOptions, dense } from './dense.ts';
export { type ComplexMap, dft2d, idft2d } from './dft.ts';
export { globalNorm, sumOfSquares } from './global-norm.ts';
export { type GroupNormOptions, groupNorm } from './group-norm.ts';
export { type AddOptions, addValues, readTensors, tensorsFrom } from './host-copy.ts';
export { channelLayerNorm, type LayerNormOptions } from './layer-norm.ts';
export { type LinearAttentionOptions, linearAttention } from './linear-attention.ts';
export { movingAverages } from './moving-average.ts';
export { nextTask } from './next-task.ts';
export { type NormalSource, normalTensor, requireNormalSource } from './normal-tensor.ts';
export { pixelShuffle, pixelUnshuffle } from './pixel-shuffle.ts';
export { replicatePad } from './replicate-pad.ts';
export { requireBackend } from './require-backend.ts';
export { requireFloatTensor, requireTensor, type TensorOfAxes } from './require-tensor.ts';
export { averagePool, upsampleNearest } from './resample.ts';
export { silu } from './silu.ts';
export { cosine, sine } from './sine.ts';
export { spectralFilter } from './spectral-filter.ts';
export { dispose, mapTensors, type TensorTree, tidy } from './tensor-tree.ts';
export { variableGradients } from './variable-gradients.ts';

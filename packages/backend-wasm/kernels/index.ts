export { attention, attentionGradient } from "./attention";
export { sixColumns } from "./columns"; // as sixRows
export { convFilterGradient, convForward, convInputGradient } from "./conv";
export { conv3dFilterGradient, conv3dInputGradient } from "./conv3d";
export { depthwiseFilterGradient, depthwiseInputGradient } from "./depthwise";
export { matMul } from "./gemm";
export { groupNorm, groupNormGradient } from "./groupnorm";
export { layerNorm, layerNormGradient } from "./layernorm";
export { linearAttention, linearAttentionGradient, linearAttentionKept } from "./linear-attention";
export { adamw, add, addRow, copyRows, movingAverage, silu, siluGradient } from "./pointwise";
export { averagePoolGradient, maxPoolGradient, segmentSum } from "./pool";
export { columnSum, sumOfSquares } from "./reduce";
export { sumPool, upsample } from "./resample";
export { sixRows } from "./rows"; // for the compiler: rows.ts says why
export { spectralFilter, spectralFilterGradient } from "./spectral-filter";

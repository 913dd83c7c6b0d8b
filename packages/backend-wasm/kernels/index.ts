export { attention, attentionGradient } from "./attention";
export { convFilterGradient, convForward, convInputGradient } from "./conv";
export { matMul } from "./gemm";
export { groupNorm, groupNormGradient } from "./groupnorm";
export { layerNorm, layerNormGradient } from "./layernorm";
export { adamw, copyRows, silu, siluGradient } from "./pointwise";
export { columnSum, sumOfSquares } from "./reduce";
export { sumPool, upsample } from "./resample";

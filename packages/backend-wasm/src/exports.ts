type Kernel = (...args: number[]) => void;

/** What kernels/index.ts exports; the arguments stand there. */
export interface Exports {
  adamw: Kernel;
  add: Kernel;
  addRow: Kernel;
  attention: Kernel;
  attentionGradient: Kernel;
  averagePoolGradient: Kernel;
  columnSum: Kernel;
  convFilterGradient: Kernel;
  convForward: Kernel;
  convInputGradient: Kernel;
  conv3dFilterGradient: Kernel;
  conv3dInputGradient: Kernel;
  copyRows: Kernel;
  depthwiseFilterGradient: Kernel;
  depthwiseInputGradient: Kernel;
  groupNorm: Kernel;
  groupNormGradient: Kernel;
  layerNorm: Kernel;
  layerNormGradient: Kernel;
  linearAttention: Kernel;
  linearAttentionGradient: Kernel;
  matMul: Kernel;
  maxPoolGradient: Kernel;
  movingAverage: Kernel;
  segmentSum: Kernel;
  silu: Kernel;
  siluGradient: Kernel;
  spectralFilter: Kernel;
  spectralFilterGradient: Kernel;
  sumPool: Kernel;
  upsample: Kernel;
  /** Floats a sample that linearAttention keeps for its gradient. */
  linearAttentionKept: (n: number, h: number) => number;
  sumOfSquares: (x: number, count: number) => number;
}

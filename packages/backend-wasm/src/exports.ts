type Kernel = (...args: number[]) => void;

/** What kernels/index.ts exports; the arguments stand there. */
export interface Exports {
  adamw: Kernel;
  attention: Kernel;
  attentionGradient: Kernel;
  columnSum: Kernel;
  convFilterGradient: Kernel;
  convForward: Kernel;
  convInputGradient: Kernel;
  copyRows: Kernel;
  groupNorm: Kernel;
  groupNormGradient: Kernel;
  layerNorm: Kernel;
  layerNormGradient: Kernel;
  matMul: Kernel;
  silu: Kernel;
  siluGradient: Kernel;
  sumOfSquares: (x: number, count: number) => number;
  sumPool: Kernel;
  upsample: Kernel;
}

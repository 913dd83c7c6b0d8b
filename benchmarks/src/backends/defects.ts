import type { Case } from './case.ts';

/** What a backend of tfjs has wrong by itself, in operations that the networks do not use. */
interface Defect {
  readonly operation: string;
  readonly detail: RegExp;
  readonly backend: string;
  readonly reason: string;
}

const POOL = {
  operation: 'avgPool',
  detail: /same$/,
  reason: 'the gradient counts the padding of windows that hang over the border; use averagePool, or wasm',
};

const DEFECTS: readonly Defect[] = [
  {
    operation: 'matMul',
    detail: /^\[2,1,9,17\] x \[3,17,5\]$/,
    backend: 'cpu',
    reason: 'batches that broadcast both ways give wrong values; broadcast one of them first, or use wasm',
  },
  { ...POOL, backend: 'cpu' },
  { ...POOL, backend: 'webgl' },
  { ...POOL, backend: 'webgpu' },
];

/** Why a case is known to be wrong in tfjs's own kernels on a backend, where it is. */
export function defectOf({ operation, detail }: Case, backend: string): string | undefined {
  return DEFECTS.find((d) => d.operation === operation && d.backend === backend && d.detail.test(detail))?.reason;
}

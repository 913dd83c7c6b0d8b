import * as tf from '@tensorflow/tfjs-core';
import { type ActivationAttrs, activate } from './activation.ts';
import { columnSum } from './column-sum.ts';
import type { Heap } from './heap.ts';
import type { Call, Kernel } from './kernel.ts';

/** Matrix products: all transposes, batches, broadcast batches. */
export const matMulKernels: readonly Kernel[] = [
  { name: 'BatchMatMul', run: ({ inputs, attrs, heap }) => batchMatMul(heap, inputs.a!, inputs.b!, undefined, attrs) },
  { name: '_FusedMatMul', run: fusedMatMul },
  { name: 'MedsegDense', run: dense },
  { name: 'MedsegDenseGrad', run: denseGradients },
];

function fusedMatMul({ inputs, attrs, heap }: Call): tf.TensorInfo {
  const bias = inputs.bias;
  if (bias && bias.shape.length > 1 && tf.util.sizeFromShape(bias.shape) !== bias.shape[bias.shape.length - 1]) {
    throw new RangeError(`_FusedMatMul: bias must be one row, got [${bias.shape}]`);
  }
  const y = batchMatMul(heap, inputs.a!, inputs.b!, bias, attrs);
  return activate(heap, y, inputs.preluActivationWeights, attrs as unknown as ActivationAttrs);
}

function dense({ inputs, attrs, heap }: Call): tf.TensorInfo {
  return withActivated(inputs.x!, attrs, heap, (x) => batchMatMul(heap, x, inputs.kernel!, inputs.bias, {}));
}

/** The gradients that `wanted` names, in its order. */
function denseGradients({ inputs, attrs, heap }: Call): tf.TensorInfo[] {
  const { x, kernel, dy } = inputs as Record<'x' | 'kernel' | 'dy', tf.TensorInfo>;
  const made: Record<string, () => tf.TensorInfo> = {
    x: () => {
      const dx = batchMatMul(heap, dy, kernel, undefined, { transposeB: true });
      if (attrs.silu) {
        heap.kernels.siluGradient(heap.at(x), heap.at(dx), heap.at(dx), tf.util.sizeFromShape(x.shape));
      }
      return dx;
    },
    kernel: () =>
      withActivated(x, attrs, heap, (active) => batchMatMul(heap, active, dy, undefined, { transposeA: true })),
    bias: () => columnSum(heap, dy),
  };
  return (attrs.wanted as unknown as string[]).map((name) => made[name]!());
}

/** Runs `work` on x, or on SiLU of x where the attribute `silu` asks for it. */
function withActivated(
  x: tf.TensorInfo,
  { silu }: tf.NamedAttrMap,
  heap: Heap,
  work: (x: tf.TensorInfo) => tf.TensorInfo,
): tf.TensorInfo {
  if (!silu) return work(x);
  const active = heap.output(x.shape);
  heap.kernels.silu(heap.at(x), heap.at(active), tf.util.sizeFromShape(x.shape));
  const y = work(active);
  heap.backend.disposeData(active.dataId);
  return y;
}

function batchMatMul(
  heap: Heap,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  bias: tf.TensorInfo | undefined,
  attrs: tf.NamedAttrMap,
): tf.TensorInfo {
  const ta = attrs.transposeA ? 1 : 0;
  const tb = attrs.transposeB ? 1 : 0;
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const [m, k] = ta ? [columnsA, rowsA] : [rowsA, columnsA];
  const [n, inner] = tb ? [rowsB, columnsB] : [columnsB, rowsB];
  if (k !== inner) {
    throw new RangeError(
      `matMul: inner sizes must match, got [${a.shape}]${ta ? ' transposed' : ''} and [${b.shape}]${tb ? ' transposed' : ''}`,
    );
  }
  const outerA = a.shape.slice(0, -2);
  const outerB = b.shape.slice(0, -2);
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(outerA, outerB);
  const [countA, countB, count] = [outerA, outerB, outer].map((shape) => tf.util.sizeFromShape(shape)) as [
    number,
    number,
    number,
  ];
  const y = heap.output([...outer, m, n]);
  const [pa, pb, py, start] = [heap.at(a), heap.at(b), heap.at(y), bias ? heap.at(bias) : 0];
  const multiply = heap.kernels.matMul;
  if (countB === 1 && !ta && countA === count) {
    multiply(0, tb, 1, count * m, n, k, pa, 0, pb, 0, py, start); // one tall matrix
  } else if ((countA === count || countA === 1) && (countB === count || countB === 1)) {
    multiply(ta, tb, count, m, n, k, pa, countA === 1 ? 0 : m * k, pb, countB === 1 ? 0 : k * n, py, start);
  } else {
    for (let i = 0; i < count; i++) {
      const [ia, ib] = [broadcastIndex(i, outer, outerA), broadcastIndex(i, outer, outerB)];
      multiply(ta, tb, 1, m, n, k, pa + 4 * m * k * ia, 0, pb + 4 * k * n * ib, 0, py + 4 * m * n * i, start);
    }
  }
  return y;
}

/** Where element `index` of a broadcast shape lies in the smaller shape. */
function broadcastIndex(index: number, outer: number[], shape: number[]): number {
  let rest = index;
  let at = 0;
  let stride = 1;
  for (let d = 1; d <= outer.length; d++) {
    const size = outer[outer.length - d]!;
    const own = shape[shape.length - d] ?? 1;
    if (own > 1) at += (rest % size) * stride;
    stride *= own;
    rest = Math.floor(rest / size);
  }
  return at;
}

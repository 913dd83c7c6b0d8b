import * as tf from '@tensorflow/tfjs-core';
import type { Heap } from './heap.ts';
import type { Call, Kernel } from './kernel.ts';

/** Concat and its gradients, Slice and SplitV: tfjs's own copy row by row in JavaScript, or the whole input first. */
export const copyKernels: readonly Kernel[] = [
  { name: 'Concat', run: concat },
  { name: 'Slice', run: slice },
  { name: 'SplitV', run: split },
];

const wide = (tensor: tf.TensorInfo): boolean => tensor.dtype === 'float32' || tensor.dtype === 'int32';

function concat({ inputs, attrs, heap, stock }: Call): tf.TensorInfo | tf.TensorInfo[] {
  const list = Object.values(inputs);
  const first = list[0]!;
  if (!list.every(wide) || list.some(({ dtype }) => dtype !== first.dtype)) return stock();
  const axis = tf.util.parseAxisParam(attrs.axis as number, first.shape)[0]!;
  const shapes = list.map(({ shape }) => shape);
  tf.backend_util.assertParamsConsistent(shapes, axis);
  const y = heap.backend.makeOutput(tf.backend_util.computeOutShape(shapes, axis), first.dtype);
  const rows = tf.util.sizeFromShape(first.shape.slice(0, axis));
  const runs = shapes.map((shape) => tf.util.sizeFromShape(shape.slice(axis)));
  const stride = runs.reduce((a, b) => a + b, 0);
  let to = heap.address(y);
  list.forEach((x, i) => {
    const run = runs[i]!;
    if (run > 0) heap.kernels.copyRows(heap.address(x), run, to, stride, run, rows);
    to += 4 * run;
  });
  return y;
}

function slice({ inputs, attrs, heap, stock }: Call): tf.TensorInfo | tf.TensorInfo[] {
  const x = inputs.x!;
  if (!wide(x)) return stock();
  const [begin, size] = tf.slice_util.parseSliceParams(x as tf.Tensor, attrs.begin as number[], attrs.size as number[]);
  return cut(heap, x, begin!, size!);
}

function split({ inputs, attrs, heap, stock }: Call): tf.TensorInfo[] | tf.TensorInfo {
  const x = inputs.x!;
  if (!wide(x)) return stock();
  const axis = tf.util.parseAxisParam(attrs.axis as number, x.shape)[0]!;
  const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, attrs.numOrSizeSplits as number[], axis);
  const begin = x.shape.map(() => 0);
  return sizes.map((length) => {
    const part = cut(heap, x, begin, Object.assign([...x.shape], { [axis]: length }));
    begin[axis]! += length;
    return part;
  });
}

function cut(heap: Heap, x: tf.TensorInfo, begin: number[], size: number[]): tf.TensorInfo {
  const y = heap.backend.makeOutput(size, x.dtype);
  if (tf.util.sizeFromShape(size) === 0) return y;
  const strides = x.shape.map((_, d) => tf.util.sizeFromShape(x.shape.slice(d + 1)));
  const partial = x.shape.map((length, d) => (size[d] === length ? -1 : d)).filter((d) => d >= 0);
  const inner = partial[partial.length - 1] ?? 0; // the last axis that is cut: its part of a row is one run
  const outer = partial[partial.length - 2] ?? -1; // axes up to here are walked, those between are rows of one copy
  const run = (size[inner] ?? 1) * (strides[inner] ?? 1);
  const rowStride = (x.shape[inner] ?? 1) * (strides[inner] ?? 1);
  const rows = tf.util.sizeFromShape(size.slice(outer + 1, inner));
  const walks = tf.util.sizeFromShape(size.slice(0, outer + 1));
  const start = begin.reduce((sum, b, d) => sum + b * strides[d]!, 0);
  const [from, to] = [heap.address(x), heap.address(y)];
  for (let i = 0; i < walks; i++) {
    let offset = start;
    for (let d = outer, rest = i; d >= 0; d--) {
      offset += (rest % size[d]!) * strides[d]!;
      rest = Math.floor(rest / size[d]!);
    }
    heap.kernels.copyRows(from + 4 * offset, rowStride, to + 4 * i * rows * run, run, run, rows);
  }
  return y;
}

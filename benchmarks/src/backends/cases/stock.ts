import { cosine, sine } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type Case, type HostArray, sizeOf } from '../case.ts';
import { broadcastPlace } from '../definitions.ts';

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));

/** Operations of one argument, element by element. */
const elementwise: [string, (x: tf.Tensor) => tf.Tensor, (v: number) => number, Case['values']?][] = [
  ['relu', tf.relu, (v) => Math.max(v, 0), 'distinct'],
  ['sigmoid', tf.sigmoid, sigmoid],
  ['tanh', tf.tanh, Math.tanh],
  ['exp', tf.exp, Math.exp],
  ['log', tf.log, Math.log, 'positive'],
  ['sqrt', tf.sqrt, Math.sqrt, 'positive'],
  ['rsqrt', tf.rsqrt, (v) => 1 / Math.sqrt(v), 'positive'],
  ['square', tf.square, (v) => v * v],
  ['abs', tf.abs, Math.abs, 'positive'],
  ['softplus', tf.softplus, (v) => Math.log1p(Math.exp(v))],
  ['erf', tf.erf, erf],
  ['sine', sine, Math.sin],
  ['cosine', cosine, Math.cos],
];

const binary: [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, (a: number, b: number) => number, Case['values']?][] =
  [
    ['add', tf.add, (a, b) => a + b],
    ['sub', tf.sub, (a, b) => a - b],
    ['mul', tf.mul, (a, b) => a * b],
    ['div', tf.div, (a, b) => a / b, 'positive'],
    ['maximum', tf.maximum, Math.max],
  ];

const reductions = { sum: tf.sum, mean: tf.mean, max: tf.max };

/** An output whose elements are taken from places of the only input. */
function taken({ data }: HostArray, size: number, place: (at: number) => number): Float64Array {
  return Float64Array.from({ length: size }, (_, at) => data[place(at)] ?? 0);
}

/** Operations of tfjs that the networks use and that have no form of their own in @medseg/ops. */
export const stockCases: readonly Case[] = [
  ...elementwise.map(([operation, run, rule, values]): Case => ({
    operation,
    detail: '[2,37,29]',
    shapes: [[2, 37, 29]],
    ...(values && { values }),
    run: (x) => run(values === 'distinct' ? tf.mul(x!, 1) : x!),
    reference: (x) => x!.data.map(rule),
  })),
  ...binary.flatMap(([operation, run, rule, values]) =>
    [[[2, 5, 7, 3], [3]], [[2, 1, 7, 3], [2, 5, 1, 3]], [[4099], [4099]]].map(([a, b]): Case => ({
      operation,
      detail: `[${a}], [${b}]`,
      shapes: [a!, b!],
      ...(values && { values }),
      run: (x, y) => run(x!, y!),
      reference: (x, y) => {
        const outer = tf.broadcast_util.assertAndGetBroadcastShape([...x!.shape], [...y!.shape]);
        return Float64Array.from({ length: sizeOf(outer) }, (_, at) =>
          rule(x!.data[broadcastPlace(at, outer, x!.shape)]!, y!.data[broadcastPlace(at, outer, y!.shape)]!),
        );
      },
    })),
  ),
  ...(['sum', 'mean', 'max'] as const).flatMap((operation) =>
    ([[[2, 5003], [1]], [[2, 17, 9, 5], [1, 2]], [[3, 4, 33], [0, 1, 2]]] as const).map(([shape, axes]): Case => ({
      operation,
      detail: `[${shape}] over ${axes}`,
      shapes: [shape],
      ...(operation === 'max' && { values: 'distinct' as const }),
      run: (x) => reductions[operation](x!, [...axes]),
      reference: (x) => reduced(x!, axes, operation),
    })),
  ),
  {
    operation: 'softmax',
    detail: '[2,13,259]',
    shapes: [[2, 13, 259]],
    run: (x) => tf.softmax(x!),
    reference: (x) => {
      const totals = reduced({ shape: [26, 259], data: x!.data.map(Math.exp) }, [1], 'sum');
      return x!.data.map((v, at) => Math.exp(v) / totals[Math.floor(at / 259)]!);
    },
  },
  {
    operation: 'pad',
    detail: '[2,5,4,3] by 1, 2 and 0, 3',
    shapes: [[2, 5, 4, 3]],
    run: (x) => tf.pad(x!, [[0, 0], [1, 2], [0, 3], [0, 0]]),
    reference: (x) =>
      taken(x!, 2 * 8 * 7 * 3, (at) => {
        const [c, j, i, n] = [at % 3, Math.floor(at / 3) % 7, (Math.floor(at / 21) % 8) - 1, Math.floor(at / 168)];
        return i < 0 || i >= 5 || j >= 4 ? -1 : ((n * 5 + i) * 4 + j) * 3 + c;
      }),
  },
  {
    operation: 'transpose',
    detail: '[2,17,5,9] to 0, 3, 1, 2',
    shapes: [[2, 17, 5, 9]],
    run: (x) => tf.transpose(x!, [0, 3, 1, 2]),
    reference: (x) =>
      taken(x!, 2 * 17 * 5 * 9, (at) => {
        const [j, i, c, n] = [at % 5, Math.floor(at / 5) % 17, Math.floor(at / 85) % 9, Math.floor(at / 765)];
        return ((n * 17 + i) * 5 + j) * 9 + c;
      }),
  },
  {
    operation: 'tile',
    detail: '[2,3,5] by 2, 1, 3',
    shapes: [[2, 3, 5]],
    run: (x) => tf.tile(x!, [2, 1, 3]),
    reference: (x) =>
      taken(x!, 4 * 3 * 15, (at) => ((Math.floor(at / 45) % 2) * 3 + (Math.floor(at / 15) % 3)) * 5 + (at % 5)),
  },
  {
    operation: 'gather',
    detail: '[2,4,33] along 1',
    shapes: [[2, 4, 33]],
    run: (x) => tf.gather(x!, tf.tensor1d([2, 0, 2, 3, 2], 'int32'), 1),
    reference: (x) =>
      taken(x!, 2 * 5 * 33, (at) => (Math.floor(at / 165) * 4 + [2, 0, 2, 3, 2][Math.floor(at / 33) % 5]!) * 33 + (at % 33)),
  },
  {
    operation: 'unsortedSegmentSum',
    detail: '[6,35] into 3',
    shapes: [[6, 35]],
    run: (x) => tf.unsortedSegmentSum(x!, tf.tensor1d([2, 0, 2, 1, 0, 2], 'int32'), 3),
    reference: (x) => {
      const y = new Float64Array(3 * 35);
      x!.data.forEach((v, at) => {
        y[[2, 0, 2, 1, 0, 2][Math.floor(at / 35)]! * 35 + (at % 35)]! += v;
      });
      return y;
    },
  },
  {
    operation: 'concat',
    detail: 'three along 3',
    shapes: [[2, 9, 7, 5], [2, 9, 7, 1], [2, 9, 7, 4]],
    run: (...parts) => tf.concat(parts, 3),
    reference: (...parts) =>
      Float64Array.from({ length: 2 * 9 * 7 * 10 }, (_, at) => {
        const [row, c] = [Math.floor(at / 10), at % 10];
        if (c < 5) return parts[0]!.data[row * 5 + c]!;
        return c < 6 ? parts[1]!.data[row]! : parts[2]!.data[row * 4 + c - 6]!;
      }),
  },
  {
    operation: 'slice',
    detail: '[2,5,4,7] in the middle',
    shapes: [[2, 5, 4, 7]],
    run: (x) => tf.slice(x!, [0, 1, 1, 2], [2, 3, 2, 4]),
    reference: (x) =>
      taken(x!, 2 * 3 * 2 * 4, (at) => {
        const [c, j, i, n] = [at % 4, Math.floor(at / 4) % 2, Math.floor(at / 8) % 3, Math.floor(at / 24)];
        return ((n * 5 + i + 1) * 4 + j + 1) * 7 + c + 2;
      }),
  },
  {
    operation: 'split',
    detail: '[2,3,7] into 1, 4, 2',
    shapes: [[2, 3, 7]],
    run: (x) => tf.concat([...tf.split(x!, [1, 4, 2], 2)].reverse(), 2),
    reference: (x) => taken(x!, 42, (at) => Math.floor(at / 7) * 7 + [5, 6, 1, 2, 3, 4, 0][at % 7]!),
  },
  {
    operation: 'clone',
    detail: '[2,5]',
    shapes: [[2, 5]],
    run: (x) => tf.clone(x!),
    reference: (x) => x!.data.slice(),
  },
]; // biome-ignore format: tables

/** Sum, mean or maximum over some axes. */
function reduced({ shape, data }: HostArray, axes: readonly number[], kind: 'sum' | 'mean' | 'max'): Float64Array {
  const kept = shape.map((length, d) => (axes.includes(d) ? 1 : length));
  const y = new Float64Array(sizeOf(kept)).fill(kind === 'max' ? Number.NEGATIVE_INFINITY : 0);
  const share = kind === 'mean' ? y.length / data.length : 1;
  data.forEach((v, at) => {
    const to = broadcastPlace(at, shape, kept);
    y[to] = kind === 'max' ? Math.max(y[to]!, v) : y[to]! + v * share;
  });
  return y;
}

/** erf(x) as the sum of its Taylor series (Abramowitz & Stegun 7.1.5), which float64 carries to |x| < 5. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

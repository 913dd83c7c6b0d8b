import {
  adamw,
  adamwEach,
  addValues,
  attention,
  channelLayerNorm,
  globalNorm,
  groupNorm,
  linearAttention,
  movingAverages,
  readTensors,
  silu,
  sumOfSquares,
  tensorsFrom,
} from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Case, HostArray } from '../case.ts';

type T1 = tf.Tensor1D;
type T2 = tf.Tensor2D;
type T3 = tf.Tensor3D;
type T4 = tf.Tensor4D;

const EPSILON = 1e-5;
const siluOf = (v: number): number => v / (1 + Math.exp(-v));

/** Mean and 1 / sqrt(variance + epsilon) of the elements that a rule puts together. */
function standardised(data: Float64Array, groups: number, groupOf: (at: number) => number): Float64Array {
  const [count, sum, squares] = [new Float64Array(groups), new Float64Array(groups), new Float64Array(groups)];
  data.forEach((v, at) => {
    count[groupOf(at)]!++;
    sum[groupOf(at)]! += v;
  });
  data.forEach((v, at) => {
    squares[groupOf(at)]! += (v - sum[groupOf(at)]! / count[groupOf(at)]!) ** 2;
  });
  return data.map((v, at) => {
    const g = groupOf(at);
    return (v - sum[g]! / count[g]!) / Math.sqrt(squares[g]! / count[g]! + EPSILON);
  });
}

function groupNormOf(
  [x, gamma, beta, scale, shift]: HostArray[],
  groups: number,
  activation: 'silu' | undefined,
): Float64Array {
  const [b, h, w, c] = x!.shape as [number, number, number, number];
  const sampleOf = (at: number): number => Math.floor(at / (h * w * c));
  const groupOf = (at: number): number => sampleOf(at) * groups + Math.floor((at % c) / (c / groups));
  return standardised(x!.data, b * groups, groupOf).map((v, at) => {
    let y = v * gamma!.data[at % c]! + beta!.data[at % c]!;
    if (scale) y *= 1 + scale.data[sampleOf(at) * c + (at % c)]!;
    if (shift) y += shift.data[sampleOf(at) * c + (at % c)]!;
    return activation === 'silu' ? siluOf(y) : y;
  });
}

function attentionOf([q, k, v]: HostArray[], heads: number): Float64Array {
  const [b, t, c] = q!.shape as [number, number, number];
  const [, s, d] = v!.shape as [number, number, number];
  const [cw, dw] = [c / heads, d / heads];
  const y = new Float64Array(b * t * d);
  for (let n = 0; n < b; n++)
    for (let head = 0; head < heads; head++)
      for (let i = 0; i < t; i++) {
        const scores = Array.from({ length: s }, (_, j) => {
          let dot = 0;
          for (let p = 0; p < cw; p++)
            dot += q!.data[(n * t + i) * c + head * cw + p]! * k!.data[(n * s + j) * c + head * cw + p]!;
          return dot / Math.sqrt(cw);
        });
        const largest = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - largest));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (let p = 0; p < dw; p++)
          for (let j = 0; j < s; j++)
            y[(n * t + i) * d + head * dw + p]! += (weights[j]! / total) * v!.data[(n * s + j) * d + head * dw + p]!;
      }
  return y;
}

/** Queries a softmax over a head's channels, keys over the pixels, scale q (k' v). */
/** Rows times a matrix. */
function mapOf(rows: Float64Array, { shape, data }: HostArray): Float64Array {
  const [from, to] = shape as [number, number];
  return Float64Array.from({ length: (rows.length / from) * to }, (_, at) => {
    const row = Math.floor(at / to);
    let sum = 0;
    for (let i = 0; i < from; i++) sum += rows[row * from + i]! * data[i * to + (at % to)]!;
    return sum;
  });
}

function linearAttentionOf({ shape, data }: HostArray, heads: number): Float64Array {
  const [b, t, width] = shape as [number, number, number];
  const c = width / 3;
  const size = c / heads;
  const y = new Float64Array(b * t * c);
  const at = (n: number, i: number, part: number, channel: number): number =>
    data[(n * t + i) * width + part * c + channel]!;
  for (let n = 0; n < b; n++)
    for (let head = 0; head < heads; head++) {
      const from = head * size;
      const keyTotals = Array.from({ length: size }, (_, p) => {
        let total = 0;
        for (let i = 0; i < t; i++) total += Math.exp(at(n, i, 1, from + p));
        return total;
      });
      const context = new Float64Array(size * size);
      for (let i = 0; i < t; i++)
        for (let p = 0; p < size; p++) {
          const key = Math.exp(at(n, i, 1, from + p)) / keyTotals[p]!;
          for (let d = 0; d < size; d++) context[p * size + d]! += key * at(n, i, 2, from + d);
        }
      for (let i = 0; i < t; i++) {
        let total = 0;
        for (let p = 0; p < size; p++) total += Math.exp(at(n, i, 0, from + p));
        for (let p = 0; p < size; p++) {
          const query = Math.exp(at(n, i, 0, from + p)) / total / Math.sqrt(size);
          for (let d = 0; d < size; d++) y[(n * t + i) * c + from + d]! += query * context[p * size + d]!;
        }
      }
    }
  return y;
}

const adam = { learningRate: 0.1, weightDecay: 0.2, step: 3, gradientScale: 0.5, epsilon: 1e-6 };

/** The parameter, m and v after one step (Loshchilov & Hutter 2019, algorithm 2). */
function adamwOf([param, grad, m, v]: HostArray[]): Float64Array {
  const g = grad!.data.map((value) => value * adam.gradientScale);
  const nextM = m!.data.map((value, i) => 0.9 * value + 0.1 * g[i]!);
  const nextV = v!.data.map((value, i) => 0.999 * value + 0.001 * g[i]! ** 2);
  const next = param!.data.map((value, i) => {
    const update =
      nextM[i]! / (1 - 0.9 ** adam.step) / (Math.sqrt(nextV[i]! / (1 - 0.999 ** adam.step)) + adam.epsilon);
    return value * (1 - adam.learningRate * adam.weightDecay) - adam.learningRate * update;
  });
  return Float64Array.of(...next, ...nextM, ...nextV);
}

/** Of two tensors, and numbers of the host for them. */
const HOST_SHAPES = [[3, 4, 5], [1031]];
const HOST_VALUES = Float32Array.from({ length: 60 + 1031 }, (_, i) => (i % 97) / 8 - 6);
const flatOf = (tensors: readonly tf.Tensor[]): tf.Tensor => tf.concat(tensors.map((t) => tf.reshape(t, [-1])));
const joined = (inputs: readonly HostArray[]): number[] => inputs.flatMap(({ data }) => [...data]);

const squaresOf = (inputs: HostArray[]): number =>
  inputs.reduce((sum, { data }) => data.reduce((total, v) => total + v * v, sum), 0);

/** Normalisation, activation, attention and what the optimiser needs. */
export const networkCases: readonly Case[] = [
  ...[[7], [3, 1031], [2, 3, 4, 5]].map((shape): Case => ({
    operation: 'silu',
    detail: `[${shape}]`,
    shapes: [shape],
    run: (x) => silu(x!),
    reference: (x) => x!.data.map(siluOf),
  })),
  ...([
    [[3, 23, 17, 16], 4, 'silu'],
    [[2, 25, 33, 9], 3, undefined],
    [[2, 31, 35, 6], 2, 'silu'],
    [[2, 4, 4, 64], 8, 'silu'],
  ] as const).map(([x, groups, activation]): Case => ({
    operation: 'groupNorm',
    detail: `[${x}], ${groups} groups${activation ? `, ${activation}` : ''}`,
    shapes: [x, [x[3]], [x[3]]],
    run: (a, gamma, beta) =>
      groupNorm(a as T4, gamma as T1, beta as T1, { groups, ...(activation && { activation }) }),
    reference: (...inputs) => groupNormOf(inputs, groups, activation),
  })),
  {
    operation: 'groupNorm',
    detail: 'scale, shift, silu',
    shapes: [[3, 23, 17, 16], [16], [16], [3, 16], [3, 16]],
    run: (x, gamma, beta, scale, shift) =>
      groupNorm(x as T4, gamma as T1, beta as T1, {
        groups: 4,
        activation: 'silu',
        scale: scale as T2,
        shift: shift as T2,
      }),
    reference: (...inputs) => groupNormOf(inputs, 4, 'silu'),
  },
  ...[[2, 23, 19, 21], [3, 5, 9], [4, 3], [2, 16, 16, 64]].map((x): Case => {
    const c = x[x.length - 1]!;
    return {
      operation: 'channelLayerNorm',
      detail: `[${x}]`,
      shapes: [x, [c], [c]],
      run: (a, gamma, beta) => channelLayerNorm(a!, gamma as T1, beta as T1),
      reference: (a, gamma, beta) => {
        const normal = standardised(a!.data, a!.data.length / c, (at) => Math.floor(at / c));
        return normal.map((v, at) => v * gamma!.data[at % c]! + beta!.data[at % c]!);
      },
    };
  }),
  ...([
    [[2, 5, 6], [2, 7, 6], [2, 7, 4], 2],
    [[2, 300, 10], [2, 260, 10], [2, 260, 6], 2],
    [[3, 33, 5], [3, 1, 5], [3, 1, 3], 1],
    [[2, 64, 64], [2, 64, 64], [2, 64, 64], 4],
  ] as const).map(([q, k, v, heads]): Case => ({
    operation: 'attention',
    detail: `[${q}], [${k}], ${heads} heads`,
    shapes: [q, k, v],
    run: (a, b, c) => attention(a as T3, b as T3, c as T3, { heads }),
    reference: (...inputs) => attentionOf(inputs, heads),
  })),
  ...([
    [2, 300, 10, 16, 9, 4],
    [2, 33, 5, 6, 5, 2],
    [3, 64, 16, 64, 16, 4],
  ] as const).map(
    ([b, t, c, h, d, heads]): Case => ({
      operation: 'linearAttention',
      detail: `[${b},${t},${c}], ${heads} heads of ${h / heads}`,
      shapes: [[b, t, c], [c, 3 * h], [h, d], [d]],
      run: (x, qkv, out, bias) => linearAttention(x as T3, qkv as T2, out as T2, bias as T1, { heads }),
      reference: (x, qkv, out, bias) => {
        const mapped = mapOf(x!.data, qkv!);
        const mixed = linearAttentionOf({ shape: [b, t, 3 * h], data: mapped }, heads);
        return mapOf(mixed, out!).map((v, at) => v + bias!.data[at % d]!);
      },
    }),
  ),
  ...[[3, 4, 5], [1031]].map((shape): Case => ({
    operation: 'adamw',
    detail: `[${shape}]`,
    shapes: [shape, shape, shape, shape],
    values: 'positive',
    noGradient: 'a step of an optimiser',
    run: (param, grad, m, v) => flatOf(adamw(param!, grad!, m!, v!, adam)),
    reference: (...inputs) => adamwOf(inputs),
  })),
  {
    operation: 'adamwEach',
    detail: '[3,4,5], [1031]',
    shapes: [[3, 4, 5], [1031]].flatMap((shape) => [shape, shape, shape, shape]),
    values: 'positive',
    noGradient: 'a step of an optimiser',
    run: (...inputs) => {
      const states = [inputs.slice(0, 4), inputs.slice(4)].map(([param, grad, m, v]) => {
        return { param: param!, grad: grad!, m: m!, v: v! };
      });
      return flatOf(adamwEach(states, adam).flat());
    },
    reference: (...inputs) => Float64Array.of(...adamwOf(inputs.slice(0, 4)), ...adamwOf(inputs.slice(4))),
  },
  {
    operation: 'movingAverages',
    detail: '[3,4,5], [1031]',
    shapes: [...HOST_SHAPES, ...HOST_SHAPES],
    noGradient: 'a step of an optimiser',
    run: (...inputs) => flatOf(movingAverages(inputs.slice(0, 2), inputs.slice(2), 0.9)),
    reference: (...inputs) => {
      const values = joined(inputs.slice(2));
      return Float64Array.from(joined(inputs.slice(0, 2)), (average, i) => 0.9 * average + 0.1 * values[i]!);
    },
  },
  {
    operation: 'addValues',
    detail: '[3,4,5], [1031]',
    shapes: HOST_SHAPES,
    noGradient: 'a sum with numbers of the host',
    run: (...inputs) => flatOf(addValues(inputs, HOST_VALUES)),
    reference: (...inputs) => Float64Array.from(joined(inputs), (value, i) => value + HOST_VALUES[i]!),
  },
  {
    operation: 'tensorsFrom',
    detail: '[3,4,5], [1031]',
    shapes: HOST_SHAPES,
    noGradient: 'a copy from the host',
    run: (...inputs) => tf.mul(flatOf(inputs), flatOf(tensorsFrom(HOST_VALUES, HOST_SHAPES))),
    reference: (...inputs) => Float64Array.from(joined(inputs), (value, i) => value * HOST_VALUES[i]!),
  },
  {
    operation: 'readTensors',
    detail: '[3,4,5], [1031]',
    shapes: HOST_SHAPES,
    noGradient: 'a copy to the host',
    readsAtOnce: true,
    run: (...inputs) => {
      const values = new Float32Array(HOST_VALUES.length);
      readTensors(inputs, values);
      return tf.tensor(values);
    },
    reference: (...inputs) => Float64Array.from(joined(inputs)),
  },
  {
    operation: 'sumOfSquares',
    detail: '[2,5001], [7]',
    shapes: [[2, 5001], [7]],
    noGradient: 'a number of the host',
    readsAtOnce: true,
    run: (...inputs) => tf.scalar(sumOfSquares(inputs)),
    reference: (...inputs) => Float64Array.of(squaresOf(inputs)),
  },
  {
    operation: 'globalNorm',
    detail: '[2,33,3], [5], [1031]',
    shapes: [[2, 33, 3], [5], [1031]],
    noGradient: 'a number of the host',
    readsAtOnce: true,
    run: (...inputs) => tf.scalar(globalNorm(inputs)),
    reference: (...inputs) => Float64Array.of(Math.sqrt(squaresOf(inputs))),
  },
]; // biome-ignore format: tables

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { findInstall } from './installs.ts';

const dist = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const core = createRequire(import.meta.url).resolve('@tensorflow/tfjs-core');
const folder = mkdtempSync(join(tmpdir(), 'medseg-fused-'));
afterAll(() => rmSync(folder, { recursive: true }));

// Every kernel on sizes that fill no vector, no tile and no block; prints a list of numbers for each output.
const program = join(folder, 'program.mjs');
writeFileSync(
  program,
  `import { register } from ${JSON.stringify(dist)};
import * as tf from ${JSON.stringify(core)};
await register();
let seed = 1;
const random = (...shape) => tf.tensor(
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    seed = (Math.imul(1664525, seed) + 1013904223) >>> 0;
    return seed / 2 ** 31 - 1;
  }), shape);
const results = {};
const run = (name, inputs, attrs = {}, label = name) => {
  const outputs = [tf.engine().runKernel(name, inputs, attrs)].flat();
  outputs.forEach((output, i) => { results[label + ' ' + i] = Array.from(output.dataSync()); });
  return outputs;
};
for (const [channels, filters, size, strides] of [[3, 5, 3, 1], [16, 48, 3, 1], [20, 37, 3, 2], [16, 16, 1, 1], [33, 70, 2, 1], [5, 1, 7, 3]]) {
  const [x, filter, bias] = [random(5, 11, 9, channels), random(size, size, channels, filters), random(filters)];
  const attrs = { strides, pad: 'same', dataFormat: 'NHWC' };
  const label = ' ' + [channels, filters, size, strides];
  const [y] = run('MedsegConv2D', { x, filter, bias }, attrs, 'convolution' + label);
  const dy = random(...y.shape);
  run('MedsegConv2D', { x, filter, bias, offset: random(5, filters), plus: dy }, attrs, 'convolution and more' + label);
  run('MedsegConv2DGrad', { x, filter, dy }, { ...attrs, wanted: ['x', 'filter', 'bias', 'offset'] }, 'its gradients' + label);
  run('Conv2DBackpropInput', { dy, filter }, { ...attrs, inputShape: x.shape }, 'dx' + label);
  run('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape: filter.shape }, 'dw' + label);
}
{
  const [x, kernel, bias] = [random(330, 19), random(19, 35), random(35)];
  for (const silu of [false, true]) {
    run('MedsegDense', { x, kernel, bias }, { silu }, 'dense ' + silu);
    run('MedsegDenseGrad', { x, kernel, dy: random(330, 35) }, { silu, wanted: ['x', 'kernel', 'bias'] }, 'its gradients ' + silu);
  }
}
  for (const [transposeA, transposeB] of [[false, false], [true, false], [false, true], [true, true]]) {
  const [a, b] = [random(3, ...(transposeA ? [13, 20] : [20, 13])), random(3, ...(transposeB ? [37, 13] : [13, 37]))];
  run('BatchMatMul', { a, b }, { transposeA, transposeB }, 'product ' + [transposeA, transposeB]);
}
run('Add', { a: random(3, 333), b: random(3, 333) });
for (const [channels, groups] of [[6, 3], [48, 8]]) {
  const attrs = { groups, epsilon: 1e-5, silu: true, hasScale: true, hasShift: true };
  const inputs = [random(3, 7, 5, channels), random(channels), random(channels), random(3, channels), random(3, channels)];
  const [y, statistics] = run('MedsegGroupNorm', inputs, attrs, 'group norm ' + channels);
  run('MedsegGroupNormGrad', [...inputs, statistics, random(...y.shape)], attrs, 'its gradient ' + channels);
}
{
  const [x, gamma, beta] = [random(700, 21), random(21), random(21)];
  const [y, statistics] = run('MedsegLayerNorm', { x, gamma, beta }, { epsilon: 1e-5 });
  run('MedsegLayerNormGrad', { x, gamma, statistics, dy: random(...y.shape) });
}
{
  const x = random(7, 1001);
  run('MedsegSilu', { x });
  run('MedsegSiluGrad', { x, dy: random(7, 1001) });
  run('MedsegSumOfSquares', [x, random(5)]);
  run('MedsegColumnSum', { x: random(5001, 7) });
  run('MedsegAdamW', { param: x, grad: random(7, 1001), m: random(7, 1001), v: tf.square(x) },
    { stepSize: 0.1, variance: 2, decay: 0.9, beta1: 0.9, beta2: 0.99, epsilon: 1e-6, gradientScale: 0.5 });
  run('MedsegMovingAverage', [x, random(5), random(7, 1001), random(5)], { decay: 0.9 });
  run('Reshape', { x }, { shape: [-1, 7] });
  run('Concat', [random(400, 17, 3), random(400, 1, 3), random(400, 5, 3)], { axis: 1 });
  run('SplitV', { x: random(300, 19, 7) }, { numOrSizeSplits: [3, -1, 5], axis: 1 });
}
{
  const attrs = { heads: 3, scale: 0.4 };
  const [q, k, v] = [random(2, 70, 15), random(2, 41, 15), random(2, 41, 21)];
  const [y, logSum] = run('MedsegAttention', { q, k, v }, attrs);
  run('MedsegAttentionGrad', { q, k, v, y, logSum, dy: random(...y.shape) }, attrs);
}
{
  const attrs = { heads: 2, scale: 0.7 };
  const [x, qkv, out, bias] = [random(3, 50, 7), random(7, 60), random(20, 9), random(9)];
  const [y, state] = run('MedsegLinearAttention', { x, qkv, out, bias }, attrs);
  run('MedsegLinearAttentionGrad', { x, qkv, out, state, dy: random(...y.shape) }, attrs);
}
run('MedsegUpsample', { x: random(2, 3, 4, 5) }, { factor: 3, scale: 0.5 });
run('MedsegSumPool', { x: random(2, 6, 4, 5) }, { factor: 2, scale: 0.25 });
console.log(JSON.stringify(results));
`,
);

// What only moves numbers, with our operations and with TensorFlow's.
const moves = join(folder, 'moves.mjs');
writeFileSync(
  moves,
  `import { register } from ${JSON.stringify(dist)};
import * as tf from ${JSON.stringify(core)};
await register({ operations: process.argv[2] === 'ours' });
const numbered = (shape, dtype = 'float32') => tf.reshape(tf.range(0, shape.reduce((a, b) => a * b, 1), 1, dtype), shape);
const results = [];
const note = (...tensors) => results.push(tensors.map((t) => [t.shape, t.dtype, Array.from(t.dataSync())]));
for (const [axis, sizes] of [[0, [2, 1, 3]], [1, [17, 1, 40]], [2, [1, 33, 16]], [-1, [5, 0, 3]], [1, [4]]]) {
  const shape = [3, 5, 7];
  const parts = sizes.map((size) => numbered(shape.map((length, i) => (i === (axis + 3) % 3 ? size : length))));
  const whole = tf.concat(parts, axis);
  note(whole, ...tf.split(whole, sizes, axis), ...tf.split(whole, sizes.map((size, i) => (i === sizes.length - 1 && i > 0 ? -1 : size)), axis));
}
note(tf.concat([numbered([2, 3], 'int32'), numbered([1, 3], 'int32')]), ...tf.split(numbered([4, 2], 'int32'), 2));
note(tf.concat([tf.tensor1d([1]), tf.tensor1d([2, 3]), tf.tensor1d([])]));
const x = numbered([2, 3]);
const [same, whole, back, clone] = [tf.cast(x, 'float32'), tf.cast(x, 'int32'), tf.reshape(x, [2, 3]), tf.clone(x)];
x.dispose();
note(same, whole, back, clone);
console.log(JSON.stringify(results));
`,
);

function compute(vectors: string, threads: string): Record<string, number[]> {
  const env = { ...process.env, MEDSEG_NATIVE_VECTORS: vectors, TF_NUM_INTRAOP_THREADS: threads };
  const options = { encoding: 'utf8', env, maxBuffer: 1 << 26, timeout: 60_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], options);
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, number[]>;
}

describe.skipIf(findInstall()?.where !== 'cache')('fused kernels (medseg native install brings them)', () => {
  it('move numbers as TensorFlow does', () => {
    const [ours, theirs] = ['ours', 'theirs'].map((whose) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [moves, whose], { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
      return stdout;
    });
    expect(ours!.length).toBeGreaterThan(1000);
    expect(JSON.parse(ours!)).toEqual(JSON.parse(theirs!));
  });

  it('compute the same with every kind of vectors and any number of threads', () => {
    const expected = compute('', '1');
    expect(Object.keys(expected)).toHaveLength(106);
    for (const [vectors, threads] of [
      ['', '1'],
      ['', '3'],
      ['avx2', '2'],
      ['any', '4'],
    ] as const) {
      const found = compute(vectors, threads);
      for (const [name, values] of Object.entries(expected)) {
        const largest = Math.max(...values.map(Math.abs));
        const difference = Math.max(...values.map((value, i) => Math.abs(value - found[name]![i]!)));
        const limit = vectors === '' && threads === '1' ? 0 : 2e-5;
        expect(difference / largest, `${name} with ${vectors || 'the widest'}, ${threads}`).toBeLessThanOrEqual(limit);
      }
    }
  });
});

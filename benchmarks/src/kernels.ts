import '@tensorflow/tfjs-layers'; // registers the gradients
import '@tensorflow/tfjs-backend-wasm';
import { parseArgs } from 'node:util';
import { register } from '@medseg/backend-wasm';
import { normalTensor } from '@medseg/ops';
import { createRandom } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';
import { type KernelCall, networkCalls } from './kernels/calls.ts';
import { type FusedOperation, fusedOperations } from './kernels/fused-operations.ts';
import { measureLimit } from './kernels/limit.ts';

// GFLOP/s of every convolution and product that the networks ask for, of stock tfjs on the same, and of the machine.
// Counted by the definition of the convolution, also where Winograd's algorithm multiplies less.
// npm run bench -- kernels [--variant simd128]

const SHARE = 0.6; // of the limit that all together must reach
const LEAST = 0.35; // and each
const NOISE = 1.1; // how much slower than stock a reading may be: clock and noise
const SMALL = 4e6; // FLOP under which a call costs as much as its work: listed, not judged

const { values } = parseArgs({ options: { variant: { type: 'string', default: 'relaxed-simd' } } });
const fused = values.variant !== 'simd128';

// tfjs's own kernels, before ours replace them.
await tf.setBackend('wasm');
await tf.ready();
const stock = tf.getKernelsForBackend('wasm').map((config) => ({ ...config }));
await register({ variant: fused ? 'relaxed-simd' : 'simd128' });
const ours = tf.getKernelsForBackend('wasm').map((config) => ({ ...config }));
const stockKernels = new Map(stock.map((config) => [config.kernelName, config.kernelFunc]));
const stockNames: Record<string, string> = { MedsegConv2D: 'FusedConv2D', MedsegDense: 'BatchMatMul' };
const random = createRandom(1);

const limit = measureLimit(fused);
console.log(`limit of ${values.variant}: ${limit.toFixed(1)} GFLOP/s on registers\n`);
let failures = 0;
const totals = { flops: 0, milliseconds: 0 };
for (const call of networkCalls()) timeCall(call);
const whole = totals.flops / totals.milliseconds / 1e6;
console.log(
  `\nall together ${whole.toFixed(1)} GFLOP/s, ${(whole / limit).toFixed(2)} of the limit (at least ${SHARE})`,
);
if (whole < SHARE * limit) failures++;

console.log('\nfused operations, value and gradient: milliseconds of ours, of stock tfjs composed');
for (const operation of fusedOperations) timeOperation(operation);
console.log(failures === 0 ? '\nok' : `\n${failures} fall short`);
process.exitCode = failures === 0 ? 0 : 1;

/** The shortest of several runs of each, by turns. */
function race(runs: readonly (() => void)[]): number[] {
  const best = runs.map(() => Number.POSITIVE_INFINITY);
  const start = performance.now();
  for (let round = 0; round < 60 && (round < 5 || performance.now() - start < 150); round++) {
    runs.forEach((run, i) => {
      const before = performance.now();
      run();
      best[i] = Math.min(best[i]!, performance.now() - before);
    });
  }
  return best;
}

function timeCall(call: KernelCall): void {
  const tensors = call.inputs.map(({ name, shape }) => [name, normalTensor(random, shape as [number])] as const);
  const inputs = Object.fromEntries(tensors) as tf.NamedTensorMap;
  const own = tf.getKernel(call.kernel, 'wasm')!.kernelFunc;
  const other = stockKernels.get(stockNames[call.kernel] ?? call.kernel);
  const backend = tf.backend() as unknown as { disposeData(id: object): void };
  const attrs = {
    dilations: 1,
    dataFormat: 'NHWC',
    activation: 'linear',
    transposeA: false,
    transposeB: false,
    ...call.attrs,
  };
  const runner = (kernel: tf.KernelFunc, given: tf.NamedTensorMap) => (): void => {
    for (const { dataId } of [kernel({ inputs: given, attrs, backend })].flat()) backend.disposeData(dataId);
  };
  // A dense layer of stock tfjs is a product and a sum; the product alone is timed.
  const stockInputs = call.kernel === 'MedsegDense' ? { a: inputs.x!, b: inputs.kernel! } : inputs;
  const runs = [runner(own, inputs)];
  if (other) runs.push(runner(other, stockInputs));
  const [milliseconds, stockMilliseconds] = race(runs) as [number, number | undefined];
  tf.dispose(inputs);
  const speed = call.flops / milliseconds / 1e6;
  const judged = call.flops >= SMALL;
  const slower = stockMilliseconds !== undefined && milliseconds > NOISE * stockMilliseconds;
  const short = judged && (speed < LEAST * limit || slower);
  if (short) failures++;
  if (judged) {
    totals.flops += call.flops;
    totals.milliseconds += milliseconds;
  }
  console.log(
    [
      short ? 'MISS' : judged ? 'ok  ' : '    ',
      `${call.kernel} ${call.inputs.map(({ shape }) => shape.join('x')).join(' ')}`.padEnd(62),
      `${speed.toFixed(1).padStart(6)} GFLOP/s ${(speed / limit).toFixed(2)} of the limit`,
      stockMilliseconds === undefined ? 'stock: none' : `stock ${(call.flops / stockMilliseconds / 1e6).toFixed(1)}`,
    ].join('  '),
  );
}

function timeOperation({ name, shapes, run }: FusedOperation): void {
  const inputs = shapes.map((shape) => normalTensor(random, shape as [number]));
  const both = (): void => void tf.tidy(() => tf.grads(run)(inputs));
  const [mine, composed] = race([
    () => {
      use(ours);
      both();
    },
    () => {
      use(stock);
      both();
    },
  ]) as [number, number];
  use(ours);
  tf.dispose(inputs);
  const slower = mine > NOISE * composed;
  if (slower) failures++;
  console.log(
    `${slower ? 'MISS' : 'ok  '} ${name.padEnd(34)} ${mine.toFixed(2).padStart(8)} ${composed.toFixed(2).padStart(8)}  ${(composed / mine).toFixed(1)} x as fast`,
  );
}

/** Puts a set of kernels in the place of all of the backend's. */
function use(kernels: readonly tf.KernelConfig[]): void {
  for (const { kernelName } of tf.getKernelsForBackend('wasm')) tf.unregisterKernel(kernelName, 'wasm');
  for (const config of kernels) tf.registerKernel(config);
}

import '@tensorflow/tfjs-layers';
import { randomTensor, relativeError } from '@medseg/test-support';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import { simd128 } from './generated/simd128.ts';
import { describeBackend, register } from './register.ts';
import { importSharedMemory } from './shared-memory.ts';

describe('register', () => {
  it('makes wasm current and takes the fastest variant that runs', async () => {
    // Tests of another file may have registered it.
    const factory = tf.findBackendFactory('wasm');
    if (factory) {
      tf.removeBackend('wasm');
      tf.registerBackend('wasm', factory);
    }
    expect(() => describeBackend()).toThrow(/call register\(\) first/);
    await register();
    expect(tf.getBackend()).toBe('wasm');
    expect(describeBackend().variant).toBe('relaxed-simd'); // Node 20 after switching the flag on, later ones as they are
    expect(describeBackend().kernels).toContain('Conv2DBackpropFilter');
  });

  it('says why it cannot start, and never waits for ever', async () => {
    const factory = tf.findBackendFactory('wasm')!;
    const startingWith = async (other: () => Promise<never>, options = {}): Promise<unknown> => {
      tf.removeBackend('wasm');
      tf.registerBackend('wasm', other);
      try {
        return await register(options).catch((error) => error.message);
      } finally {
        tf.removeBackend('wasm');
        tf.registerBackend('wasm', factory);
      }
    };
    const silent = (): Promise<never> => new Promise(() => {});
    expect(await startingWith(silent, { timeout: 50 })).toMatch(
      /did not start within 0.05 s; is its .wasm file served/,
    );
    expect(await startingWith(silent, { timeout: 50, threads: true })).toMatch(/leave out threads/);
    const warn = vi.spyOn(console, 'warn').mockReturnValue(undefined);
    expect(await startingWith(() => Promise.reject(new Error('404')))).toMatch(/setWasmPaths\(\) before register\(\)/);
    expect(warn).toHaveBeenCalled();
    const compile = vi.spyOn(WebAssembly, 'compile').mockRejectedValue(new WebAssembly.CompileError('Refused'));
    expect(await register().catch((error) => error.message)).toMatch(/'wasm-unsafe-eval' in script-src \(Refused\)/);
    compile.mockRestore();
    warn.mockRestore();
    await expect(register({ variant: 'simd' as 'simd128' })).rejects.toThrow(/variant must be .* got 'simd'/);
    await register();
  });

  it('changes nothing when called again, and swaps the variant when told to', async () => {
    const kernel = tf.getKernel('Conv2D', 'wasm');
    await register();
    expect(tf.getKernel('Conv2D', 'wasm')).toBe(kernel);
    await register({ variant: 'simd128' });
    expect(describeBackend().variant).toBe('simd128');
    await register();
    expect(describeBackend().variant).toBe('simd128');
    await register({ variant: 'relaxed-simd' });
  });

  it('stays right while the heap grows under it', () => {
    const backend = tf.backend() as unknown as BackendWasm;
    const heapBytes = (): number => (backend.wasm as unknown as { HEAPU8: Uint8Array }).HEAPU8.length;
    const x = randomTensor<tf.Rank.R4>([1, 16, 16, 8], 1);
    const filter = randomTensor<tf.Rank.R4>([3, 3, 8, 8], 2);
    const step = (): number[] =>
      tf.tidy(() => {
        const grads = tf.grads((a: tf.Tensor, b: tf.Tensor) =>
          tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same'),
        );
        return grads([x, filter]).flatMap((g) => Array.from(g.dataSync()));
      });
    const before = step();
    const start = heapBytes();
    const fill: tf.Tensor[] = [];
    while (heapBytes() < start * 4) {
      fill.push(tf.zeros([1 << 18]));
      if (fill.length % 16 === 0) expect(step()).toEqual(before);
    }
    // A product whose scratch and output themselves make the heap grow.
    const wide = tf.tidy(() => tf.sum(tf.matMul(tf.ones([2048, 8]), tf.ones([8, 2048]))).dataSync()[0]!);
    expect(relativeError([wide], [2048 * 2048 * 8])).toBeLessThan(1e-5);
    expect(step()).toEqual(before);
    tf.dispose(fill);
  });

  it('leaves no data behind in the backend over many training steps', () => {
    const backend = tf.backend() as unknown as BackendWasm;
    const filter = tf.variable(randomTensor<tf.Rank.R4>([3, 3, 4, 4], 1));
    const x = randomTensor<tf.Rank.R4>([2, 8, 8, 4], 2);
    const optimizer = tf.train.sgd(1e-3);
    const step = (): void => {
      optimizer.minimize(() => tf.mean(tf.square(tf.conv2d(x, filter, 1, 'same'))) as tf.Scalar);
    };
    step();
    const [tensors, data] = [tf.memory().numTensors, backend.numDataIds()];
    for (let i = 0; i < 50; i++) step();
    expect(tf.memory().numTensors).toBe(tensors);
    expect(backend.numDataIds()).toBe(data);
    optimizer.dispose();
    tf.dispose([filter, x]);
  });

  it('says what is wrong with an input', () => {
    const [a, b] = [tf.ones([2, 2], 'int32'), tf.ones([2, 2])];
    const kernel = tf.getKernel('BatchMatMul', 'wasm');
    const call = (): unknown =>
      kernel.kernelFunc({ inputs: { a, b }, attrs: { transposeA: false, transposeB: false }, backend: tf.backend() });
    expect(call).toThrow(/float32 tensors, got int32/);
  });
});

describe('importSharedMemory', () => {
  it('lets the module work on the memory of a threaded build', async () => {
    const bytes = Uint8Array.from(atob(simd128), (c) => c.charCodeAt(0));
    const memory = new WebAssembly.Memory({ initial: 20, maximum: 65536, shared: true });
    const module = await WebAssembly.compile(importSharedMemory(bytes));
    const instance = await WebAssembly.instantiate(module, {
      env: { memory, allocate: () => 65536, permanent: () => 32768 },
    });
    new Float32Array(memory.buffer).set([1, 2, 3, 4], 64);
    const silu = instance.exports.silu as (x: number, y: number, count: number) => void;
    silu(256, 512, 4);
    const expected = [1, 2, 3, 4].map((v) => v / (1 + Math.exp(-v)));
    expect(relativeError(new Float32Array(memory.buffer).slice(128, 132), expected)).toBeLessThan(1e-6);
  });
});

import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Allocator, outOfMemory } from './allocate.ts';
import { register } from './register.ts';

describe('a heap that is full', () => {
  beforeAll(async () => await register());

  const thrownBy = (work: () => unknown): unknown => {
    try {
      work();
    } catch (error) {
      return error;
    }
    throw new Error('nothing was thrown');
  };
  const sumOf = (values: tf.Tensor): number => tf.tidy(() => tf.sum(values).dataSync())[0]!;

  it('is said, of tensors of tfjs’s own operations and of ours, and what is there stays whole', () => {
    const kept = tf.range(0, 1000);
    const before = tf.memory().numTensors;
    // More than 4 GiB, and a size of which the lowest 32 bits alone are small.
    for (const length of [2 ** 30, 2 ** 30 + 4]) {
      const error = thrownBy(() => tf.tidy(() => tf.fill([length], 1)));
      expect(error).toBeInstanceOf(RangeError);
      expect(outOfMemory(error)).toMatch(
        /^the WebAssembly heap \(\d\.\d GiB of at most 4\) has no room for \d+ bytes more$/,
      );
    }
    expect(outOfMemory(thrownBy(() => tf.tidy(() => tf.tile(tf.ones([1, 1 << 16]), [1 << 15, 1]))))).toMatch(/no room/);
    expect(outOfMemory(thrownBy(() => tf.tidy(() => tf.matMul(tf.ones([1 << 16, 1]), tf.ones([1, 1 << 16])))))).toMatch(
      /no room/,
    );
    expect(sumOf(kept)).toBe(499_500);
    kept.dispose();
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 1);
  });

  it('is met by filling it: no tensor is ever written over another', () => {
    const { HEAPU8 } = (tf.backend() as unknown as BackendWasm).wasm as unknown as Allocator;
    expect(HEAPU8.length).toBeLessThan(2 ** 30);
    const first = tf.range(0, 1000);
    const blocks: tf.Tensor[] = [];
    const backend = tf.backend() as unknown as BackendWasm;
    const error = thrownBy(() => {
      // Allocated and not touched: the system gives pages as they are written.
      for (let i = 0; i < 40; i++)
        blocks.push(tf.engine().makeTensorFromTensorInfo(backend.makeOutput([1 << 25], 'float32')));
    });
    expect(outOfMemory(error)).toMatch(/no room for 134217728 bytes more/);
    expect(blocks.length).toBeGreaterThan(20);
    expect(sumOf(first)).toBe(499_500);
    tf.dispose([first, ...blocks]);
    expect(sumOf(tf.ones([10]))).toBe(10); // and there is room again
  });

  it('is not what other errors are', () => {
    expect(outOfMemory(new RangeError('no room'))).toBeUndefined();
    expect(outOfMemory('Aborted(OOM)')).toBeUndefined();
    expect(outOfMemory(new Error('Aborted(OOM). Build with -sASSERTIONS for more info.'))).toBe(
      'Aborted(OOM). Build with -sASSERTIONS for more info.',
    );
  });
});

import { expect, it } from 'vitest';
import { outOfMemory } from './out-of-memory.ts';

const thrownBy = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

it('knows what this engine throws where there is no memory, and leaves every other error alone', () => {
  for (const work of [
    () => new Float32Array(2 ** 53 - 1),
    () => new ArrayBuffer(2 ** 53 - 1),
    () => 'x'.repeat(2 ** 30),
    () => new WebAssembly.Memory({ initial: 1, maximum: 1 }).grow(1),
  ])
    expect(outOfMemory(thrownBy(work))).toMatch(/^no memory left: /);
  const heap = 'backend-wasm: the WebAssembly heap (3.9 GiB of at most 4) has no room for 400000000 bytes more';
  expect(outOfMemory(new RangeError(heap))).toBe(
    'no memory left: the WebAssembly heap (3.9 GiB of at most 4) has no room for 400000000 bytes more',
  );
  expect(outOfMemory(Object.assign(new Error('ENOMEM: not enough memory, read'), { code: 'ENOMEM' }))).toMatch(
    /ENOMEM/,
  );
  expect(outOfMemory(new RangeError('Invalid count value: -1'))).toBeUndefined();
  expect(outOfMemory(new Error('Array buffer allocation failed, says a test'))).toBeUndefined();
  expect(outOfMemory(thrownBy(() => new Float32Array(-1)))).toBeUndefined();
});

import { register } from '@medseg/backend-wasm';
import { beforeAll, expect, it, vi } from 'vitest';
import { checkMemory, fitsMemory } from './check-memory.ts';
import { output } from './output.ts';

const GIB = 2 ** 30;
const question = {
  what: 'batchSize=16',
  threads: 2,
  advice: () => 'less is needed with batchSize=8',
  machine: 16 * GIB,
};

beforeAll(() => register());

const check = (thread: number, total: number, threads = 2): string | undefined => {
  const remark = vi.spyOn(output, 'remark').mockImplementation(() => {});
  try {
    checkMemory({ thread: thread * GIB, total: total * GIB }, { ...question, threads });
    return remark.mock.calls[0]?.[0] as string | undefined;
  } finally {
    remark.mockRestore();
  }
};

it('says nothing of what fits, remarks on what is near, and refuses what cannot fit, by its number', () => {
  expect(check(2.9, 6)).toBeUndefined();
  expect(check(3.5, 7)).toBe(
    'note: batchSize=16 needs about 3.5 GiB on each of 2 threads, and the WebAssembly heap of a thread holds at most 4 GiB; should memory run out, less is needed with batchSize=8',
  );
  expect(() => check(39.8, 60)).toThrow(
    'batchSize=16 needs about 39.8 GiB on each of 2 threads, and the WebAssembly heap of a thread holds at most 4 GiB; less is needed with batchSize=8',
  );
  expect(() => check(1e9, 2, 1)).toThrow('about 1.00e+9 GiB, and');
});

it('holds all threads together against the machine', () => {
  expect(check(2, 14)).toMatch(/^note: batchSize=16 needs about 14\.0 GiB in all, and this machine has 16\.0 GiB; /);
  expect(() => check(2, 24)).toThrow(/needs about 24\.0 GiB in all, and this machine has 16\.0 GiB; less is needed/);
});

it('knows what surely fits: neither refused nor remarked on', () => {
  const fits = (thread: number, total: number): boolean =>
    fitsMemory({ thread: thread * GIB, total: total * GIB }, 16 * GIB);
  expect(fits(2.9, 6)).toBe(true);
  expect(fits(3.1, 6)).toBe(false);
  expect(fits(2, 11.9)).toBe(true);
  expect(fits(2, 12.1)).toBe(false);
});

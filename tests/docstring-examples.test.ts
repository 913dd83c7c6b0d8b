import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { typeErrors } from './docstrings/check.ts';
import { examplesOf, generated, packages } from './docstrings/examples.ts';

const examples = packages.flatMap(examplesOf);

beforeAll(async () => {
  await tf.setBackend('cpu');
  mkdirSync(generated, { recursive: true });
});
afterAll(() => rmSync(generated, { recursive: true, force: true }));

describe('examples in docstrings', () => {
  it('compile', () => {
    const errors = [...typeErrors(examples)].filter(([, found]) => found.length > 0);
    expect(Object.fromEntries(errors)).toEqual({});
  });

  it.each(examples.filter(({ runs }) => runs).map((example, i) => [example.name, example.module, i] as const))(
    '%s runs and gives what its comments say',
    async (_, module, i) => {
      const file = join(generated, `run-${i}.ts`);
      writeFileSync(file, module);
      const { example } = (await import(/* @vite-ignore */ file)) as { example: () => Promise<void> };
      const print = vi.spyOn(console, 'log').mockImplementation(() => {});
      try {
        await example();
      } finally {
        print.mockRestore();
      }
    },
  );
});

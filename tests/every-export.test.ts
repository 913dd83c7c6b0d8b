import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript
import { entries } from '../scripts/source-aliases.mjs';

// Calls every function and class that the packages export with what a beginner might give it. Whatever it answers, no
// error may be the engine's own, which names a line of our code and not the mistake.

const root = fileURLToPath(new URL('..', import.meta.url));

/** Left out: they install and remove libraries, end the process's own channel, change how the process runs, or are the checks. */
const LEFT_OUT: readonly RegExp[] = [
  /backend-native/,
  /test-support/,
  /arguments#|(ops|workers)#require/,
  /layers#Block$/, // abstract
  /#(serveWorker|serveRun|serveReplica|webWorkerPort|nodeWorkerPort|disableIncrementalMarking)$/,
];

/** What V8 and Node say of a mistake inside a function that should have looked at its arguments. */
const ENGINE =
  /^(Cannot (read|set|destructure|convert|mix|create|use|assign)|Class constructor|Invalid (array|typed array|string|count|time|URL|Date|data)|Reduce of empty|Right-hand side|First argument|The (first )?"\w+" (argument|property)|The "[\w.]+" (argument|property)|Received|Unexpected|Iterator value|Found non-callable|Converting circular|Assignment to|Array buffer|offset is out|Offset is out|Start offset|Maximum call stack|undefined |null |Object prototype|Failed to)|is not (iterable|a function|a constructor|an object|a valid|defined|extensible|valid JSON)|ENOENT.*undefined|Parameter 1|no such file or directory, .*undefined/;

const ARGUMENTS: Readonly<Record<string, readonly unknown[]>> = {
  '': [],
  undefined: [undefined],
  null: [null],
  '{}': [{}],
  '5': [5],
  "'x'": ['x'],
  '[]': [[]],
};

interface Exported {
  readonly name: string;
  readonly value: (...args: unknown[]) => unknown;
}

async function exported(): Promise<Exported[]> {
  const found: Exported[] = [];
  for (const { name, file } of entries) {
    if (LEFT_OUT.some((pattern) => pattern.test(name)) || !existsSync(join(root, file))) continue;
    const module = (await import(join(root, file))) as Readonly<Record<string, unknown>>;
    for (const [member, value] of Object.entries(module)) {
      const id = `${name}#${member}`;
      if (typeof value !== 'function' || LEFT_OUT.some((pattern) => pattern.test(id))) continue;
      found.push({ name: id, value: value as Exported['value'] });
    }
  }
  return found;
}

/** What a call answers: `returned`, the message of its error, or that it goes on for ever. */
async function answerOf({ value }: Exported, args: readonly unknown[]): Promise<string> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const isClass = /^class\b/.test(Function.prototype.toString.call(value));
    const result: unknown = isClass ? Reflect.construct(value, args) : value(...args);
    const next = (result as Partial<AsyncGenerator> | null | undefined)?.next;
    const settled = typeof next === 'function' ? next.call(result) : result;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('it goes on for ever')), 5000);
    });
    await Promise.race([settled, late]);
    return 'returned';
  } catch (error) {
    return error instanceof Error ? error.message : `threw ${String(error)}`;
  } finally {
    clearTimeout(timer);
  }
}

const here = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'medseg-exports-'));
beforeAll(async () => {
  process.chdir(folder); // some write files
  await tf.setBackend('cpu');
});
afterAll(() => {
  process.chdir(here);
  rmSync(folder, { recursive: true });
});

describe('every export', async () => {
  const all = await exported();

  it('is found', () => {
    expect(all.length).toBeGreaterThan(400);
  });

  it.each(Object.entries(ARGUMENTS))(
    'answers (%s) with no error of the engine',
    { timeout: 300_000 },
    async (_, args) => {
      const bare: string[] = [];
      for (const each of all) {
        // Right calls that take long: whole networks of their usual size, a data set.
        if (/models#[A-Z]/.test(each.name) && [undefined, '{}'].includes(JSON.stringify(args[0]))) continue;
        if (each.name.endsWith('#writePhantom') && args[0] === 'x') continue;
        const answer = await answerOf(each, args);
        if (ENGINE.test(answer) || answer.includes('\n') || answer === 'it goes on for ever')
          bare.push(`${each.name}: ${answer}`);
      }
      expect(bare).toEqual([]);
    },
  );
});

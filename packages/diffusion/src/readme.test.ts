import '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import * as ops from '@medseg/ops';
import * as random from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, it } from 'vitest';
import * as diffusion from './index.ts';
import * as schedule from './schedule.ts';

const modules: Readonly<Record<string, object>> = {
  '@medseg/diffusion': diffusion,
  '@medseg/diffusion/schedule': schedule,
  '@medseg/ops': ops,
  '@medseg/random': random,
  '@tensorflow/tfjs-core': tf,
};

/** A snippet as the body of a function: its imports become look-ups. The snippets are plain JavaScript for this. */
function bodyOf(snippet: string): string {
  return snippet
    .replace(/^import '.*?';.*$/gm, '')
    .replace(/^import \* as (\w+) from '(.*?)';$/gm, "const $1 = modules['$2'];")
    .replace(/^import \{(.*?)\} from '(.*?)';$/gm, "const {$1} = modules['$2'];");
}

describe('README', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const snippets = [...text.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1]!);
  it.each(snippets)('runs\n%s', async (snippet) => {
    const run = new Function('modules', `return (async () => { ${bodyOf(snippet)} })();`) as (
      m: object,
    ) => Promise<void>;
    await run(modules);
  });
});

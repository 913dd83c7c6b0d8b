import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as metrics from './index.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const snippets = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]!);

/** Runs a snippet and returns what it printed. */
function printed(snippet: string): string[] {
  const body = snippet.replace(/import (\{[^}]*\}) from '@medseg\/metrics';/, 'const $1 = metrics;');
  const lines: string[] = [];
  const log = (value: unknown): number => lines.push(String(value));
  new Function('metrics', 'console', body)(metrics, { log });
  return lines;
}

test.each(snippets)('snippet %# prints what its comments say', (snippet) => {
  const said = [...snippet.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]!);
  const lines = printed(snippet);
  expect(lines).toHaveLength(said.length);
  for (const [i, line] of lines.entries()) {
    const expected = Number(said[i]);
    if (Number.isNaN(expected)) expect(line).toBe(said[i]);
    else expect(Number(line)).toBeCloseTo(expected, 3);
  }
});

test('the list of everything is everything', () => {
  const all = readme.slice(readme.indexOf('## All of it'), readme.indexOf('Bad input'));
  for (const name of Object.keys(metrics)) expect(all).toContain(`\`${name}\``);
});

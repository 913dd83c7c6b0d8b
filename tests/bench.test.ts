import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const bench = (...args: string[]): { status: number | null; stderr: string } =>
  spawnSync(process.execPath, ['benchmarks/dist/bench.js', ...args], { cwd: root, encoding: 'utf8' });

it('lists the benchmarks for a name that is none, and without a name', () => {
  const unknown = bench('nonsense');
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toMatch(/there is no benchmark "nonsense"/);
  for (const { status, stderr } of [unknown, bench()]) {
    expect(status).toBe(2);
    const names = /give one of ([\w, -]+), as in/.exec(stderr)![1]!.split(', ');
    expect(names).toContain('metrics');
    expect(names).not.toContain('attack');
    expect(names).not.toContain('parity');
    expect(names).not.toContain('bench');
  }
});

it('hands arguments to the program and its exit code back', () => {
  const { status, stderr } = bench('convergence', '--bogus');
  expect(stderr).toMatch(/Unknown option '--bogus'/);
  expect(status).toBe(1);
});

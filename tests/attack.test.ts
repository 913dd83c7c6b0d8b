import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const attack = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, ['benchmarks/dist/attack.js', ...args], { cwd: root, encoding: 'utf8' });

// A few of the kills and failing calls of `npm run attack`.
it('kills and failing disks cost no training its bits, and leave no partial file', { timeout: 240_000 }, () => {
  const { status, stdout, stderr } = attack('--kills', '4', '--workers', '1');
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toMatch(/at a call +[1-9]/);
  expect(stdout).toMatch(/^ok, in \d+ s$/m);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

it('finds a command that writes in place', { timeout: 240_000 }, () => {
  const module = 'tests/fixtures/write-in-place.mjs';
  const { status, stdout } = attack('--kills', '200', '--only', 'export', '--import', module);
  expect(status, stdout).toBe(1);
  expect(stdout).toMatch(/FAIL export, SIGKILL at call \d+ writeFile \(half\).*\n +exported\.safetensors is not whole/);
  expect(stdout).toMatch(/^\d+ failures, in \d+ s; one alone:$/m);
});

it('refuses options that it does not have', () => {
  const { status, stderr } = attack('--kills', '0');
  expect(stderr).toMatch(/--kills must be 1 or more, got 0/);
  expect(status).toBe(1);
});

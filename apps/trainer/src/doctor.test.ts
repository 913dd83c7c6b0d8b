import { expect, it } from 'vitest';
import { runCli } from './run-cli.fixture.ts';

it('medseg doctor names the backends with a speed, the threads and what is missing', async () => {
  const { code, stdout, stderr } = await runCli('doctor');
  expect(code, stderr).toBe(0);
  expect(stderr).toBe('');
  const speed = (title: string): number => {
    const line = stdout.split('\n').find((l) => l.startsWith(title));
    return Number(/([\d.]+) GFLOP\/s/.exec(line!)?.[1]);
  };
  expect(speed('wasm, SIMD128')).toBeGreaterThan(0.1);
  expect(speed('wasm, fused multiply-add')).toBeGreaterThan(0.1);
  expect(stdout.match(/ in use$/gm)).toHaveLength(1);
  expect(stdout).toMatch(new RegExp(`^Node +${process.version}$`, 'm'));
  expect(stdout).toMatch(/^threads +\d+: /m);
  expect(stdout).toMatch(/^graphics card +(of NVIDIA, with its driver|none for --backend native: \S.*)$/m);
  expect(stdout).toMatch(/^native(: not installed| \(--backend native\): \S+: TensorFlow [\d.]+, [CG]PU)/m);
  expect(stdout).toMatch(/Nothing is missing\.|missing: .+\n +add: .+/);
});

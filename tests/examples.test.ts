import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

describe('examples/custom-model', () => {
  const main = fileURLToPath(new URL('../examples/custom-model/main.js', import.meta.url));

  it('is a network of under 60 lines', () => {
    expect(readFileSync(main, 'utf8').trimEnd().split('\n').length).toBeLessThan(60);
  });

  it('learns, and draws the same mask after it was saved and loaded', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const losses = [...stdout.matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
    expect(losses).toHaveLength(4);
    expect(losses[3]).toBeLessThan(0.5 * losses[0]!);
    expect(stdout).toContain('same mask after loading: true');
    expect(Number(/right pixels: (\d+) of 256/.exec(stdout)![1])).toBeGreaterThan(240);
  });
});

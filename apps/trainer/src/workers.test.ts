import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { MetricsLine } from './commands/train.ts';
import { runCli, smallPhantom, startCli, TINY, temporaryFolder } from './testing/run-cli.ts';

const STEPS = 30;

describe('medseg train --workers', () => {
  const folder = temporaryFolder();
  let data: string;
  const args = (out: string, workers: number): string[] => [
    ...['train', '--data', data, '--layout', 'lgg', '--out', join(folder, out), '--steps', String(STEPS)],
    ...['--set', 'training.checkpointSeconds=0.001', ...TINY, '--set', `training.workers=${workers}`],
  ];
  const losses = (out: string): number[] => {
    const text = readFileSync(join(folder, out, 'metrics.jsonl'), 'utf8');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as MetricsLine).loss);
  };

  beforeAll(async () => {
    data = await smallPhantom(folder);
    for (const workers of [1, 2]) {
      const { code, stderr } = await runCli(...args(`with-${workers}`, workers));
      expect(code, stderr).toBe(0);
    }
  });

  it('gives the losses of one thread', () => {
    const [one, two] = [losses('with-1'), losses('with-2')];
    expect(two).toHaveLength(STEPS);
    expect(two).not.toEqual(one); // the second thread was there
    for (let i = 0; i < 5; i++) expect(Math.abs(two[i]! / one[i]! - 1)).toBeLessThan(1e-5);
  });

  it('ends its threads on SIGINT, and resumes to the last bit', async () => {
    const { child, done } = startCli(args('stopped', 2));
    const lines = (): number => {
      try {
        return losses('stopped').length;
      } catch {
        return 0;
      }
    };
    while (lines() < 8 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGINT');
    expect((await done).code).toBe(130);
    expect(lines()).toBeLessThan(STEPS);
    const resumed = await runCli('train', '--resume', '--out', join(folder, 'stopped'));
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(losses('stopped')).toEqual(losses('with-2'));
  });

  it('keeps the number of workers of a run', async () => {
    const { code, stderr } = await runCli('train', '--resume', '--out', join(folder, 'with-2'), '--workers', '3');
    expect(code).toBe(2);
    expect(stderr).toMatch(/training.workers cannot be changed/);
  });
});

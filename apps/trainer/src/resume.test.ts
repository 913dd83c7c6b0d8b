import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MetricsLine } from '@medseg/pipeline';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli, smallPhantom, startCli, TINY, temporaryFolder } from './run-cli.fixture.ts';

const STEPS = 40;

describe('medseg train', () => {
  const folder = temporaryFolder();
  let data: string;
  let expected: unknown[];

  const args = (out: string): string[] => [
    ...[
      'train',
      '--data',
      data,
      '--layout',
      'lgg',
      '--out',
      join(folder, out),
      '--steps',
      String(STEPS),
      '--seed',
      '4',
    ],
    ...['--set', 'training.checkpointSeconds=0.001', ...TINY],
  ];
  /** All that training decided, without the time that it took. */
  const losses = (out: string): unknown[] =>
    readFileSync(join(folder, out, 'metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => {
        const { seconds, ...rest } = JSON.parse(line) as MetricsLine;
        expect(seconds).toBeGreaterThan(0);
        return rest;
      });

  beforeAll(async () => {
    data = await smallPhantom(folder);
    const { code, stderr } = await runCli(...args('whole'));
    expect(code, stderr).toBe(0);
    expected = losses('whole');
  });

  it('gives the same losses again', async () => {
    expect(expected).toHaveLength(STEPS);
    expect((await runCli(...args('again'))).code).toBe(0);
    expect(losses('again')).toEqual(expected);
  });

  it.each(['SIGINT', 'SIGKILL'] as const)('resumes after %s to the last bit', async (kill) => {
    const { child, done } = startCli(args(kill));
    const lines = (): number => {
      try {
        return readFileSync(join(folder, kill, 'metrics.jsonl'), 'utf8').split('\n').length - 1;
      } catch {
        return 0;
      }
    };
    while (lines() < 10 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill(kill);
    const stopped = await done;
    expect(lines()).toBeLessThan(STEPS);
    if (kill === 'SIGINT') {
      expect(stopped.code).toBe(130);
      expect(stopped.stdout).toMatch(/stopped after step \d+; resume with: medseg train --resume --out /);
    } else {
      expect(stopped.signal).toBe('SIGKILL');
    }
    const resumed = await runCli('train', '--resume', '--out', join(folder, kill));
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(losses(kill)).toEqual(expected);
    const model = (out: string): Buffer => readFileSync(join(folder, out, 'model.safetensors'));
    expect(model(kill).equals(model('whole'))).toBe(true);
  });

  it('refuses to resume with another configuration', async () => {
    const { code, stderr } = await runCli('train', '--resume', '--out', join(folder, 'whole'), '--steps', '50');
    expect(code).toBe(2);
    expect(stderr).toMatch(/training.steps cannot be changed/);
  });
});

import { cpSync, existsSync, readFileSync } from 'node:fs';
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

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)('resumes after %s to the last bit', async (kill) => {
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
    if (kill !== 'SIGKILL') {
      expect(stopped.code).toBe(130);
      expect(stopped.stderr).toContain('stopping: what is under way ends first');
      expect(stopped.stdout).toMatch(/stopped after step \d+; resume with: medseg train --resume --out /);
    } else {
      expect(stopped.signal).toBe('SIGKILL');
    }
    const resumed = await runCli('train', '--resume', '--out', join(folder, kill));
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stderr.includes('has ended; its lock is taken over')).toBe(kill === 'SIGKILL');
    expect(existsSync(join(folder, kill, 'run.lock'))).toBe(false);
    expect(losses(kill)).toEqual(expected);
    const model = (out: string): Buffer => readFileSync(join(folder, out, 'model.safetensors'));
    expect(model(kill).equals(model('whole'))).toBe(true);
  });

  it.each(['stderr', 'stdout'] as const)('goes on to its end when nobody reads its %s', async (name) => {
    const { child, done } = startCli(args(`lost-${name}`));
    child[name]!.destroy();
    const ended = await done;
    expect([ended.code, ended.signal]).toEqual([0, null]);
    expect(losses(`lost-${name}`)).toEqual(expected);
    expect(existsSync(join(folder, `lost-${name}`, 'report.html'))).toBe(true);
  });

  it('does not count the time in which it is suspended, and says so', async () => {
    const out = join(folder, 'suspended');
    const budget = ['--data', data, '--layout', 'lgg', '--out', out, '--minutes', '0.1'];
    const { child, done } = startCli(['train', ...budget, ...TINY]);
    const isBegun = (): boolean => existsSync(join(out, 'metrics.jsonl')) || child.exitCode !== null;
    const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    while (!isBegun()) await wait(20);
    await wait(300);
    child.kill('SIGSTOP');
    await wait(9000);
    child.kill('SIGCONT');
    const { code, stderr } = await done;
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/note: the process stood still for (8|9|1\d)s, which is not counted/);
    const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
    const last = JSON.parse(lines.at(-1)!) as MetricsLine;
    expect([last.phase, last.seconds < 9]).toEqual(['denoiser', true]);
  });

  it('refuses to resume with another configuration', async () => {
    const before = readFileSync(join(folder, 'whole', 'run.json'), 'utf8');
    for (const [change, rule] of [
      [['--set', 'training.batchSize=3'], /training.batchSize cannot be changed, only the budget/],
      [['--seed', '9'], /seed cannot be changed/],
      [
        ['--steps', '39'],
        /--resume: a budget must leave more to do than 40 steps, of which 100 % is used; got 39 steps/,
      ],
      [['--minutes', '1e-9'], /must leave more to do than 40 steps/],
    ] as const) {
      const { code, stderr } = await runCli('train', '--resume', '--out', join(folder, 'whole'), ...change);
      expect(code, stderr).toBe(2);
      expect(stderr).toMatch(rule);
    }
    expect(readFileSync(join(folder, 'whole', 'run.json'), 'utf8')).toBe(before);
  });

  it('extends a run that has ended, records it, and resumes it with its new budget', async () => {
    const out = join(folder, 'again');
    const more = await runCli('train', '--resume', '--out', out, '--steps', '46');
    expect(more.code, more.stderr).toBe(0);
    const all = losses('again');
    expect(all.slice(0, STEPS)).toEqual(expected);
    expect(all).toHaveLength(46);
    expect(JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'))).toMatchObject({
      config: { training: { steps: 46 } },
      extensions: [{ from: { steps: 40 }, to: { steps: 46 }, step: 40 }],
    });
    const nothing = await runCli('train', '--resume', '--out', out);
    expect(nothing.code, nothing.stderr).toBe(0);
    expect(losses('again')).toEqual(all);
    // A process that ended after it had recorded the extension, and before its next checkpoint.
    cpSync(join(folder, 'whole'), join(folder, 'cut'), { recursive: true });
    cpSync(join(out, 'run.json'), join(folder, 'cut', 'run.json'));
    const cut = await runCli('train', '--resume', '--out', join(folder, 'cut'));
    expect(cut.code, cut.stderr).toBe(0);
    expect(losses('cut')).toEqual(all);
  });
});

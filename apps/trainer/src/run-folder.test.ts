import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ownIdentity } from './run/process-identity.ts';
import { runCli, smallPhantom, startCli, TINY, temporaryFolder } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const STEPS = 8;
let data: string;

const training = (out: string, steps = STEPS): string[] => [
  ...['train', '--data', data, '--layout', 'lgg', '--out', out, '--steps', String(steps)],
  ...['--set', 'training.checkpointSeconds=0.001', ...TINY],
];
const model = (out: string): Buffer => readFileSync(join(out, 'model.safetensors'));
const steps = (out: string): number[] =>
  readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { step: number }).step);

beforeAll(async () => {
  data = await smallPhantom(folder);
  const { code, stderr } = await runCli(...training(at('whole')));
  expect(code, stderr).toBe(0);
});

/** A copy of the run that has ended. */
function copyOfRun(name: string): string {
  cpSync(at('whole'), at(name), { recursive: true });
  return at(name);
}

describe('a run folder', () => {
  it('belongs to one process: others neither resume the run nor begin one in it', async () => {
    const { child, done } = startCli(training(at('busy'), 100_000));
    while (!existsSync(at('busy/metrics.jsonl')) && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const resumed = await runCli('train', '--resume', '--out', at('busy'));
    const rule = `process ${child.pid} works on this run; wait for its end, or end it`;
    expect([resumed.code, resumed.stderr]).toEqual([1, expect.stringContaining(rule)]);
    child.kill('SIGTERM');
    expect((await done).code).toBe(130);
    const logged = steps(at('busy'));
    expect(logged).toEqual(logged.map((_, i) => i + 1));
  });

  it('belongs to one process from before its run is there', async () => {
    const [one, two] = [startCli(training(at('race'))), startCli(training(at('race')))];
    const results = await Promise.all([one.done, two.done]);
    const codes = results.map(({ code }) => code);
    expect(codes.sort()).toEqual([0, 1]);
    expect(results.find(({ code }) => code === 1)!.stderr).toMatch(
      /works on this run|is beginning to work on this run|holds a run already/,
    );
    expect(steps(at('race'))).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
  });

  it('takes a new run where a process was killed before its run was there', async () => {
    const left = (name: string): string => {
      mkdirSync(at(name, 'checkpoints'), { recursive: true });
      writeFileSync(at(name, 'run.lock'), JSON.stringify({ ...ownIdentity(), started: '1' }));
      writeFileSync(at(name, 'checkpoints/last.safetensors'), 'half');
      writeFileSync(at(name, '.run.json.17.3.tmp'), '{"form');
      return at(name);
    };
    const resumed = await runCli('train', '--resume', '--out', left('killed'));
    expect([resumed.code, resumed.stderr]).toEqual([
      1,
      expect.stringContaining('killed: was stopped before training had begun; there is nothing to resume'),
    ]);
    const { code, stderr } = await runCli(...training(at('killed')));
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/note: process \d+ worked on \S+killed and has ended; its lock is taken over/);
    expect(stderr).toContain('killed held what a process had left that ended before its run was begun; it is removed');
    expect(model(at('killed')).equals(model(at('whole')))).toBe(true);
    expect(readdirSync(at('killed')).sort()).toEqual(readdirSync(at('whole')).sort());

    writeFileSync(join(left('mine'), 'thesis.doc'), 'text');
    const mine = await runCli(...training(at('mine')));
    expect([mine.code, mine.stderr]).toEqual([1, expect.stringContaining('must be a new or an empty folder')]);
    rmSync(join(left('unlocked'), 'run.lock'));
    expect(await runCli(...training(at('unlocked')))).toMatchObject({ code: 1 });
    expect(readdirSync(at('unlocked/checkpoints'))).toEqual(['last.safetensors']);
  });

  it.each<[string, (checkpoint: string) => void, RegExp]>([
    [
      'has one bit changed',
      (checkpoint) => {
        const bytes = readFileSync(checkpoint);
        bytes[bytes.length - 9]! ^= 4;
        writeFileSync(checkpoint, bytes);
      },
      /last\.safetensors: not as it was written: its checksum does not fit its content/,
    ],
    ['is half', (checkpoint) => writeFileSync(checkpoint, readFileSync(checkpoint).subarray(0, 5000)), /not a valid/],
    ['is gone', (checkpoint) => rmSync(checkpoint), /last\.safetensors: not found/],
  ])('resumes from the checkpoint before the last where that %s, to the same bits', async (what, spoil, rule) => {
    const out = copyOfRun(what.replaceAll(' ', '-'));
    const last = join(out, 'checkpoints/last.safetensors');
    spoil(last);
    writeFileSync(join(out, '.metrics.jsonl.4.1.tmp'), 'half');
    writeFileSync(join(out, 'checkpoints/.last.safetensors.4.2.tmp'), 'half');
    const { code, stderr } = await runCli('train', '--resume', '--out', out);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(rule);
    expect(stderr).toContain('training goes on from the checkpoint before it');
    expect(stderr).toMatch(new RegExp(`resuming after step ${STEPS - 1}\\b|resuming after step ${STEPS}\\b`));
    expect(model(out).equals(model(at('whole')))).toBe(true);
    expect(steps(out)).toEqual(steps(at('whole')));
    const again = await runCli('train', '--resume', '--out', out);
    expect([again.code, again.stderr]).toEqual([0, expect.not.stringContaining('the checkpoint before it')]);
    expect(readdirSync(out).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(readdirSync(join(out, 'checkpoints')).sort()).toEqual(['last.safetensors', 'previous.safetensors']);
  });

  it('names no folder of the machine, and moves with its data', async () => {
    mkdirSync(at('here'));
    cpSync(data, at('here/phantom'), { recursive: true });
    const args = ['--data', at('here/phantom'), '--layout', 'lgg', '--steps', '2', ...TINY];
    expect(await runCli('train', ...args, '--out', at('here/run'))).toMatchObject({ code: 0 });
    const info = readFileSync(at('here/run/run.json'), 'utf8');
    expect((JSON.parse(info) as { config: { data: { dir: string } } }).config.data.dir).toBe('../phantom');
    for (const file of ['run.json', 'report.html', 'metrics.jsonl', 'cases.jsonl', 'model.safetensors'])
      expect(readFileSync(at('here/run', file), 'utf8').includes(folder), file).toBe(false);
    renameSync(at('here'), at('there'));
    for (const command of [
      ['evaluate', '--run', at('there/run'), '--fast'],
      ['train', '--resume', '--out', at('there/run'), '--steps', '3'],
    ]) {
      const { code, stderr } = await runCli(...command);
      expect(code, stderr).toBe(0);
    }
    expect(readFileSync(at('there/run/run.json'), 'utf8')).toContain('"dir": "../phantom"');
  });
});

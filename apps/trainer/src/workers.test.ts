import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readScan } from '@medseg/datasets/node';
import { createVolume } from '@medseg/image-io';
import { writeVolume } from '@medseg/image-io/node';
import type { MetricsLine } from '@medseg/pipeline';
import { createRandom } from '@medseg/random';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli, smallPhantom, startCli, TINY, temporaryFolder } from './run-cli.fixture.ts';

const STEPS = 20;

/** Makes a message of every thread of some programs go wrong, each as `program:number`. */
const faulty = (fault: string, ...programs: string[]): Record<string, string> => ({
  NODE_OPTIONS: `--import ${new URL('./faulty-thread.fixture.mjs', import.meta.url)}`,
  FAULT: fault,
  FAULT_IN: programs.join(','),
});

/** What can befall a thread, and how the command says it. */
const FAULTS = [
  ['exit', 'exit code 7'],
  ['throw', 'out of luck'],
  ['hang', 'it gave no sign of life within 5 s'],
  ['refuse', 'it could not be started: no thread is left'],
] as const;
/** Seconds within which a command ends whose threads do not; it takes a few of them undisturbed. */
const BOUND = 90;

describe('medseg train --workers', () => {
  const folder = temporaryFolder();
  let data: string;
  /** What training with two threads has printed. */
  let printed: string;
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
      const { code, stdout, stderr } = await runCli(...args(`with-${workers}`, workers));
      expect(code, stderr).toBe(0);
      printed = stdout;
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

  // A thread's first message says that it is ready, each further one is a sample, a step or a case.
  it.each(FAULTS)(
    'tells of threads that %s, of those that read, train and score, and ends with the same numbers',
    async (fault, reason) => {
      const before = performance.now();
      const env = faulty(fault, 'datasets/dist/worker.js:12', 'replica-worker.js:12', 'run-worker.js:2');
      const { code, stdout, stderr } = await startCli(args(fault, 2), { env }).done;
      expect(performance.now() - before).toBeLessThan(1000 * BOUND);
      expect(code, stderr).toBe(0);
      expect(stderr).toContain(`loader thread 1 of 1 died (${reason}); the main thread reads in its place`);
      // One that trains and hangs is late first: its share is computed here, and training may end before it is given up.
      if (fault !== 'hang')
        expect(stderr).toContain(`worker 1 of 1 died (${reason}); training goes on without it, to the same numbers`);
      expect(stderr).toContain(`worker 1 of 1 died (${reason}); its work is done by the others`);
      expect(losses(fault)).toEqual(losses('with-2'));
      const bytes = (out: string): Buffer => readFileSync(join(folder, out, 'model.safetensors'));
      expect(bytes(fault).equals(bytes('with-2'))).toBe(true);
      expect(stdout.replaceAll(join(folder, fault), 'OUT')).toBe(printed.replaceAll(join(folder, 'with-2'), 'OUT'));
    },
    1000 * (BOUND + 30),
  );

  it('keeps the number of workers of a run', async () => {
    const { code, stderr } = await runCli('train', '--resume', '--out', join(folder, 'with-2'), '--workers', '3');
    expect(code).toBe(2);
    expect(stderr).toMatch(/training.workers cannot be changed/);
  });
});

describe('medseg evaluate and segment --workers', () => {
  const folder = temporaryFolder();
  const run = join(folder, 'run');
  let data: string;
  let image: string;
  let volume: string;
  let scoresOfOne: string;
  let mapsOfOne: number[][];

  beforeAll(async () => {
    data = await smallPhantom(folder);
    const trained = await runCli('train', '--data', data, '--layout', 'lgg', '--out', run, '--steps', '4', ...TINY);
    expect(trained.code, trained.stderr).toBe(0);
    [image] = readdirSync(data, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\d\.tif$/.test(file))
      .map((file) => join(data, file)) as [string];
    volume = join(folder, 'volume.nii.gz');
    const values = createRandom(3).fillNormal(new Float32Array(12 * 14 * 10 * 3));
    await writeVolume(volume, createVolume({ size: [12, 14, 10], channels: 3, data: values }));
    scoresOfOne = (await scores('one', 1)).text;
    mapsOfOne = (await maps('maps-1', 1, [image, volume])).values;
  });

  const scores = async (out: string, workers: number, env = {}): Promise<Outcome> => {
    const csv = join(folder, `${out}.csv`);
    const args = ['evaluate', '--run', run, '--split', 'all', '--workers', String(workers), '--csv', csv];
    const { code, stderr } = await startCli(args, { env }).done;
    expect(code, stderr).toBe(0);
    return { text: readFileSync(csv, 'utf8'), stderr };
  };
  /** The values of what is written of each file: mask, probability, uncertainty. */
  const maps = async (
    out: string,
    workers: number,
    files: string[],
    env = {},
  ): Promise<{ values: number[][]; stderr: string }> => {
    const to = join(folder, out);
    const args = ['segment', '--run', run, '--image', ...files, '--out', to, '--workers', String(workers)];
    const { code, stderr } = await startCli(args, { env }).done;
    expect(code, stderr).toBe(0);
    const all = readdirSync(to).sort();
    const written = all.filter((name) => /\.(png|nii\.gz)$/.test(name));
    expect(all).toContain('volumes.csv');
    expect(written).toHaveLength(3 * files.length);
    const read = async (file: string): Promise<number[]> => {
      const { data: values } = await readScan([join(to, file)]);
      return Array.from(values, (v) => (file.endsWith('.png') && !file.includes('mask') ? v / 65535 : v));
    };
    return { values: await Promise.all(written.map(read)), stderr };
  };

  it('evaluates to the scores of one thread, in the same order', async () => {
    expect((await scores('two', 2)).text).toBe(scoresOfOne);
    // More threads than images: members are spread.
    expect((await scores('many', 7)).text).toBe(scoresOfOne);
  });

  it('segments an image by its members, and with it a volume by its slices, as one thread does', async () => {
    expect((await maps('maps-3', 3, [image, volume])).values).toEqual(mapsOfOne);
    // The image's maps come first in the order of names.
    expect((await maps('image-3', 3, [image])).values).toEqual(mapsOfOne.slice(0, 3));
  });

  // The first message of a thread says that it is ready, the second comes from a job.
  it.each(FAULTS)(
    'segments on to the same maps where threads %s',
    async (fault, reason) => {
      const before = performance.now();
      const torn = await maps(fault, 2, [image, volume], faulty(fault, 'run-worker.js:2'));
      expect(performance.now() - before).toBeLessThan(1000 * BOUND);
      expect(torn.stderr).toContain(`worker 1 of 1 died (${reason}); its work is done by the others`);
      expect(torn.values).toEqual(mapsOfOne);
    },
    1000 * (BOUND + 30),
  );

  it('segments and evaluates on where a thread never comes up', async () => {
    const died = `worker 1 of 1 died (exit code 7); its work is done by the others`;
    const unstarted = await maps('unstarted', 2, [image], faulty('exit', 'run-worker.js:1'));
    expect(unstarted.stderr).toContain(died);
    expect(unstarted.values).toEqual(mapsOfOne.slice(0, 3));
    const broken = await scores('broken', 2, faulty('exit', 'run-worker.js:1'));
    expect(broken.stderr).toContain(died);
    expect(broken.text).toBe(scoresOfOne);
  });
});

interface Outcome {
  readonly text: string;
  readonly stderr: string;
}

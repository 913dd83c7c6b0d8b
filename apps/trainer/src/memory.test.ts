import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { type CliResult, runCli, smallPhantom, startCli, TINY, temporaryFolder } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const run = join(folder, 'run');
let data: string;
let image: string;

const lastLine = ({ stderr }: CliResult): string => stderr.trimEnd().split('\n').at(-1)!;
const training = (out: string, ...settings: string[]): string[] => [
  ...['train', '--data', data, '--layout', 'lgg', '--steps', '2', '--out', out, ...TINY],
  ...settings.flatMap((setting) => ['--set', setting]),
];

beforeAll(async () => {
  data = await smallPhantom(folder);
  image = join(data, 'kaggle_3m', 'PHANTOM_001', 'PHANTOM_001_1.tif');
  const trained = await runCli(...training(run, 'data.imageSize=[64,64]'));
  expect(trained.code, trained.stderr).toBe(0);
});

it('refuses a training that cannot fit before it has begun, with the number and what to lower', async () => {
  const out = join(folder, 'refused');
  const large = await runCli(...training(out, 'data.imageSize=[8192,8192]'));
  expect(large.code, large.stderr).toBe(1);
  expect(lastLine(large)).toMatch(
    /^medseg: training\.batchSize=2 at data\.imageSize=\[8192,8192\] needs about \d+(\.\d)? GiB, and the WebAssembly heap of a thread holds at most 4 GiB; a new run needs less with smaller images, --set data\.imageSize=\[(512|1024|2048),\2\]$/,
  );
  const batch = await runCli(...training(out, 'data.imageSize=[256,256]', 'training.batchSize=4096'));
  expect(batch.code, batch.stderr).toBe(1);
  const [, fitting, side] = /training\.batchSize=(\d+) \(it is 4096\), or .*data\.imageSize=\[(\d+),\2\]$/.exec(
    lastLine(batch),
  )!;
  expect(Number(fitting)).toBeGreaterThan(8);
  expect(Number(fitting)).toBeLessThan(2048);
  expect(Number(side)).toBeLessThan(128);
  for (const setting of ['training.batchSize=1000000000', 'network.encoderBlocks=1000000000']) {
    const result = await runCli(...training(out, setting));
    expect(result.code, result.stderr).toBe(1);
    expect(lastLine(result)).toContain(
      'the WebAssembly heap of a thread holds at most 4 GiB; a new run needs less with',
    );
  }
  expect(existsSync(join(out, 'run.json'))).toBe(false);
  expect(await runCli(...training(out))).toMatchObject({ code: 0 }); // the folder is free
});

it('refuses to draw what cannot fit', async () => {
  const large = join(folder, 'large');
  cpSync(run, large, { recursive: true });
  const file = join(large, 'run.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/("imageSize":\s*\[\s*)64(\s*,\s*)64/g, '$116384$216384'));
  const result = await runCli('segment', image, '--run', large, '--out', join(folder, 'masks'), '--workers', '1');
  expect(result.code, result.stderr).toBe(1);
  expect(lastLine(result)).toMatch(
    /^medseg: --members 5 at 16384x16384 needs about \d+(\.\d)? GiB, and the WebAssembly heap of a thread holds at most 4 GiB; no --workers and no --members are few enough: it takes a run of a smaller data\.imageSize than \[16384,16384\]$/,
  );
});

it('bounds members and threads', async () => {
  const segment = ['segment', image, '--run', run, '--out', join(folder, 'masks')];
  for (const [args, limit] of [
    [[...segment, '--members', '1000000000'], 1000],
    [[...segment, '--workers', '1000000000'], 256],
    [['evaluate', '--run', run, '--members', '1001'], 1000],
    [[...training(join(folder, 'bounded')), '--workers', '1e9'], 256],
    [training(join(folder, 'bounded'), 'sampling.members=1e9'), 1000],
    [training(join(folder, 'bounded'), 'evaluation.members=1e9'), 1000],
    [training(join(folder, 'bounded'), 'data.loaderThreads=1e9'), 256],
  ] as [string[], number][]) {
    const result = await runCli(...args);
    expect(result.code, result.stderr).toBe(2);
    expect(result.stderr).toMatch(new RegExp(`at most ${limit}|<=\\s?${limit}`));
  }
});

it('ends with one line that says what needs less where the heap is full', async () => {
  const full = { env: { NODE_OPTIONS: `--import ${new URL('./small-heap.fixture.mjs', import.meta.url)}` } };
  const said = 'no memory left: the WebAssembly heap \\(0\\.0 GiB of at most 4\\) has no room for \\d+ bytes more';
  const out = join(folder, 'full');
  const trained = await startCli(training(out, 'data.imageSize=[64,64]', 'training.batchSize=16'), full).done;
  expect(trained.code, trained.stderr).toBe(1);
  expect(lastLine(trained)).toMatch(
    new RegExp(
      `^medseg: ${said}; a new run needs less with a smaller batch, --set training\\.batchSize=8 \\(it is 16\\), or smaller images, --set data\\.imageSize=\\[32,32\\]$`,
    ),
  );
  expect(trained.stderr).not.toMatch(/internal error|^\s+at /m);
  const args = ['segment', image, '--run', run, '--out', join(folder, 'masks'), '--workers', '1', '--members', '40'];
  const segmented = await startCli(args, full).done;
  expect(segmented.code, segmented.stderr).toBe(1);
  expect(lastLine(segmented)).toMatch(
    new RegExp(`^medseg: ${said}; less is needed with fewer --workers or fewer --members$`),
  );
  expect(segmented.stderr).not.toMatch(/internal error|^\s+at /m);
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MetricsLine } from '@medseg/pipeline';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli, smallPhantom, temporaryFolder } from './run-cli.fixture.ts';

/** Each network but ours, which other tests train, as small as it can be. */
const NETWORKS: readonly [name: string, settings: Readonly<Record<string, unknown>>][] = [
  ['unet', { channels: [4, 8], blocks: 1, heads: 2, groups: 2 }],
  ['deepmancer', { channels: 8, linearAttention: [true, false], heads: 1, headChannels: 8, timeChannels: 16 }],
  [
    'lucidrains',
    { channels: 8, multipliers: [1, 2], linearAttention: [true, false], heads: 1, headChannels: 8, groups: 4 },
  ],
  ['official-v1', official()],
  ['official-new', official()],
  [
    'v2',
    {
      ...{ conditionChannels: [4, 8], diffusionChannels: [4, 8], blocks: 1, formers: 1 },
      ...{ timeChannels: 8, heads: 2, groups: 2 },
    },
  ],
];
/** Batch normalisation and dropout see each share by itself: the number of threads decides their numbers. */
const OF_SHARES = ['official-v1', 'official-new'];

function official(): Readonly<Record<string, unknown>> {
  return {
    ...{ channels: 8, multipliers: [1, 1, 1, 1], blocks: 1, groups: 4, attentionReductions: [8] },
    highway: { channels: 2, poolings: 3, maxChannels: 16 },
  };
}

describe.each(NETWORKS)('medseg train --network %s', (name, settings) => {
  const folder = temporaryFolder();
  let data: string;
  const at = (file: string): string => join(folder, file);
  const train = (out: string, ...rest: string[]) =>
    runCli(
      ...['train', '--out', at(out), ...rest],
      ...Object.entries(settings).flatMap(([key, value]) => ['--set', `network.${key}=${JSON.stringify(value)}`]),
      ...['data.imageSize=[16,16]', 'data.duplicates=false', 'training.batchSize=4', 'training.rate=constant'].flatMap(
        set,
      ),
      ...['training.validations=1', 'training.validationCases=1', 'training.validationSteps=1'].flatMap(set),
      ...(name === 'unet' ? [] : ['sampling.steps=1', 'sampling.members=2'].flatMap(set)),
    );
  const lossesOf = (out: string): number[] =>
    readFileSync(at(`${out}/metrics.jsonl`), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as MetricsLine).loss);

  beforeAll(async () => {
    data = await smallPhantom(folder);
    const begun = ['--data', data, '--layout', 'lgg', '--network', name];
    const whole = await train('whole', ...begun, '--steps', '3', '--workers', '1');
    expect(whole.code, whole.stderr).toBe(0);
    const workers = OF_SHARES.includes(name) ? '1' : '2';
    const first = await train('parts', ...begun, '--steps', '2', '--workers', workers);
    expect(first.code, first.stderr).toBe(0);
    const second = await train('parts', '--resume', '--steps', '3');
    expect(second.code, second.stderr).toBe(0);
    expect(second.stderr).toContain('resuming after step 2');
  });

  it('is resumed, and two threads give the losses of one', () => {
    const [whole, parts] = [lossesOf('whole'), lossesOf('parts')];
    expect(whole).toHaveLength(3);
    if (OF_SHARES.includes(name)) expect(parts).toEqual(whole);
    for (const [i, loss] of whole.entries()) expect(Math.abs(parts[i]! / loss - 1)).toBeLessThan(1e-5);
  });

  it('is in the report, exported, and segments with what was exported as with the run', async () => {
    expect(readFileSync(at('whole/report.html'), 'utf8')).toContain(name);
    const exported = at('model.safetensors');
    expect((await runCli('export', '--run', at('whole'), '--to', exported)).code).toBe(0);
    const image = join(data, 'kaggle_3m', 'PHANTOM_001', 'PHANTOM_001_1.tif');
    const masks: Buffer[][] = [];
    for (const [i, run] of [at('whole'), exported].entries()) {
      const out = at(`masks-${i}`);
      const { code, stderr } = await runCli('segment', image, '--run', run, '--out', out, '--force', '--workers', '1');
      expect(code, stderr).toBe(0);
      masks.push(readdirSync(out).map((file) => readFileSync(join(out, file))));
    }
    expect(masks[0]!.length).toBeGreaterThan(2);
    expect(masks[0]).toEqual(masks[1]);
  });
});

it('gives the weights of a reference’s network back to it', async () => {
  const folder = temporaryFolder();
  const data = await smallPhantom(folder);
  const [run, file, imported, again] = ['run', 'a.safetensors', 'imported', 'b.safetensors'].map((name) =>
    join(folder, name),
  );
  const small = { channels: 8, multipliers: [1, 2], linearAttention: [true, false] };
  const network = Object.entries(small).flatMap(([key, value]) => set(`network.${key}=${JSON.stringify(value)}`));
  const quick = ['data.imageSize=[16,16]', 'data.test=0', 'data.validation=0', 'training.batchSize=2'].flatMap(set);
  const train = async (out: string, ...args: string[]) => {
    const { code, stderr } = await runCli('train', '--data', data, '--out', out, '--steps', '1', ...quick, ...args);
    expect(code, stderr).toBe(0);
    return stderr;
  };
  await train(run!, '--network', 'lucidrains', ...network);
  expect((await runCli('export', '--run', run!, '--to', file!, '--as', 'lucidrains')).code).toBe(0);
  expect((await runCli('import', '--from', file!, '--as', 'lucidrains', '--out', imported!)).code).toBe(0);
  expect((await runCli('export', '--run', imported!, '--to', again!)).code).toBe(0);
  expect(readFileSync(again!)).toEqual(readFileSync(file!));

  // A new run goes on from the imported one, with what it needs of it; another number of classes has fresh weights.
  const finetuned = await train(join(folder, 'tuned'), '--init', imported!);
  expect(finetuned).toMatch(/took (\d+) of \1 weights from .*imported/);
  const info = JSON.parse(readFileSync(join(folder, 'tuned', 'run.json'), 'utf8')) as { config: { network: object } };
  expect(info.config.network).toMatchObject({ name: 'lucidrains', ...small });
  expect(info).toMatchObject({ initial: { from: 'imported' }, preparation: { normalization: { mode: 'photo' } } });
  const other = await runCli('train', '--data', data, '--out', join(folder, 'x'), '--network', 'unet', '--init', run!);
  expect(other.stderr).toContain(
    `--init: ${run} has the network lucidrains, got unet; leave out --network or --preset`,
  );
  expect(other.code).toBe(2);
});

function set(setting: string): string[] {
  return ['--set', setting];
}

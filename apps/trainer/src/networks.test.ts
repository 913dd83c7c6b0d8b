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
    expect((await runCli('export', '--run', at('whole'), '--out', exported)).code).toBe(0);
    const image = join(data, readdirSync(data)[0]!);
    const masks = [at('whole'), exported].map(async (run, i) => {
      const out = at(`masks-${i}`);
      const { code, stderr } = await runCli('segment', image, '--run', run, '--out', out, '--force', '--workers', '1');
      expect(code, stderr).toBe(0);
      return readdirSync(out).map((file) => readFileSync(join(out, file)));
    });
    expect(await masks[0]).toEqual(await masks[1]);
  });
});

function set(setting: string): string[] {
  return ['--set', setting];
}

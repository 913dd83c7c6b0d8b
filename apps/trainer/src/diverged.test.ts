import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli, smallPhantom, TINY, temporaryFolder } from './run-cli.fixture.ts';

it('a training that has diverged is said at its end, in the report, and when it is evaluated', async () => {
  const folder = temporaryFolder();
  const data = await smallPhantom(folder);
  const train = (out: string, rate: number): ReturnType<typeof runCli> => {
    const settings = ['data.test=0.2', `training.learningRate=${rate}`].flatMap((setting) => ['--set', setting]);
    return runCli('train', '--data', data, '--layout', 'lgg', '--steps', '60', '--out', out, ...TINY, ...settings);
  };
  const run = join(folder, 'run');
  const { code, stderr } = await train(run, 10);
  expect(code, stderr).toBe(0);
  const warnings = [...stderr.matchAll(/^warning: (.*)$/gm)].map(([, text]) => text!);
  expect(warnings.join('\n')).toMatch(/training has diverged; training\.learningRate was 10, try a tenth of it/);
  const report = readFileSync(join(run, 'report.html'), 'utf8');
  for (const warning of warnings) expect(report).toContain(`${warning[0]!.toUpperCase()}${warning.slice(1)}.`);
  const masks = warnings.filter((warning) => /mask/.test(warning));
  const evaluated = await runCli('evaluate', '--run', run, '--split', 'test');
  for (const warning of masks) expect(evaluated.stderr).toContain(`warning: ${warning}`);
  const healthy = await train(join(folder, 'healthy'), 0.002);
  expect(healthy.code, healthy.stderr).toBe(0);
  expect(healthy.stderr).not.toContain('diverged');
  expect(masks).toHaveLength(1);
  const compared = await runCli('compare', run, join(folder, 'healthy'), '--split', 'test');
  expect([...compared.stderr.matchAll(/^warning: (.*)$/gm)].map(([, text]) => text)).toEqual([`${run}: ${masks[0]}`]);
  const image = join(data, 'kaggle_3m', 'PHANTOM_001', 'PHANTOM_001_1.tif');
  const segmented = await runCli('segment', image, '--run', run, '--out', join(folder, 'masks'));
  expect(segmented.stderr).toMatch(
    /^warning: the mask is (empty: no foreground was found;|foreground from border to border)/m,
  );
}, 120_000);

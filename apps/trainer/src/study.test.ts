import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli, smallPhantom, TINY, temporaryFolder } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const common = ['--steps', '2', '--set', 'data.duplicates=false', '--set', 'sampling.members=1', ...TINY];
let data: string;
const study = (out: string, ...args: string[]): ReturnType<typeof runCli> =>
  runCli('study', '--out', join(folder, out), ...args);
const text = (...path: string[]): string => readFileSync(join(folder, ...path), 'utf8');
const json = (...path: string[]): never => JSON.parse(text(...path)) as never;

beforeAll(async () => {
  data = await smallPhantom(folder);
});

describe('medseg study', () => {
  const cells = ['zeros_seed-0', 'replicate_seed-0', 'zeros_seed-1', 'replicate_seed-1'].map(
    (name, k) => `${(k % 2) + 1}-network.headPadding=${name}`,
  );
  const vary = ['--vary', 'network.headPadding=zeros,replicate'];

  it('trains every setting with every seed on one split, and compares them', async () => {
    const more = ['--set', 'data.test=0.35', '--seeds', '0,1', '--json', join(folder, 'all.json'), '--tensorboard'];
    const { code, stdout, stderr } = await study('one', '--data', data, ...vary, ...more, ...common);
    expect(code, stderr).toBe(0);
    expect(readdirSync(join(folder, 'one')).sort()).toEqual([...cells, 'study.csv', 'study.html', 'study.json'].sort());
    type Info = { patients: object; config: { seed: number; network: { headPadding: string } } };
    const infos = cells.map((cell): Info => json('one', cell, 'run.json'));
    expect(infos.map(({ config }) => [config.network.headPadding, config.seed])).toEqual([
      ['zeros', 0],
      ['replicate', 0],
      ['zeros', 1],
      ['replicate', 1],
    ]);
    for (const info of infos) expect(info.patients).toEqual(infos[0]!.patients);
    for (const cell of cells) expect(readdirSync(join(folder, 'one', cell, 'tensorboard'))).toHaveLength(1);

    // The means of the table are those of the trainings, and the difference is that of the pairs.
    const dices = cells.map((cell) => {
      const { mean }: { mean: { dice: number } } = json('one', cell, 'evaluation.json');
      return mean.dice;
    });
    const rows = text('one', 'study.csv').trimEnd().split('\r\n');
    const column = rows[0]!.split(',').indexOf('dice');
    expect(rows.slice(1).map((row) => Number(row.split(',')[column]))).toEqual(dices);
    const [a, b, c, d] = dices as [number, number, number, number];
    type Summary = {
      mean: { dice: { estimate: number; deviation: number } };
      lessFirst?: { dice: { difference: { estimate: number } } };
    };
    const { settings }: { settings: [Summary, Summary] } = json('all.json');
    expect(settings[0].mean.dice.estimate).toBeCloseTo((a + c) / 2);
    expect(settings[1].mean.dice.deviation).toBeCloseTo(Math.abs(b - d) / Math.SQRT2);
    expect(settings[1].lessFirst!.dice.difference.estimate).toBeCloseTo((b - a + d - c) / 2);
    expect(stdout).toContain('4 trainings: 2 settings x 2 seeds\n2 images of 2 patients, split test;');
    expect(stdout).toContain(`\n  1  ${((a + c) / 2).toFixed(3)} ± `);
    expect(text('one', 'study.html')).toContain('<svg');
  });

  it('goes on with what is missing, and leaves what is done', async () => {
    const before = text('one', 'study.csv');
    const done = text('one', cells[0]!, 'evaluation.json');
    writeFileSync(join(folder, 'one', cells[0]!, 'report.html'), 'left as it is');
    rmSync(join(folder, 'one', cells[1]!, 'evaluation.json')); // trained, and stopped before it was scored
    rmSync(join(folder, 'one', cells[3]!), { recursive: true });
    const { code, stdout, stderr } = await study('one', '--resume');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('2 of 4 trainings are done');
    expect([...stdout.matchAll(/^training (\d) of 4: (.*)$/gm)].map(([, k, label]) => [k, label])).toEqual([
      ['2', 'network.headPadding=replicate, seed 0'],
      ['4', 'network.headPadding=replicate, seed 1'],
    ]);
    expect(text('one', cells[0]!, 'report.html')).toBe('left as it is');
    expect(text('one', cells[0]!, 'evaluation.json')).toBe(done);
    expect(existsSync(join(folder, 'one', cells[3]!, 'tensorboard'))).toBe(true);
    const withoutSeconds = (csv: string): string => csv.replaceAll(/,[\d.]+\r\n/g, '\r\n');
    expect(withoutSeconds(text('one', 'study.csv'))).toBe(withoutSeconds(before));
  });

  it('refuses another plan by name', async () => {
    expect((await study('one', '--data', data, ...vary)).stderr).toContain('holds a study already; resume it with');
    const again = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await study('one', '--resume', ...args);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await again('--seeds', '0,2')).toContain('--seeds: the plan of');
    expect(await again('--folds', '2')).toContain('it has no folds, got 2');
    expect(await again('--steps', '3')).toContain('training.steps is another');
    expect(await again('--set', 'network.heads=4')).toContain('network.heads is another');
    expect(await again('--vary', 'network.headPadding=zeros')).toContain(
      'its settings are network.headPadding=zeros; network.headPadding=replicate, got network.headPadding=zeros',
    );
  });

  it('tests on every fold, and goes on where a training has no finite loss', async () => {
    const settings = join(folder, 'settings.yaml');
    writeFileSync(settings, '- name: usual\n- name: too fast\n  training: { learningRate: 1e+30 }\n');
    const args = ['--data', data, '--settings', settings, '--folds', '2', '--set', 'data.validation=0.3'];
    const { code, stdout, stderr } = await study('folds', ...args, ...common);
    expect(code).toBe(1);
    expect(stderr).toMatch(/warning: too fast, seed 0, fold 1 of 2: not scored: .*loss/);
    expect(stdout).toContain('4 trainings: 2 settings x 1 seed x 2 folds\n6 images of 6 patients, split test;');
    expect(stdout).toMatch(/\n {2}2 {2}–/);
    expect(existsSync(join(folder, 'folds', '2-too-fast_seed-0_fold-0', 'failure.json'))).toBe(true);
  });

  it('refuses before it begins what cannot be trained or compared', async () => {
    const refused = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await study('never', '--data', data, ...args);
      expect(code).toBe(2);
      expect(existsSync(join(folder, 'never'))).toBe(false);
      return stderr;
    };
    expect(await refused()).toContain('study: has one training only');
    expect(await refused('--vary', 'network.headPadding=zeros,mirror')).toContain(
      'network.headPadding=mirror: configuration: network.headPadding: ',
    );
    expect(await refused('--vary', 'data.test=0.1,0.2')).toContain(
      'data.test: settings are compared on the same images',
    );
    expect(await refused('--members', '1', '--seeds', '0,1')).toContain('--members is for --sampling only');
    expect(await refused('--seeds', '0,0')).toContain('Each number must be given once.');
  });
});

describe('medseg study --sampling', () => {
  const args = ['--sampling', '--sampling-steps', '1,2', '--members', '1,2', '--workers', '1'];

  it('scores a run with each number of steps and members, and goes on where it was stopped', async () => {
    const run = join(folder, 'one', '1-network.headPadding=zeros_seed-0');
    const { code, stdout, stderr } = await study('sampling', ...args, '--run', run);
    expect(code, stderr).toBe(0);
    const files = [1, 2].flatMap((steps) => [1, 2].map((members) => `steps-${steps}_members-${members}.json`));
    expect(readdirSync(join(folder, 'sampling')).sort()).toEqual(
      [...files, 'study.csv', 'study.html', 'study.json'].sort(),
    );
    const rows = text('sampling', 'study.csv').trimEnd().split('\r\n');
    expect(rows.map((row) => row.split(',').slice(0, 4).join())).toEqual([
      'steps,members,images,patients',
      '1,1,2,2',
      '1,2,2,2',
      '2,1,2,2',
      '2,2,2,2',
    ]);
    // As evaluate scores it.
    const single = join(folder, 'single.json');
    await runCli('evaluate', '--run', run, '--sampling-steps', '2', '--members', '2', '--json', single);
    type Means = { mean: { dice: number; ece: number } };
    const { mean }: Means = json('sampling', 'steps-2_members-2.json');
    const expected: Means = json('single.json');
    expect(mean.dice).toBeCloseTo(expected.mean.dice, 6);
    expect(mean.ece).toBeCloseTo(expected.mean.ece, 6);
    expect(stdout).toMatch(/\n {2}2 x 2 {2}0\.\d{3} /);
    expect(stdout).toContain('2 x 2 - 1 x 1');
    expect(text('sampling', 'study.html').match(/<svg/g)).toHaveLength(3);

    const before = text('sampling', files[0]!);
    rmSync(join(folder, 'sampling', files[3]!));
    expect((await study('sampling', ...args, '--run', run, '--resume')).code).toBe(0);
    expect(text('sampling', files[0]!)).toBe(before);
    expect(existsSync(join(folder, 'sampling', files[3]!))).toBe(true);
    const other = await study('sampling', ...args, '--run', run, '--resume', '--seed', '9');
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('seed is another');
  });

  it('refuses what only trainings have', async () => {
    const { code, stderr } = await study('never', ...args, '--run', 'any', '--folds', '2');
    expect(code).toBe(2);
    expect(stderr).toContain('study: --folds is of trainings, not for --sampling');
    expect((await study('never', ...args)).stderr).toContain('--sampling needs --run FOLDER');
  });
});

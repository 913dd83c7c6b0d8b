import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli, smallPhantom, TINY, temporaryFolder, trainTiny } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const patient = (n: number): string => join(folder, 'phantom', 'kaggle_3m', `PHANTOM_00${n}`);

describe('a split file of the data', () => {
  const train = (out: string, ...more: string[]): ReturnType<typeof runCli> =>
    runCli('train', '--data', join(folder, 'phantom'), '--layout', 'lgg', '--out', join(folder, out), ...more, ...TINY);
  const say = (split: unknown): void => writeFileSync(join(folder, 'phantom', 'split.json'), JSON.stringify(split));

  beforeAll(async () => {
    await smallPhantom(folder);
  });

  it('is refused when a name is no patient’s, before anything is written', async () => {
    say({ validation_patients: ['PHANTOM_001', 'phantom_002'], test_patients: ['PHANTOM_9'] });
    const { code, stderr } = await train('refused', '--steps', '2');
    expect(code).toBe(1);
    expect(stderr).toContain(
      'split.json: named patients must be in the data, got phantom_002 (perhaps PHANTOM_002), PHANTOM_9;',
    );
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });

  it('may name a patient whose files are left out', async () => {
    cpSync(patient(1), join(folder, 'kept'), { recursive: true });
    writeFileSync(join(patient(1), 'PHANTOM_001_1.tif'), 'no image');
    say({ validation_patients: ['PHANTOM_001', 'PHANTOM_002'] });
    const { code, stderr } = await train('left-out', '--steps', '2', '--skip-invalid');
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/left out .*PHANTOM_001_1\.tif/);
    rmSync(patient(1), { recursive: true });
    renameSync(join(folder, 'kept'), patient(1));
  });

  it('no longer matters to a run that has begun, whose patients must all be there and be all', async () => {
    say({ validation_patients: ['PHANTOM_001', 'PHANTOM_002'] });
    expect((await train('run', '--steps', '4')).code).toBe(0);
    say({ validation_patients: ['PHANTOM_003'] });
    const again = await runCli('train', '--resume', '--out', join(folder, 'run'));
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain('4 images of 4 patients to train on, 2 for validation');
    renameSync(patient(1), patient(9));
    const { code, stderr } = await runCli('train', '--resume', '--out', join(folder, 'run'));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /was begun with, but patient PHANTOM_009 is new and patient PHANTOM_001 is gone; restore the data/,
    );
  });

  it('of whom evaluate says which are missing', async () => {
    const { code, stderr } = await runCli('evaluate', '--run', join(folder, 'run'), '--members', '1');
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/note: 1 of the validation patients of .*run is not in .*phantom: PHANTOM_001\n/);
    renameSync(patient(9), patient(1));
    cpSync(patient(1), patient(8), { recursive: true });
    const { stderr: resumed } = await runCli('train', '--resume', '--out', join(folder, 'run'));
    expect(resumed).toMatch(/was begun with, but patient PHANTOM_008 is new; restore the data/);
  });
});

describe('data.folds', () => {
  const data = join(folder, 'folds', 'phantom');
  const fold = (n: number): string => join(folder, `fold-${n}`);
  const split = (n: number): Record<'train' | 'validation' | 'test', string[]> =>
    JSON.parse(readFileSync(join(fold(n), 'run.json'), 'utf8')).patients;
  const folds = ['--set', 'data.folds=3', '--set', 'data.validation=0.25'];

  it('tests every patient in one fold, on nobody who was trained on or has chosen weights', async () => {
    await smallPhantom(join(folder, 'folds'));
    for (const n of [0, 1, 2]) await trainTiny(data, fold(n), ...folds, '--set', `data.fold=${n}`);
    const patients = [1, 2, 3, 4, 5, 6].map((n) => `PHANTOM_00${n}`);
    expect([0, 1, 2].flatMap((n) => split(n).test).sort()).toEqual(patients);
    for (const n of [0, 1, 2]) {
      const { train, validation, test } = split(n);
      expect([train.length, validation.length, test.length]).toEqual([3, 1, 2]);
      expect([...train, ...validation, ...test].sort()).toEqual(patients);
    }
  });

  it('gives the same split for another seed with the same data.splitSeed', async () => {
    const out = fold(3);
    await trainTiny(data, out, ...folds, '--set', 'data.fold=1', '--set', 'data.splitSeed=0', '--seed', '7');
    expect(split(3)).toEqual(split(1));
  });

  it('stays that of a run which is resumed', async () => {
    const resume = ['train', '--resume', '--out', fold(0)];
    const { code, stderr } = await runCli(...resume, '--set', 'data.fold=1');
    expect(code).toBe(2);
    expect(stderr).toContain('data.fold cannot be changed');
    expect((await runCli(...resume, '--set', 'data.folds=4')).stderr).toContain('data.folds cannot be changed');
    expect((await runCli(...resume, '--steps', '3')).code).toBe(0);
  });

  it('is refused where the data names its own parts, and where there are too few patients', async () => {
    const train = (...args: string[]): ReturnType<typeof runCli> =>
      runCli('train', '--data', data, '--out', join(folder, 'never'), ...TINY, ...args);
    const few = await train('--set', 'data.folds=7', '--set', 'data.fold=0', '--set', 'data.duplicates=false');
    expect(few.stderr).toContain('there must be a patient for each of 7 folds, got 6');
    writeFileSync(join(data, 'split.json'), JSON.stringify({ validation_patients: ['PHANTOM_001'] }));
    const { code, stderr } = await train('--set', 'data.folds=3', '--set', 'data.fold=0');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /data\.folds: must not be given where the data set names its own parts, as .*split\.json does/,
    );
  });
});

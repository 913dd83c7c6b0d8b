import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli, smallPhantom, TINY, temporaryFolder } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const place = (patient: string, file = ''): string => join(folder, 'phantom', 'kaggle_3m', patient, file);

describe('images of different patients that are nearly the same', () => {
  const args = (): string[] => ['--data', join(folder, 'phantom'), '--layout', 'lgg'];
  const alike = /COPY_1\.tif: nearly the same image as .*PHANTOM_001_1\.tif, of other patients; all stay in one part/;

  beforeAll(async () => {
    await smallPhantom(folder);
    cpSync(place('PHANTOM_001'), place('COPY'), { recursive: true });
    for (const end of ['.tif', '_mask.tif'])
      renameSync(place('COPY', `PHANTOM_001_1${end}`), place('COPY', `COPY_1${end}`));
  });

  it('are named by data and train, which keep them in one part whatever the seed', async () => {
    const { code, stdout } = await runCli('data', ...args());
    expect([code, stdout]).toEqual([0, expect.stringMatching(alike)]);
    for (const seed of ['1', '2', '3', '4']) {
      const run = join(folder, `run-${seed}`);
      const trained = await runCli('train', ...args(), '--out', run, '--steps', '1', '--seed', seed, ...TINY);
      expect([trained.code, trained.stderr]).toEqual([0, expect.stringMatching(alike)]);
      const { patients } = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as {
        patients: Record<string, string[]>;
      };
      const parts = Object.values(patients).map((names) =>
        ['COPY', 'PHANTOM_001'].filter((name) => names.includes(name)),
      );
      expect(parts.filter((names) => names.length === 2)).toHaveLength(1);
    }
  });

  it('that leave nobody to train on are refused, unless they are not looked for', async () => {
    const dir = join(folder, 'alike');
    for (const name of ['A', 'B', 'C']) {
      mkdirSync(join(dir, name), { recursive: true });
      for (const end of ['.tif', '_mask.tif'])
        cpSync(place('PHANTOM_001', `PHANTOM_001_1${end}`), join(dir, name, `${name}_1${end}`));
    }
    const refused = await runCli('data', '--data', dir, '--layout', 'lgg');
    expect([refused.code, refused.stdout]).toEqual([
      1,
      expect.stringContaining(
        'patients whose images are nearly the same count as one; data.duplicates: false counts them one by one',
      ),
    ]);
    const { code, stdout } = await runCli('data', '--data', dir, '--layout', 'lgg', '--no-duplicates');
    expect([code, stdout]).toEqual([0, expect.not.stringContaining('nearly the same')]);
  });

  it('are named where a split separates them, and where evaluate scores what was trained on', async () => {
    writeFileSync(join(folder, 'phantom', 'split.json'), '{"validation_patients": ["COPY"]}');
    const separated =
      /the split separates images that are nearly the same: .*PHANTOM_001_1\.tif \(train\) and .*COPY_1\.tif \(validation\)/;
    expect((await runCli('data', ...args())).stdout).toMatch(separated);
    const run = join(folder, 'run');
    const { code, stderr } = await runCli('train', ...args(), '--out', run, '--steps', '1', ...TINY);
    expect([code, stderr]).toEqual([0, expect.stringMatching(separated)]);
    const scored = await runCli('evaluate', '--run', run, '--members', '1');
    expect(scored.stderr).toMatch(
      /note: images that are scored are copies of ones that .*run was trained on: .*COPY_1/,
    );
  });
});

describe('copies of training data under other names', () => {
  it('are named by evaluate', async () => {
    const dir = join(folder, 'other-names');
    for (const end of ['.tif', '_mask.tif']) {
      mkdirSync(join(dir, 'X'), { recursive: true });
      mkdirSync(join(dir, 'Y'), { recursive: true });
      cpSync(place('PHANTOM_002', `PHANTOM_002_1${end}`), join(dir, 'X', `X_1${end}`));
      cpSync(place('COPY', `COPY_1${end}`), join(dir, 'Y', `Y_1${end}`));
    }
    writeFileSync(
      join(folder, 'phantom', 'split.json'),
      '{"validation_patients": ["COPY", "PHANTOM_001"], "test_patients": []}',
    );
    const run = join(folder, 'run-of-copies');
    const trained = await runCli(
      'train',
      '--data',
      join(folder, 'phantom'),
      '--layout',
      'lgg',
      '--out',
      run,
      '--steps',
      '1',
      ...TINY,
    );
    expect(trained.code).toBe(0);
    const scored = await runCli('evaluate', '--run', run, '--data', dir, '--split', 'all', '--members', '1');
    expect([scored.code, scored.stderr]).toEqual([
      0,
      expect.stringMatching(/copies of ones that .*run-of-copies was trained on: .*X_1\.tif$/m),
    ]);
  });
});

describe('images whose patient nothing says', () => {
  it('are said to count as a patient each', async () => {
    const dir = join(folder, 'unnamed');
    for (const [part, end] of [
      ['images', ''],
      ['masks', '_mask'],
    ] as const) {
      mkdirSync(join(dir, part), { recursive: true });
      for (let n = 2; n <= 6; n++)
        cpSync(place(`PHANTOM_00${n}`, `PHANTOM_00${n}_1${end}.tif`), join(dir, part, `scan${n}.tif`));
    }
    const remark = /counts as a patient of its own, since nothing says whose it is; .*: .*scan2\.tif and 4 more/;
    expect((await runCli('data', '--data', dir, '--layout', 'folder')).stdout).toMatch(remark);
    const args = ['train', '--data', dir, '--layout', 'folder', '--out', join(folder, 'unnamed-run'), '--steps', '1'];
    expect((await runCli(...args, ...TINY)).stderr).toMatch(remark);
    const named = await runCli('data', '--data', dir, '--layout', 'folder', '--patient-pattern', '(\\d)$');
    expect(named.stdout).not.toContain('counts as a patient');
  });
});

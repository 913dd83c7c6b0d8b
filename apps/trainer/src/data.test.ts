import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createImage, encodePng } from '@medseg/image-io';
import { readImage } from '@medseg/image-io/node';
import { describe, expect, it } from 'vitest';
import { runCli, smallPhantom, TINY, temporaryFolder } from './run-cli.fixture.ts';

const folder = temporaryFolder();

describe('medseg data', () => {
  it('prints what a data set holds and writes a page and a contact sheet', async () => {
    const data = await smallPhantom(folder);
    const out = join(folder, 'report');
    const { code, stdout, stderr } = await runCli('data', '--data', data, '--layout', 'phantom', '--out', out);
    expect(code, stderr).toBe(0);
    const guessed = await runCli('data', '--data', data);
    expect(guessed).toMatchObject({ code: 0, stdout: stdout.replace(/report: .*\n/, '') });
    expect(guessed.stderr).toMatch(/^layout: lgg, guessed from PHANTOM_\d+_1_mask\.tif; --layout says another$/m);
    const said = new Map(stdout.split('\n').map((line) => [line.slice(0, 12).trim(), line.slice(13)]));
    expect(said.get('patients')).toBe('6');
    expect(said.get('cases')).toBe('6');
    expect(said.get('sizes')).toBe('32 x 32');
    expect(said.get('class')).toMatch(/^foreground: in 6 cases of 6 patients, \d+\.\d % of the pixels$/);
    expect(said.get('problems')).toBe('none');
    const sheet = await readImage(join(out, 'contact-sheet.png'));
    expect([sheet.width, sheet.height, sheet.channels]).toEqual([6 * 164 + 4, 168, 3]);
    // The colour of the first class is there, the rim of each lesion.
    let rim = 0;
    for (let i = 0; i < sheet.data.length; i += 3)
      if (sheet.data[i] === 60 && sheet.data[i + 1] === 200 && sheet.data[i + 2] === 255) rim++;
    expect(rim).toBeGreaterThan(100);
    const page = readFileSync(join(out, 'index.html'), 'utf8');
    expect(page.match(/<figure>/g)).toHaveLength(6);
    expect(page).toContain('PHANTOM_001_1');
    expect(page).not.toMatch(/https?:|undefined|NaN/);
  });

  it('names the problems, keeps the rest, and exits with 1 where train would refuse', async () => {
    const data = join(folder, 'phantom');
    writeFileSync(join(data, 'kaggle_3m', 'PHANTOM_001', 'PHANTOM_001_1_mask.tif'), 'no image');
    const some = await runCli('data', '--data', data, '--layout', 'lgg');
    expect(some.code).toBe(1);
    expect(some.stdout).toContain('cases        5');
    expect(some.stdout).toMatch(/train +would refuse this data: .*PHANTOM_001_1_mask\.tif: .*; use --skip-invalid/);
    const skipped = await runCli('data', '--data', data, '--layout', 'lgg', '--skip-invalid');
    expect(skipped.code).toBe(0);
    expect(skipped.stdout).toMatch(
      /train +3 images of 3 patients to train on, 1 images? of 1 patient for validation, 1 images? of 1 patient for test/,
    );
    expect(some.stdout).toMatch(/problems +1\n .*PHANTOM_001_1_mask\.tif: an image must be/);
    const none = await runCli(
      'data',
      '--data',
      join(folder, 'nothing'),
      '--layout',
      'brats',
      '--out',
      join(folder, 'empty'),
    );
    expect(none.code).toBe(1);
    expect(none.stdout).toContain('the data folder must exist');
    expect([
      existsSync(join(folder, 'empty', 'index.html')),
      existsSync(join(folder, 'empty', 'contact-sheet.png')),
    ]).toEqual([true, false]);
  });

  it('refuses as train does, and evaluate, where all masks are empty; names classes without a pixel', async () => {
    const dir = join(folder, 'labelled');
    for (const part of ['images', 'masks']) mkdirSync(join(dir, part), { recursive: true });
    const put = (part: string, n: number, values: (i: number) => number): void =>
      writeFileSync(
        join(dir, part, `${n}.png`),
        encodePng(
          createImage({ width: 16, height: 16, channels: 1, data: new Uint8Array(256).map((_, i) => values(i)) }),
        ),
      );
    for (let n = 0; n < 6; n++) {
      put('images', n, (i) => (i * (31 + n)) % 256);
      put('masks', n, (i) => (i < 40 ? 1 : 0));
    }
    const args = ['--data', dir, '--layout', 'folder'];
    const train = (out: string): ReturnType<typeof runCli> =>
      runCli(
        'train',
        ...args,
        '--out',
        join(folder, out),
        '--steps',
        '2',
        '--set',
        'data.classes=cyst=1,tumour=2',
        ...TINY,
      );
    const described = await runCli('data', ...args, '--classes', 'cyst=1,tumour=2');
    expect(described.code).toBe(0);
    expect(described.stdout).toMatch(/remark +no mask has a pixel of tumour\n/);
    const trained = await train('labelled-run');
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stderr).toContain('no mask has a pixel of tumour\n');

    put('masks', 0, (i) => (i < 9 ? 2 : 0));
    writeFileSync(join(dir, 'split.json'), '{"validation_patients": ["0"]}');
    const lacking = await runCli('data', ...args, '--classes', 'cyst=1,tumour=2');
    expect(lacking.stdout).toMatch(/remark +no mask of the training part has a pixel of tumour\n/);
    expect(lacking.stdout).toMatch(/remark +no mask of the validation part has a pixel of cyst\n/);
    rmSync(join(dir, 'split.json'));

    for (let n = 0; n < 6; n++) put('masks', n, () => 0);
    const empty = 'masks must have foreground, but all 6 are empty: no pixel is cyst (1) or tumour (2)';
    const refused = await runCli('data', ...args, '--classes', 'cyst=1,tumour=2');
    expect([refused.code, refused.stdout]).toEqual([
      1,
      expect.stringContaining(`would refuse this data: ${dir}: ${empty}`),
    ]);
    const { code, stderr } = await train('no-run');
    expect([code, stderr, existsSync(join(folder, 'no-run'))]).toEqual([1, expect.stringContaining(empty), false]);
    const scored = await runCli('evaluate', '--run', join(folder, 'labelled-run'), '--split', 'all');
    expect([scored.code, scored.stderr]).toEqual([1, expect.stringContaining(empty)]);
  });

  it('names the layouts that fit, where the names fit several', async () => {
    for (const part of ['images', 'masks']) mkdirSync(join(folder, 'both', part), { recursive: true });
    writeFileSync(join(folder, 'both', 'list.csv'), '');
    const { code, stderr } = await runCli('data', '--data', join(folder, 'both'));
    expect(code).toBe(1);
    expect(stderr).toContain('they fit manifest (list.csv) and folder (images/ and masks/); name it with --layout');
  });

  it.each([
    [['--layout', 'lgg'], "required option '--data"],
    [['--data', '.', '--layout', 'other'], 'Allowed choices are lgg'],
    [['--data', '.', '--layout', 'folder', '--classes', 'liver'], 'classes: must be name=value'],
    [['--data', '.', '--layout', 'folder', '--patient-pattern', '('], 'Invalid regular expression'],
  ])('is a wrong command with %j', async (args, message) => {
    const { code, stderr } = await runCli('data', ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

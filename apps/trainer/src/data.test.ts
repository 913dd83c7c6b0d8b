import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readImage } from '@medseg/image-io/node';
import { describe, expect, it } from 'vitest';
import { runCli, smallPhantom, temporaryFolder } from './run-cli.fixture.ts';

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

  it('names the problems, keeps the rest, and exits with 1 only when nothing is left', async () => {
    const data = join(folder, 'phantom');
    writeFileSync(join(data, 'kaggle_3m', 'PHANTOM_001', 'PHANTOM_001_1_mask.tif'), 'no image');
    const some = await runCli('data', '--data', data, '--layout', 'lgg');
    expect(some.code).toBe(0);
    expect(some.stdout).toContain('cases        5');
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

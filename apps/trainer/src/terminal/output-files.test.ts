import { linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../run-cli.fixture.ts';
import { checkOutputs, type OutputPath } from './output-files.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
mkdirSync(at('data/images'), { recursive: true });
writeFileSync(at('data/images/a.png'), 'image');
writeFileSync(at('model'), 'weights');
writeFileSync(at('old.json'), '{}');
linkSync(at('model'), at('other-name'));
symlinkSync(at('model'), at('link'));
symlinkSync(at('data'), at('linked'));

const file = (name: string, option = '--json'): OutputPath => ({ option, path: at(name) });
const into = (name: string): OutputPath => ({ option: '--out', path: at(name), kind: 'folder' });
const inputs = [at('data'), at('model')];

describe('checkOutputs', () => {
  it.each<[string, OutputPath[], RegExp]>([
    ['a folder for a file', [file('data')], /data: --json must be a file, it is a folder$/],
    ['a file for a folder', [into('model')], /model: --out must be a folder, it is a file$/],
    ['a file in a file', [file('model/x/y.json')], /y\.json: --json must be in a folder, \S+model is a file$/],
    ['a folder in a file', [into('model/out')], /out: --out must be in a folder, \S+model is a file$/],
    ['an input', [file('model')], /model: --json must be another file: it is read$/],
    ['a link to an input', [file('link')], /link: --json must be another file: it is read$/],
    ['a part of an input', [file('linked/images/a.png')], /a\.png: --json must be another file: it is part of \S+data/],
    ['a folder that is read', [into('linked')], /linked: --out must be another folder than \S+data, which is read$/],
    ['one file twice', [file('new.json'), file('x/../new.json', '--csv')], /--json and --csv must be two files$/],
    [
      'two files that differ only in capitals',
      [file('new.json'), file('New.JSON', '--csv')],
      /New\.JSON: --json and --csv must be two files, and some file systems take \S+new\.json for it$/,
    ],
    ['an input by another name', [file('other-name')], /other-name: --json must be another file: it is read$/],
    ['a name that is too long', [file('n'.repeat(300))], /ENAMETOOLONG|too long/],
  ])('refuses %s, forced or not', (_, outputs, rule) => {
    for (const force of [false, true]) expect(() => checkOutputs(outputs, { inputs, force })).toThrow(rule);
  });

  it('refuses a file that is there without force', () => {
    expect(() => checkOutputs([file('old.json')], { inputs })).toThrow(
      /old\.json: exists already; choose another --json, or replace it with --force$/,
    );
    expect(() => checkOutputs([file('old.json')], { inputs, force: true })).not.toThrow();
  });

  it('refuses a folder that cannot be written to, naming it', () => {
    const unwritable = { option: '--csv', path: '/proc/medseg/scores.csv' };
    if (process.platform === 'linux')
      expect(() => checkOutputs([unwritable])).toThrow(/scores\.csv: --csv cannot be written: \/proc: /);
  });

  it('takes folders and files that are not there, and leaves nothing', () => {
    const before = readdirSync(folder);
    checkOutputs([into('a/b/c'), file('a/b/scores.json'), file('data/scores.csv', '--csv')], { inputs });
    expect(readdirSync(folder)).toEqual(before);
  });
});

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../run-cli.fixture.ts';
import { removeAbandoned, wholeName } from './abandoned-files.ts';
import { checkOutputs } from './output-files.ts';

const folder = temporaryFolder();
const ended = spawnSync(process.execPath, ['-e', '']).pid;
let out: string;
let count = 0;

/** Makes a file that was written an hour ago, or now. */
function left(name: string, { now = false } = {}): void {
  writeFileSync(join(out, name), 'half');
  const then = new Date(Date.now() - 3_600_000);
  if (!now) utimesSync(join(out, name), then, then);
}

beforeEach(() => {
  out = join(folder, String(count++));
  mkdirSync(out);
});

describe('removeAbandoned', () => {
  it('removes probes, and parts of the files that are named', () => {
    left(`.scores.json.${ended}.0.tmp`);
    left(`.other.json.${ended}.0.tmp`);
    left('.medseg-17.tmp', { now: true });
    left('scores.json');
    left('.scores.json');
    removeAbandoned(out, (name) => name === 'scores.json');
    expect(readdirSync(out).sort()).toEqual([`.other.json.${ended}.0.tmp`, '.scores.json', 'scores.json']);
  });

  it('leaves parts of a process that runs, and such as were just written to', () => {
    left(`.scores.json.${process.pid}.0.tmp`);
    left(`.scores.json.${ended}.0.tmp`, { now: true });
    removeAbandoned(out, () => true);
    expect(readdirSync(out)).toHaveLength(2);
    removeAbandoned(join(out, 'nothing'), () => true);
  });

  it('is done where outputs are checked', () => {
    left(`.scores.json.${ended}.0.tmp`);
    left(`.scores.csv.${ended}.0.tmp`);
    left('.medseg-17.tmp');
    checkOutputs([{ option: '--json', path: join(out, 'scores.json') }]);
    expect(readdirSync(out)).toEqual([`.scores.csv.${ended}.0.tmp`]);
  });
});

describe('wholeName', () => {
  it.each([
    ['.a.b.json.12.3.tmp', 'a.b.json'],
    ['checkpoints/.last.safetensors.4.2.tmp', 'checkpoints/last.safetensors'],
    ['run.json', 'run.json'],
    ['x/run.json', 'x/run.json'],
  ])('of %s is %s', (file, whole) => expect(wholeName(file)).toBe(whole));
});

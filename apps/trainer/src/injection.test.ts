import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createImage, encodePng } from '@medseg/image-io';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli, TINY, temporaryFolder, trainTiny } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const pixels = Uint8Array.from({ length: 400 }, (_, i) => (i % 20 > 9 ? 200 : 40 + (i % 7)));
const png = (data: Uint8Array): Uint8Array => encodePng(createImage({ width: 20, height: 20, channels: 1, data }));

beforeAll(async () => {
  for (const part of ['images', 'masks']) mkdirSync(at('data', part), { recursive: true });
  for (const name of ['=1+1', '@b', '-c', 'd', 'e', 'f']) {
    writeFileSync(at('data/images', `${name}.png`), png(pixels));
    writeFileSync(at('data/masks', `${name}.png`), png(pixels.map((value) => (value > 100 ? 255 : 0))));
  }
  await trainTiny(at('data'), at('run'), '--layout', 'folder');
}, 60_000);

describe('names that a spreadsheet would run', () => {
  it('are texts in every CSV', async () => {
    const args = ['--run', at('run'), '--fast', '--split', 'all'];
    const scored = await runCli('evaluate', ...args, '--csv', at('scores.csv'));
    expect(scored.code, scored.stderr).toBe(0);
    const out = ['--out', at('masks')];
    const images = ['=1+1', '@b'].map((name) => at('data/images', `${name}.png`));
    const segmented = await runCli('segment', ...images, '--run', at('run'), ...out);
    expect(segmented.code, segmented.stderr).toBe(0);
    const again = await runCli('segment', images[0]!, '--run', at('run'), ...out, '--force');
    expect(again.code, again.stderr).toBe(0);
    const firsts = (file: string): string[] =>
      readFileSync(file, 'utf8')
        .trimEnd()
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(',')[0]!);
    expect(firsts(at('scores.csv')).sort()).toEqual(["'-c", "'=1+1", "'@b", 'd', 'e', 'f']);
    expect(firsts(at('masks/volumes.csv'))).toEqual(["'@b", "'=1+1"]); // the case that was done again is there once
  });
});

describe('names that a terminal would obey', () => {
  it('are shown, whichever stream they go to', async () => {
    const name = 'x\x1b[2J\u202egnp.exe\nmedseg: all is well';
    writeFileSync(at(`${name}.png`), 'no image');
    for (const args of [
      ['segment', at(`${name}.png`), at('none.png'), '--run', at('run'), '--out', at('none')],
      ['inspect', at(`${name}.png`)],
    ]) {
      const { stdout, stderr } = await runCli(...args);
      expect(`${stdout}${stderr}`).toMatch(/x\\u001b\[2J\\u202egnp\.exe\\(u000a|n)medseg: all is well/);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      expect(`${stdout}${stderr}`).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]|^medseg: all/m);
    }
  });
});

describe('settings', () => {
  const train = (...args: string[]): ReturnType<typeof runCli> =>
    runCli('train', '--data', at('data'), '--layout', 'folder', '--out', at('none'), ...TINY, ...args);

  it.each([
    ['x.__proto__.y=1', /--set: x\.__proto__\.y: no setting is called __proto__/],
    ['constructor.prototype.y=1', /no setting is called constructor/],
    ['training.__proto__=3', /no setting is called __proto__/],
    ['training.toString.y=1', /training: Unrecognized key: "toString"/],
    ['seed=*a', /--set seed: not valid YAML: Unresolved alias/],
    ['seed=&a [*a, *a]', /--set seed: not valid YAML|seed: /],
    ['seed=!half 3', /--set seed: not valid YAML: Unresolved tag: !half/],
    [`seed={${Array.from({ length: 9000 }, (_, i) => `k${i}: 1`)}}`, /--set seed: must have at most 65536 bytes, got/],
  ])('%s is refused', async (setting, rule) => {
    const { code, stderr } = await train('--set', setting);
    expect([code, stderr]).toEqual([2, expect.stringMatching(rule)]);
    expect(stderr).not.toContain('internal error');
    expect(({} as { y?: unknown }).y).toBeUndefined();
    expect(existsSync(at('none'))).toBe(false);
  });

  it('of 200,000 keys are refused at once', async () => {
    const text = Array.from({ length: 200_000 }, (_, i) => `k${i}: 1\n`).join('');
    writeFileSync(at('many.yaml'), text);
    const started = performance.now();
    const { code, stderr } = await train('--config', at('many.yaml'));
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('many.yaml: a file may have at most 65536 bytes, it has '),
    ]);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('a patient pattern in run.json', () => {
  const changed = (pattern: string): string => {
    const copy = at(`run-${pattern.length}`);
    cpSync(at('run'), copy, { recursive: true });
    const info = JSON.parse(readFileSync(join(copy, 'run.json'), 'utf8'));
    info.config.data.patientPattern = pattern;
    writeFileSync(join(copy, 'run.json'), JSON.stringify(info));
    return copy;
  };

  it('that is no pattern is named', async () => {
    const { code, stderr } = await runCli('evaluate', '--run', changed('(a'), '--fast');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/medseg: data\.patientPattern: Invalid regular expr/)]);
  });

  it('that would go on for ever ends in half a second', async () => {
    writeFileSync(at('data/images', `${'a'.repeat(60)}!.png`), png(pixels));
    writeFileSync(at('data/masks', `${'a'.repeat(60)}!.png`), png(pixels));
    const started = performance.now();
    const { code, stderr } = await runCli('evaluate', '--run', changed('^((a+)+|.)$'), '--fast');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/the patient pattern \S+ takes longer than 500 ms on "aaaa.*; write it simpler/),
    ]);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

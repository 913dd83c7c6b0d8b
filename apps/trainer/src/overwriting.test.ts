import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createImage, encodePng } from '@medseg/image-io';
import { beforeAll, expect, it } from 'vitest';
import { runCli, smallPhantom, temporaryFolder, trainTiny } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
let data: string;

beforeAll(async () => {
  data = await smallPhantom(folder);
  await trainTiny(data, at('run'), '--layout', 'lgg');
  const { code, stderr } = await runCli('evaluate', '--run', at('run'), '--fast', '--json', at('scores.json'));
  expect(code, stderr).toBe(0);
  const exported = await runCli('export', '--run', at('run'), '--to', at('exported.safetensors'));
  expect(exported.code, exported.stderr).toBe(0);
  const pixels = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 7) % 251);
  mkdirSync(at('images'));
  for (const name of ['x', 'x_mask'])
    writeFileSync(
      at(`images/${name}.png`),
      encodePng(createImage({ width: 32, height: 32, channels: 3, data: pixels })),
    );
  for (const name of ['mine.csv', 'mine.safetensors', 'pages/index.html', 'pages/report.html']) {
    mkdirSync(at('pages'), { recursive: true });
    writeFileSync(at(name), 'mine');
  }
}, 120_000);

const run = (): string[] => ['--run', at('run')];

/** Each command, what it would write over, and the rule that it names before it computes anything. */
it.each<[string, () => string[], string, RegExp]>([
  [
    'evaluate --csv',
    () => ['evaluate', ...run(), '--fast', '--csv', at('mine.csv')],
    'mine.csv',
    /choose another --csv, or replace it with --force/,
  ],
  [
    'evaluate --report',
    () => ['evaluate', ...run(), '--fast', '--report', at('pages')],
    'pages/report.html',
    /report\.html: exists already; choose another --report/,
  ],
  [
    'evaluate --report of the run itself',
    () => ['evaluate', ...run(), '--fast', '--report', at('run')],
    'run/report.html',
    /exists already/,
  ],
  [
    'compare --json',
    () => ['compare', at('scores.json'), at('run'), '--fast', '--json', at('mine.csv')],
    'mine.csv',
    /choose another --json/,
  ],
  [
    'data --out',
    () => ['data', '--data', data, '--layout', 'lgg', '--out', at('pages')],
    'pages/index.html',
    /index\.html: exists already/,
  ],
  [
    'export --to',
    () => ['export', ...run(), '--to', at('mine.safetensors')],
    'mine.safetensors',
    /choose another --to/,
  ],
])('%s replaces no file without --force', async (_, args, file, rule) => {
  const before = readFileSync(at(file));
  const refused = await runCli(...args());
  expect([refused.code, refused.stdout, refused.stderr]).toEqual([1, '', expect.stringMatching(rule)]);
  expect(readFileSync(at(file))).toEqual(before);
  const forced = await runCli(...args(), '--force');
  expect(forced.code, forced.stderr).toBe(0);
  expect(readFileSync(at(file))).not.toEqual(before);
});

it.each<[string, () => string[], string, RegExp]>([
  [
    'the model',
    () => ['evaluate', ...run(), '--csv', at('run/model.safetensors')],
    'run/model.safetensors',
    /model\.safetensors: --csv must be another file: it is read/,
  ],
  [
    'the model that was exported',
    () => ['export', '--run', at('exported.safetensors'), '--to', at('exported.safetensors')],
    'exported.safetensors',
    /exported\.safetensors: --to must be another file: it is read/,
  ],
  [
    'run.json',
    () => ['evaluate', ...run(), '--json', at('run/run.json')],
    'run/run.json',
    /run\.json: --json must be another file: it is read/,
  ],
  [
    'the weights, by export',
    () => ['export', ...run(), '--to', at('run/model.safetensors')],
    'run/model.safetensors',
    /--to must be another file: it is read/,
  ],
  [
    'the scores that are compared',
    () => ['compare', at('scores.json'), at('run'), '--json', at('scores.json')],
    'scores.json',
    /--json must be another file: it is read/,
  ],
  [
    'another image of the folder',
    () => ['segment', ...run(), at('images/x.png'), at('images/x_mask.png'), '--out', at('images')],
    'images/x_mask.png',
    /x_mask\.png: --out must be another file: it is read/,
  ],
])('%s is never replaced', async (_, args, file, rule) => {
  const before = readFileSync(at(file));
  const { code, stdout, stderr } = await runCli(...args(), '--force');
  expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(rule)]);
  expect(readFileSync(at(file))).toEqual(before);
});

it('an image beside the one that is segmented is not taken for a result to replace', async () => {
  const before = readFileSync(at('images/x_mask.png'));
  const { code, stderr } = await runCli('segment', ...run(), at('images/x.png'), '--out', at('images'));
  expect([code, stderr]).toEqual([1, expect.stringContaining('images: holds x_mask.png already')]);
  expect(readFileSync(at('images/x_mask.png'))).toEqual(before);
  expect(existsSync(at('images/volumes.csv'))).toBe(false);
});

it.each([
  ['train', () => ['train', '--data', data, '--out', '/proc/medseg']],
  ['segment', () => ['segment', ...run(), at('images/x.png'), '--out', '/proc/medseg']],
  ['evaluate', () => ['evaluate', ...run(), '--json', '/proc/medseg/scores.json']],
  ['data', () => ['data', '--data', data, '--out', '/proc/medseg']],
])('%s says before it computes that its output cannot be written', async (_, args) => {
  if (process.platform !== 'linux') return;
  const { code, stdout, stderr } = await runCli(...args());
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^medseg: \/proc\/medseg\S*: --\w+ cannot be written: \/proc: /m);
});

it('an input whose results would have names that are too long is refused before anything is computed', async () => {
  const long = at(`images/${'n'.repeat(230)}.png`);
  writeFileSync(long, readFileSync(at('images/x.png')));
  const { code, stderr } = await runCli('segment', ...run(), long, at('images/x.png'), '--out', at('long-out'));
  expect([code, stderr]).toEqual([1, expect.stringMatching(/n\.png: its name must have at most 210 bytes, got 230/)]);
  expect(existsSync(at('long-out'))).toBe(false);
});

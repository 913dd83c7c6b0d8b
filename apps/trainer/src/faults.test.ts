import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createImage, createVolume, encodeNifti, encodePng } from '@medseg/image-io';
import { createRandom } from '@medseg/random';
import { beforeAll, expect, it } from 'vitest';
import { runCli, smallPhantom, TINY, temporaryFolder } from './run-cli.fixture.ts';

// A fault in each input of each command, a file, a folder or an option, never ends in an internal error. By default
// every 29th of the some 5,000 faults is tried; MEDSEG_FAULTS=all tries all, in a quarter of an hour.

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const EVERY = process.env.MEDSEG_FAULTS === 'all' ? 1 : 29;

beforeAll(async () => {
  const data = await smallPhantom(folder);
  const args = ['--data', data, '--layout', 'lgg', '--steps', '2', '--set', 'data.test=0.2', ...TINY];
  expect(await runCli('train', ...args, '--out', at('run'))).toMatchObject({ code: 0 });
  expect(await runCli('evaluate', '--run', at('run'), '--json', at('scores.json'))).toMatchObject({ code: 0 });
  const pixels = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 7) % 251);
  writeFileSync(at('image.png'), encodePng(createImage({ width: 32, height: 32, channels: 3, data: pixels })));
  const voxels = Float32Array.from({ length: 16 * 16 * 4 }, (_, i) => i % 97);
  writeFileSync(at('volume.nii'), encodeNifti(createVolume({ size: [16, 16, 4], data: voxels })));
  writeFileSync(at('config.json'), JSON.stringify({ data: { dir: data, layout: 'lgg' }, training: { steps: 2 } }));
});

/** What a command reads: a file or folder that is there and right, and the command without the fault. */
interface Input {
  readonly name: string;
  readonly path: string;
  /** The command, with the spoilt path in place of the right one. */
  readonly command: (path: string) => string[];
}

const training = (path: string, out: string): string[] => {
  const args = ['train', '--data', path, '--layout', 'lgg', '--steps', '1', '--out', out];
  return [...args, ...TINY];
};
const inRun = (file: string, command: (run: string) => string[]): Input => ({
  name: `${command('')[0]} with a fault in ${file}`,
  path: join('run', file),
  command,
});
const segment = (run: string): string[] => ['segment', at('image.png'), '--run', run, '--out', at('masks')];
const evaluate = (run: string): string[] => ['evaluate', '--run', run, '--members', '1'];
// With its budget: a configuration that has lost its own would train for a quarter of an hour.
const resume = (run: string): string[] => ['train', '--resume', '--steps', '2', '--out', run];

const INPUTS: Input[] = [
  { name: 'train --data', path: 'phantom', command: (path) => training(path, at('out')) },
  { name: 'data --data', path: 'phantom', command: (path) => ['data', '--data', path, '--layout', 'lgg'] },
  {
    name: 'evaluate --data',
    path: 'phantom',
    command: (path) => [...evaluate(at('run')), '--data', path, '--split', 'all'],
  },
  {
    name: 'train --config',
    path: 'config.json',
    command: (path) => ['train', '--config', path, '--steps', '1', '--out', at('out'), ...TINY],
  },
  {
    name: 'segment image',
    path: 'image.png',
    command: (path) => ['segment', path, '--run', at('run'), '--out', at('masks')],
  },
  {
    name: 'segment volume',
    path: 'volume.nii',
    command: (path) => ['segment', path, '--run', at('run'), '--out', at('masks')],
  },
  { name: 'inspect image', path: 'image.png', command: (path) => ['inspect', path] },
  { name: 'inspect volume', path: 'volume.nii', command: (path) => ['inspect', path] },
  { name: 'compare scores', path: 'scores.json', command: (path) => ['compare', at('scores.json'), path] },
  {
    name: 'import --from',
    path: 'run/model.safetensors',
    command: (path) => ['import', '--from', path, '--as', 'lucidrains', '--out', at('imported')],
  },
  ...['run.json', 'model.safetensors'].flatMap((file) => [
    inRun(file, segment),
    inRun(file, evaluate),
    inRun(file, (run) => ['export', '--run', run, '--to', at('exported.safetensors')]),
    inRun(file, (run) => ['compare', run, run, '--members', '1']),
  ]),
  ...['run.json', 'checkpoints/last.safetensors', 'metrics.jsonl'].map((file) => inRun(file, resume)),
];

/** What can be wrong with a file or folder; each makes it so at a path that is free. */
const FAULTS: Record<string, (path: string, right: string) => void> = {
  missing: () => {},
  'an empty file': (path) => writeFileSync(path, ''),
  'a folder': (path) => mkdirSync(path),
  'a link to nothing': (path) => symlinkSync(at('nothing'), path),
  'a link to itself': (path) => symlinkSync(path, path),
  noise: (path) =>
    writeFileSync(
      path,
      Uint8Array.from({ length: 500 }, () => random.integer(256)),
    ),
  text: (path) => writeFileSync(path, 'not what you think\n'),
  '{}': (path) => writeFileSync(path, '{}'),
  '[]': (path) => writeFileSync(path, '[]'),
  null: (path) => writeFileSync(path, 'null'),
  half: (path, right) => {
    cpSync(right, path, { recursive: true });
    for (const file of filesOf(path)) truncateSync(file, Math.floor(statSync(file).size / 2));
  },
  'bytes changed': (path, right) => {
    cpSync(right, path, { recursive: true });
    for (const file of filesOf(path)) {
      const bytes = readFileSync(file);
      for (let i = 0; i < 6; i++) bytes[random.integer(Math.min(bytes.length, 400))] = random.integer(256);
      writeFileSync(file, bytes);
    }
  },
};
const random = createRandom(7);

const filesOf = (path: string): string[] =>
  statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => filesOf(join(path, name))) : [path];

/** Values that each place of a JSON file is given in turn. */
const WRONG_VALUES: unknown[] = [null, -1, 1e300, 'x', [], {}, true];

/** Every copy of a JSON value with one of its parts wrong or gone. */
function* spoiltJson(value: unknown, path = ''): Generator<[string, unknown]> {
  for (const wrong of WRONG_VALUES) yield [`${path || 'all'} = ${JSON.stringify(wrong)}`, wrong];
  if (typeof value !== 'object' || value === null) return;
  const keys = Array.isArray(value) ? [...value.keys()].slice(0, 2) : Object.keys(value);
  for (const key of keys) {
    const part = (value as Record<string, unknown>)[key];
    const copy = (changed: unknown): unknown =>
      Array.isArray(value) ? value.with(key as number, changed) : { ...value, [key]: changed };
    for (const [name, spoilt] of spoiltJson(part, `${path}/${key}`)) yield [name, copy(spoilt)];
  }
}

/** The option values that a person might give by mistake. */
const WRONG_OPTIONS = ['', ' ', 'x', '-1', '0', '1.5', 'NaN', 'Infinity', '__proto__', '\u001b[31m'];
const OPTIONS: [string[], string[]][] = [
  [
    ['train', '--layout', 'lgg', '--out', '{out}', '--data', '{data}', '--steps', '1'],
    ['--steps', '--minutes', '--seed', '--layout', '--set', '--config'],
  ],
  [
    ['train', '--layout', 'lgg', '--out', '{out}', '--data', '{data}', '--steps', '1', '--set'],
    [
      'training.batchSize=',
      'training.learningRate=',
      'training.clipNorm=',
      'network.groups=',
      'network.encoderChannels=',
      'data.validation=',
      'data.classes=',
      'data.patientPattern=',
      'data.imageSize=',
      'augmentation.rotation=',
      'sampling.scheduler=',
    ],
  ],
  [
    ['segment', '{image}', '--run', '{run}', '--out', '{out}'],
    ['--members', '--steps', '--seed', '--scheduler', '--workers', '--run'],
  ],
  [
    ['evaluate', '--run', '{run}'],
    ['--split', '--layout', '--data', '--members', '--steps', '--spacing', '--json', '--csv'],
  ],
  [
    ['compare', '{scores}', '{scores}'],
    ['--seed', '--split', '--json'],
  ],
  [
    ['data', '--data', '{data}', '--layout', 'lgg'],
    ['--classes', '--patient-pattern', '--layout', '--out'],
  ],
  [
    ['export', '--run', '{run}'],
    ['--to', '--as'],
  ],
  [
    ['import', '--from', '{run}/model.safetensors', '--as', 'lucidrains', '--out', '{out}'],
    ['--heads', '--timesteps'],
  ],
];

/** The sweep: what is wrong, and the command that meets it. Made and taken away one after the other. */
function* sweep(): Generator<{ name: string; prepare: () => void; args: string[] }> {
  for (const { name, path, command } of INPUTS) {
    const spoiltAt = at('spoilt');
    const inFolder = path.startsWith('run/') && !name.startsWith('import');
    const place = inFolder ? join(spoiltAt, path.slice(4)) : spoiltAt;
    for (const [fault, make] of Object.entries(FAULTS)) {
      const prepare = (): void => {
        if (inFolder) cpSync(at('run'), spoiltAt, { recursive: true });
        rmSync(place, { recursive: true, force: true });
        make(place, at(path));
      };
      yield { name: `${name}: ${fault}`, prepare, args: command(spoiltAt) };
    }
    if (!path.endsWith('.json')) continue;
    const right = JSON.parse(readFileSync(at(path), 'utf8')) as unknown;
    for (const [fault, wrong] of spoiltJson(right)) {
      const prepare = (): void => {
        if (inFolder) cpSync(at('run'), spoiltAt, { recursive: true });
        writeFileSync(place, JSON.stringify(wrong));
      };
      yield { name: `${name}: ${fault}`, prepare, args: command(spoiltAt) };
    }
  }
  const places: Record<string, string> = {
    '{out}': at('out'),
    '{data}': at('phantom'),
    '{run}': at('run'),
    '{image}': at('image.png'),
    '{scores}': at('scores.json'),
    '{run}/model.safetensors': at('run', 'model.safetensors'),
  };
  for (const [command, options] of OPTIONS) {
    const args = command.map((arg) => places[arg] ?? arg);
    for (const option of options) {
      for (const value of WRONG_OPTIONS) {
        const isTarget = ['--json', '--csv', '--out', '--to', '--report'].includes(option);
        const given = option.endsWith('=') ? [`${option}${value}`] : [option, isTarget ? at('targets', value) : value];
        const tiny = command[0] === 'train' ? TINY : [];
        const all = option.endsWith('=') ? [...args, ...given, ...tiny] : [...args, ...tiny, ...given];
        yield { name: `${command[0]} ${given.join(' ')}`, prepare: () => {}, args: all };
      }
    }
  }
}

it('no fault in what a command is given ends in an internal error', { timeout: 1_800_000 }, async () => {
  const bad: string[] = [];
  let tried = 0;
  for (const [i, { name, prepare, args }] of [...sweep()].entries()) {
    if (i % EVERY !== 0) continue;
    for (const path of ['spoilt', 'targets', 'out', 'masks', 'imported', 'exported.safetensors'])
      rmSync(at(path), { recursive: true, force: true });
    mkdirSync(at('targets'));
    prepare();
    tried++;
    const started = performance.now();
    const result = await runCli(...args).catch((error: Error) => ({
      code: undefined,
      stderr: error.message,
      stdout: '',
    }));
    const seconds = (performance.now() - started) / 1000;
    const { code, stderr, stdout } = result;
    // `inspect` explains in its JSON, `data` in its report.
    const reported = stdout.includes('"error":') || /^train +would refuse this data: /m.test(stdout);
    const explained = /^(medseg|error): /m.test(stderr) || reported;
    if (/internal error|\n\s+at /.test(stderr) || code === undefined || (code !== 0 && code !== 130 && !explained))
      bad.push(`${name} (${code}): ${stderr.slice(0, 400)}`);
    else if (seconds > 30) bad.push(`${name}: took ${seconds.toFixed(0)} s`);
    if (process.env.MEDSEG_FAULTS) process.stderr.write(`${name}: ${code} ${stderr.trim().split('\n').at(-1)}\n`);
  }
  expect(existsSync(at('run', 'model.safetensors'))).toBe(true);
  expect(tried).toBeGreaterThan(100);
  expect(bad).toEqual([]);
});

import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createImage, encodePng, encodeTiff } from '@medseg/image-io';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli, smallPhantom, TINY, temporaryFolder } from './run-cli.fixture.ts';

const folder = temporaryFolder();
let data: string;
let run: string;
let serial = 0;

/** The phantom with something done to the first slice's image and mask. */
function spoilt(spoil: (image: string, mask: string, patient: string) => void): string {
  const copy = join(folder, `spoilt-${serial++}`);
  cpSync(data, copy, { recursive: true });
  const patient = join(copy, 'kaggle_3m', readdirSync(join(copy, 'kaggle_3m'))[0]!);
  const files = readdirSync(patient).sort();
  const mask = files.find((file) => file.includes('_mask'))!;
  spoil(join(patient, mask.replace('_mask', '')), join(patient, mask), patient);
  return copy;
}

const trainArgs = (dir: string, out: string): string[] => [
  'train',
  '--data',
  dir,
  '--layout',
  'lgg',
  '--steps',
  '2',
  '--out',
  out,
  ...TINY,
];

beforeAll(async () => {
  data = await smallPhantom(folder);
  run = join(folder, 'run');
  const { code, stderr } = await runCli(...trainArgs(data, run));
  expect(code, stderr).toBe(0);
});

/** The command must fail with one line of explanation and leave `out` as it was. */
async function expectRefusal(
  args: string[],
  { code = 1, rule, out }: { code?: number; rule: RegExp; out?: string },
): Promise<void> {
  const before = out !== undefined && existsSync(out) ? readdirSync(out) : undefined;
  const result = await runCli(...args);
  expect(result.stderr).toMatch(rule);
  expect(result.code).toBe(code);
  expect(
    result.stderr
      .trimEnd()
      .split('\n')
      .filter((line) => line.startsWith('medseg:') || line.startsWith('error:')),
  ).toHaveLength(1);
  expect(result.stderr).not.toMatch(/\n\s+at /); // no stack
  if (out !== undefined) expect(existsSync(out) ? readdirSync(out) : undefined).toEqual(before);
}

describe('a data set that cannot be used', () => {
  const mask32 = (values: number[]): Uint8Array =>
    encodeTiff(
      createImage({
        width: 32,
        height: 32,
        channels: 1,
        data: Uint8Array.from({ length: 1024 }, (_, i) => values[i % values.length]!),
      }),
    );

  it.each<[string, (image: string, mask: string, patient: string) => void, RegExp]>([
    ['a mask without its image', (image) => rmSync(image), /_mask\.tif: a mask must have its image/],
    ['an image without its mask', (_, mask) => rmSync(mask), /\.tif: an image must have its mask/],
    [
      'sizes that differ',
      (_, mask) =>
        writeFileSync(mask, encodeTiff(createImage({ width: 16, height: 32, channels: 1, data: new Uint8Array(512) }))),
      /_mask\.tif: a mask must have the size of its image, got 16x32 for 32x32/,
    ],
    ['a truncated file', (image) => truncateSync(image, 700), /\.tif: /],
    ['an empty file', (image) => truncateSync(image, 0), /\.tif: /],
    ['a renamed file of another kind', (image) => writeFileSync(image, 'no image at all'), /\.tif: /],
    [
      'a mask with three values',
      (_, mask) => writeFileSync(mask, mask32([0, 127, 255])),
      /_mask\.tif: a mask must have at most two values, got 0, 127, 255/,
    ],
  ])('%s is named, with the rule and a way to go on', async (_, spoil, rule) => {
    const out = join(folder, `out-${serial++}`);
    const dir = spoilt(spoil);
    await expectRefusal(trainArgs(dir, out), { rule, out });
    await expectRefusal(trainArgs(dir, out), { rule: /--skip-invalid/, out });
    const skipped = await runCli(...trainArgs(dir, out), '--skip-invalid');
    expect(skipped.code, skipped.stderr).toBe(0);
    expect(skipped.stderr).toMatch(/left out .*\.tif: /);
  });

  it('an empty folder', async () => {
    const dir = join(folder, 'empty');
    mkdirSync(dir);
    const out = join(folder, 'out-empty');
    await expectRefusal(trainArgs(dir, out), { rule: /empty: the LGG layout needs/, out });
  });

  it('a folder that is not there', async () => {
    const out = join(folder, 'out-none');
    await expectRefusal(trainArgs(join(folder, 'none'), out), { rule: /none: the data folder must exist/, out });
  });

  it('a patient without a lesion is legal', async () => {
    const dir = spoilt((_, mask) => writeFileSync(mask, mask32([0])));
    const { code, stderr } = await runCli(...trainArgs(dir, join(folder, 'out-healthy')));
    expect(code, stderr).toBe(0);
  });

  it('a PNG that is called TIFF is legal', async () => {
    const dir = spoilt((image) =>
      writeFileSync(
        image,
        encodePng(createImage({ width: 32, height: 32, channels: 3, data: new Uint8Array(3072).fill(9) })),
      ),
    );
    const { code, stderr } = await runCli(...trainArgs(dir, join(folder, 'out-png')));
    expect(code, stderr).toBe(0);
  });

  it('paired folders of PNG files are trained on and segmented', async () => {
    const dir = join(folder, 'paired');
    mkdirSync(join(dir, 'images'), { recursive: true });
    mkdirSync(join(dir, 'masks'));
    for (let i = 0; i < 6; i++) {
      const grey = Uint8Array.from({ length: 400 }, (_, at) => (at % 20 > 8 + i ? 200 : 40 + (at % 7)));
      writeFileSync(
        join(dir, 'images', `case${i}.png`),
        encodePng(createImage({ width: 20, height: 20, channels: 1, data: grey })),
      );
      writeFileSync(
        join(dir, 'masks', `case${i}.png`),
        encodePng(createImage({ width: 20, height: 20, channels: 1, data: grey.map((v) => (v > 100 ? 255 : 0)) })),
      );
    }
    const out = join(folder, 'paired-run');
    // The images are one edge, moved.
    const args = ['--steps', '2', '--out', out, ...TINY, '--set', 'data.duplicates=false'];
    const trained = await runCli('train', '--data', dir, '--layout', 'folder', ...args);
    expect(trained.code, trained.stderr).toBe(0);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toMatch(/^<!doctype html>/);
    const segmented = await runCli(
      'segment',
      '--run',
      out,
      '--image',
      join(dir, 'images', 'case0.png'),
      '--out',
      join(folder, 'masks'),
    );
    expect(segmented.code, segmented.stderr).toBe(0);
    expect(readdirSync(join(folder, 'masks')).sort()).toEqual([
      'case0_mask.png',
      'case0_probability.png',
      'case0_uncertainty.png',
      'volumes.csv',
    ]);
    // An untrained denoiser gives the anchor whatever the noise, so only that both samplers run can be told here.
    for (const scheduler of ['ddim', 'ddpm']) {
      const into = join(folder, scheduler);
      const image = join(dir, 'images', 'case1.png');
      const args = [
        'segment',
        '--run',
        out,
        '--image',
        image,
        '--out',
        into,
        '--scheduler',
        scheduler,
        '--ensemble',
        '2',
      ];
      const { code, stderr } = await runCli(...args);
      expect(code, stderr).toBe(0);
      expect(readdirSync(into)).toHaveLength(4);
    }
  });
});

describe('a command that is wrong', () => {
  it.each([
    [['train', '--out', 'x', '--bogus'], /unknown option '--bogus'/],
    [['nonsense'], /unknown command 'nonsense'/],
    [['train', '--out', 'x', '--data', 'y', '--layout', 'zip'], /Allowed choices are lgg, isic/],
    [['train', '--out', 'x', '--steps', '-3'], /positive whole number/],
    [['train', '--out', 'x'], /needs --data FOLDER/],
    [
      ['train', '--out', 'x', '--data', 'y', '--layout', 'lgg', '--set', 'training.nonsense=3'],
      /Unrecognized key: "nonsense"/,
    ],
    [
      ['train', '--out', 'x', '--data', 'y', '--layout', 'lgg', '--set', 'training.batchSize=0'],
      /training.batchSize: /,
    ],
    [['train', '--out', 'x', '--data', 'y', '--layout', 'lgg', '--set', 'seed'], /form key=value/],
    [['segment', '--run', 'x', '--out', 'y'], /segment: give at least one image or volume/],
    [['segment', '--run', 'x', '--out', 'y', '--image', 'z', '--steps', '1001'], /at most 1000/],
  ])('%j ends with code 2', async (args, rule) => {
    await expectRefusal(args, { code: 2, rule });
  });

  it('has help for every command', async () => {
    for (const command of ['train', 'segment', 'evaluate', 'compare', 'demo']) {
      const { code, stdout } = await runCli(command, '--help');
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: medseg ${command}`));
    }
  });
});

describe('a run that cannot be used', () => {
  const segmentArgs = (from: string, out: string): string[] => [
    'segment',
    '--run',
    from,
    '--image',
    imageOf(),
    '--out',
    out,
  ];
  const imageOf = (): string => {
    const patient = join(data, 'kaggle_3m', readdirSync(join(data, 'kaggle_3m'))[0]!);
    return join(patient, readdirSync(patient).find((file) => !file.includes('_mask'))!);
  };
  /** A copy of the run with one thing changed. */
  const changed = (change: (copy: string) => void): string => {
    const copy = join(folder, `run-${serial++}`);
    cpSync(run, copy, { recursive: true });
    change(copy);
    return copy;
  };

  it.each<[string, (copy: string) => void, RegExp]>([
    ['without run.json', (copy) => rmSync(join(copy, 'run.json')), /not a run of medseg: it has no run.json/],
    [
      'of another program',
      (copy) => writeFileSync(join(copy, 'run.json'), '{"format":"other"}'),
      /not a run of this program: format must be medseg-run-5, got "other"/,
    ],
    ['with a broken run.json', (copy) => writeFileSync(join(copy, 'run.json'), '{'), /run.json: not valid JSON/],
    ['without a model', (copy) => rmSync(join(copy, 'model.safetensors')), /model.safetensors: not found/],
    [
      'with a truncated model',
      (copy) => truncateSync(join(copy, 'model.safetensors'), 5000),
      /model.safetensors: not a valid safetensors file/,
    ],
    [
      'with a longer model',
      (copy) => appendFileSync(join(copy, 'model.safetensors'), 'x'),
      /model.safetensors: not a valid safetensors file/,
    ],
    [
      'with a checkpoint for a model',
      (copy) => copyFileSync(join(copy, 'checkpoints/last.safetensors'), join(copy, 'model.safetensors')),
      /model.safetensors: not a model of this program/,
    ],
  ])('%s', async (_, change, rule) => {
    const out = join(folder, `segment-${serial++}`);
    await expectRefusal(segmentArgs(changed(change), out), { rule, out });
  });

  it('is not overwritten by a new one', async () => {
    await expectRefusal(trainArgs(data, run), { rule: /holds a run already; resume it with --resume/, out: run });
  });

  it('is not made in a folder with other things', async () => {
    await expectRefusal(trainArgs(data, data), {
      rule: /must be a new or an empty folder, it holds kaggle_3m/,
      out: data,
    });
  });

  it('is not resumed where the last checkpoint and the one before it are truncated', async () => {
    const copy = changed((path) => {
      for (const name of ['last', 'previous']) truncateSync(join(path, `checkpoints/${name}.safetensors`), 5000);
    });
    await expectRefusal(['train', '--resume', '--out', copy], {
      rule: /last.safetensors: not a valid safetensors file/,
      out: copy,
    });
  });

  it('is not made for images that its network cannot take', async () => {
    const out = join(folder, 'out-size');
    const args = [...trainArgs(data, out), '--set', 'data.imageSize=[15,16]'];
    await expectRefusal(args, { rule: /imageSize must be a multiple of 2 for 2 levels, got 15x16/, out });
  });

  it('does not segment images with other channels, nor files that are no images', async () => {
    const grey = join(folder, 'grey.png');
    writeFileSync(grey, encodePng(createImage({ width: 8, height: 8, channels: 1, data: new Uint8Array(64) })));
    const out = join(folder, 'segment-grey');
    await expectRefusal(['segment', '--run', run, '--image', grey, '--out', out], {
      rule: /trained on images of 3 channels, got 1/,
      out,
    });
    const text = join(folder, 'text.png');
    writeFileSync(text, 'text');
    await expectRefusal(['segment', '--run', run, '--image', text, '--out', out], { rule: /text.png: /, out });
    await expectRefusal(['segment', '--run', run, '--image', join(folder, 'no.png'), '--out', out], {
      rule: /no.png: no such file/,
      out,
    });
  });

  it('does not evaluate patients that it has none of', async () => {
    const other = join(folder, 'other');
    mkdirSync(join(other, 'kaggle_3m/STRANGER_1'), { recursive: true });
    const image = imageOf();
    copyFileSync(image, join(other, 'kaggle_3m/STRANGER_1/STRANGER_1_1.tif'));
    copyFileSync(image.replace('.tif', '_mask.tif'), join(other, 'kaggle_3m/STRANGER_1/STRANGER_1_1_mask.tif'));
    await expectRefusal(['evaluate', '--run', run, '--data', other], {
      rule: /holds none of the run's 1 test patient; use --split all/,
    });
    const { code, stdout } = await runCli('evaluate', '--run', run, '--data', other, '--split', 'all');
    expect(code).toBe(0);
    expect(stdout).toMatch(/STRANGER_1_1 /);
  });
});

describe('a disk that is full', () => {
  it('ends training with one line, the last checkpoint whole and no file half written', async () => {
    const out = join(folder, 'out-full');
    const { spawnSync } = await import('node:child_process');
    const bin = new URL('../bin/medseg.js', import.meta.url).pathname;
    // A limit on the size of files stands for the disk: the checkpoint of this network is larger.
    const script = `ulimit -f 40; exec "${process.execPath}" "${bin}" "$@"`;
    const { status, stderr } = spawnSync('bash', ['-c', script, 'medseg', ...trainArgs(data, out)], {
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/medseg: .*last\.safetensors: the file would be too large/);
    expect(status).toBe(1);
    expect(existsSync(out)).toBe(false);
  });
});

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createImage, createVolume, encodePng } from '@medseg/image-io';
import { writeVolume } from '@medseg/image-io/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, runCli, TINY, temporaryFolder } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const SIDE = 16;
const PARTS = { p0: 'test', p1: 'validation' } as const;
const CASES = 6;

/** A disc in noise, or its mask; `shift` moves the disc. */
function put(file: string, what: 'image' | 'mask', n: number, shift = 0): void {
  mkdirSync(dirname(file), { recursive: true });
  const data = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    const isInside = Math.hypot(x - 5 - n / 2 - shift, y - 8) < 4;
    if (what === 'mask') return isInside ? 1 : 0;
    return (isInside ? 200 : 50) + ((x * 7 + y * 13 + n * 31) % 40);
  });
  writeFileSync(file, encodePng(createImage({ width: SIDE, height: SIDE, channels: 1, data })));
}

const about = { background: 0, disc: 1 };
const putAbout = (dir: string, labels: Record<string, number>): void =>
  writeFileSync(
    join(dir, 'dataset.json'),
    JSON.stringify({ labels, channel_names: { 0: 'camera' }, numTraining: CASES, file_ending: '.png' }),
  );
const putSplit = (dir: string, parts: Record<string, string>): void => {
  const lines = Array.from({ length: CASES }, (_, n) => `p${n},${parts[`p${n}`] ?? 'train'}`);
  writeFileSync(join(dir, 'split.csv'), `patient,split\n${lines.join('\n')}\n`);
};

beforeAll(async () => {
  const data = at('begun/data');
  for (let n = 0; n < CASES; n++) {
    put(join(data, `imagesTr/p${n}_0000.png`), 'image', n);
    put(join(data, `labelsTr/p${n}.png`), 'mask', n);
  }
  putAbout(data, about);
  putSplit(data, PARTS);
  const args = ['--data', data, '--layout', 'nnunet', '--set', 'data.duplicates=false'];
  const { code, stderr } = await runCli('train', ...args, '--out', at('begun/run'), '--steps', '2', ...TINY);
  expect(code, stderr).toBe(0);
}, 60_000);

/** A copy of the run and its data, which `change` changes. */
function changed(name: string, change: (data: string) => void): string {
  cpSync(at('begun'), at(name), { recursive: true });
  change(at(name, 'data'));
  return at(name, 'run');
}

const CHANGES: [string, (data: string) => void, RegExp][] = [
  [
    'an image',
    (data) => put(join(data, 'imagesTr/p2_0000.png'), 'image', 9),
    /1 case differs: \S+p2_0000\.png \(its image changed\)/,
  ],
  [
    'a mask',
    (data) => put(join(data, 'labelsTr/p3.png'), 'mask', 3, 1),
    /1 case differs: \S+labelsTr\S+p3\.png \(its mask changed\)/,
  ],
  [
    'an image and its mask',
    (data) => {
      put(join(data, 'imagesTr/p2_0000.png'), 'image', 2, 1);
      put(join(data, 'labelsTr/p2.png'), 'mask', 2, 1);
    },
    /1 case differs: \S+p2_0000\.png \(its image and its mask changed\)/,
  ],
  [
    'a value to ignore',
    (data) => putAbout(data, { ...about, ignore: 2 }),
    /its classes must be those that \S+run was begun with, disc=1, got disc=1, ignore=2/,
  ],
  [
    'the name of a class',
    (data) => putAbout(data, { background: 0, lesion: 1 }),
    /was begun with, disc=1, got lesion=1/,
  ],
  [
    'a patient more',
    (data) => {
      put(join(data, 'imagesTr/p6_0000.png'), 'image', 6);
      put(join(data, 'labelsTr/p6.png'), 'mask', 6);
    },
    /^medseg: \S+data: must be the data that \S+run was begun with, but patient p6 is new; restore the data, or train a new run$/m,
  ],
  [
    'a patient less',
    (data) => {
      rmSync(join(data, 'imagesTr/p4_0000.png'));
      rmSync(join(data, 'labelsTr/p4.png'));
    },
    /was begun with, but patient p4 is gone; restore the data/,
  ],
  [
    'a patient in the place of two',
    (data) => {
      put(join(data, 'imagesTr/p6_0000.png'), 'image', 6);
      put(join(data, 'labelsTr/p6.png'), 'mask', 6);
      for (const n of [3, 4]) {
        rmSync(join(data, `imagesTr/p${n}_0000.png`));
        rmSync(join(data, `labelsTr/p${n}.png`));
      }
    },
    /was begun with, but patient p6 is new and patients p3, p4 are gone; restore the data/,
  ],
];

describe('a run whose data has changed', () => {
  it.each(CHANGES)('is not resumed: %s', async (what, change, rule) => {
    const run = changed(what.replaceAll(' ', '-'), change);
    const before = readFileSync(join(run, 'checkpoints/last.safetensors'));
    for (const more of [[], ['--steps', '4']]) {
      const { code, stderr } = await runCli('train', '--resume', '--out', run, ...more);
      expect([code, stderr]).toEqual([1, expect.stringMatching(rule)]);
    }
    expect(readFileSync(join(run, 'checkpoints/last.safetensors'))).toEqual(before);
  });

  it('is resumed where files were written anew with the same pixels, or their folder moved', async () => {
    const run = changed('same', (data) => {
      writeFileSync(join(data, 'imagesTr/p2_0000.png'), withComment(readFileSync(join(data, 'imagesTr/p2_0000.png'))));
    });
    const { code, stderr } = await runCli('train', '--resume', '--out', run, '--steps', '4');
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain('earlier version');
  });

  it('keeps its split, and says that a split file has changed', async () => {
    const run = changed('split', (data) => putSplit(data, { p0: 'test', p2: 'validation' }));
    const { code, stderr } = await runCli('train', '--resume', '--out', run, '--steps', '4');
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(
      /keeps its own split; the data set now names other parts: p1 \(train, in the run validation\), p2 \(validation, in the run train\)/,
    );
    expect(JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'))).toMatchObject({
      patients: { test: ['p0'], validation: ['p1'] },
    });
  });

  it('of an earlier version is resumed, with a remark', async () => {
    const run = changed('old', (data) => put(join(data, 'labelsTr/p3.png'), 'mask', 3, 1));
    rmSync(join(run, 'cases.jsonl'));
    const { caseCount, ...info } = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as Record<string, unknown>;
    expect(caseCount).toBe(CASES);
    writeFileSync(join(run, 'run.json'), JSON.stringify(info));
    const { code, stderr } = await runCli('train', '--resume', '--out', run, '--steps', '4');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(
      'is of an earlier version: whether images or masks have changed since it was begun cannot be told',
    );
    rmSync(at('old/data/imagesTr/p4_0000.png'));
    rmSync(at('old/data/labelsTr/p4.png'));
    const less = await runCli('train', '--resume', '--out', run, '--steps', '6');
    expect([less.code, less.stderr]).toEqual([1, expect.stringContaining('but patient p4 is gone; ')]);
  });

  it('without its record, or with a cut one, is refused', async () => {
    const run = changed('gone', () => {});
    const record = join(run, 'cases.jsonl');
    const first = readFileSync(record, 'utf8').split('\n')[0];
    rmSync(record);
    for (const found of ['it is not there', 'it has 1']) {
      const { code, stderr } = await runCli('train', '--resume', '--out', run, '--steps', '4');
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining(`${record}: must have a line for each of the ${CASES} cases`),
      ]);
      expect(stderr).toContain(found);
      writeFileSync(record, `${first}\n`);
    }
  });

  it('with a broken record names the line', async () => {
    const run = changed('broken', () => {});
    writeFileSync(join(run, 'cases.jsonl'), `${readFileSync(join(run, 'cases.jsonl'), 'utf8')}{"id":7}\n`);
    const { code, stderr } = await runCli('train', '--resume', '--out', run);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`cases.jsonl: line ${CASES + 1} must be JSON with id`)]);
  });

  const evaluate = (run: string, ...args: string[]): Promise<CliResult> =>
    runCli('evaluate', '--run', run, '--fast', '--workers', '1', ...args);

  it('is evaluated, and what has changed of the part that is scored is said by name', async () => {
    const run = changed('scored', (data) => {
      put(join(data, 'labelsTr/p0.png'), 'mask', 0, 1);
      put(join(data, 'labelsTr/p3.png'), 'mask', 3, 1);
    });
    const rule =
      /note: 1 of the test cases is not as when \S+run was begun: \S+labelsTr\S+p0\.png \(its mask changed\)/;
    const scored = await evaluate(run, '--split', 'test');
    expect([scored.code, scored.stderr]).toEqual([0, expect.stringMatching(rule)]);
    expect(scored.stderr).not.toContain('p3');
    const all = await evaluate(run, '--split', 'all');
    expect(all.stderr).toMatch(/note: 2 of the cases are not as when/);
    const validation = await evaluate(run, '--split', 'validation');
    expect([validation.code, validation.stderr]).toEqual([0, expect.not.stringContaining('not as when')]);
    const compared = await runCli(
      'compare',
      run,
      at('begun/run'),
      '--data',
      at('scored/data'),
      '--fast',
      '--workers',
      '1',
    );
    expect(compared.code, compared.stderr).toBe(0);
    expect(compared.stderr.match(/of the test cases is not as when/g)).toHaveLength(2);
  });

  it('says which images of a patient are new or gone', async () => {
    const data = at('slices/data');
    const rows = ['id,image,mask,patient'];
    for (let n = 0; n < 8; n++) {
      put(join(data, `i${n}.png`), 'image', n);
      put(join(data, `m${n}.png`), 'mask', n);
      rows.push(`c${n},i${n}.png,m${n}.png,q${Math.floor(n / 2)}`);
    }
    const list = join(data, 'cases.csv');
    const write = (lines: string[]): void => writeFileSync(list, `${lines.join('\n')}\n`);
    write(rows);
    const args = ['--data', list, '--layout', 'manifest', '--set', 'data.duplicates=false'];
    const trained = await runCli('train', ...args, '--out', at('slices/run'), '--steps', '2', ...TINY);
    expect(trained.code, trained.stderr).toBe(0);
    const info = JSON.parse(readFileSync(at('slices/run/run.json'), 'utf8')) as { patients: { test: string[] } };
    const tested = Number(info.patients.test[0]!.slice(1));
    // One image of the test patient less, one more, and one of somebody else.
    put(join(data, 'i8.png'), 'image', 8);
    put(join(data, 'm8.png'), 'mask', 8);
    const other = (2 * tested + 2) % 8;
    const moved = rows.map((row, i) => (i === other + 1 ? row.replace(/q\d/, `q${tested}`) : row));
    write([...moved.filter((_, i) => i !== 2 * tested + 1), `c8,i8.png,m8.png,q${tested}`]);
    const { code, stderr } = await evaluate(at('slices/run'), '--split', 'test');
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/note: 3 of the test cases are not as when \S+ was begun: /);
    for (const change of [
      `i${other}.png (of patient q${tested}, was of q${Math.floor(other / 2)})`,
      'i8.png (new)',
      `of patient q${tested} (gone)`,
    ])
      expect(stderr).toContain(change);
    const resumed = await runCli('train', '--resume', '--out', at('slices/run'));
    expect([resumed.code, resumed.stderr]).toEqual([1, expect.stringContaining('3 cases differ: ')]);
  });
});

describe('a run whose volumes have changed', () => {
  it('is not resumed, also where only the place of one has', async () => {
    const data = at('volumes');
    mkdirSync(join(data, 'imagesTr'), { recursive: true });
    mkdirSync(join(data, 'labelsTr'), { recursive: true });
    const size = [12, 10, 4] as const;
    const volumeOf = (n: number, spacing: number, of: 'image' | 'mask'): Promise<void> => {
      const voxels = Array.from({ length: 480 }, (_, i) => (i % 12 > 3 + (n % 3) && i % 12 < 9 ? 1 : 0));
      const values = of === 'mask' ? voxels : voxels.map((value, i) => 60 * value + ((i * 7 + n * 13) % 30));
      const volume = createVolume({ size, spacing: [1, 1, spacing], data: Int16Array.from(values) });
      return writeVolume(join(data, of === 'mask' ? `labelsTr/v${n}.nii.gz` : `imagesTr/v${n}_0000.nii.gz`), volume);
    };
    for (let n = 0; n < 5; n++) for (const of of ['image', 'mask'] as const) await volumeOf(n, 2, of);
    const labels = { background: 0, box: 1 };
    writeFileSync(
      join(data, 'dataset.json'),
      JSON.stringify({ labels, channel_names: { 0: 'MRI' }, numTraining: 5, file_ending: '.nii.gz' }),
    );
    const args = ['--data', data, '--layout', 'nnunet', '--set', 'data.duplicates=false'];
    const trained = await runCli('train', ...args, '--out', at('volume-run'), '--steps', '2', ...TINY);
    expect(trained.code, trained.stderr).toBe(0);
    for (const of of ['image', 'mask'] as const) await volumeOf(3, 2.5, of);
    const { code, stderr } = await runCli('train', '--resume', '--out', at('volume-run'));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/v3_0000\.nii\.gz \(its image changed\); restore them/)]);
  });
});

/** A PNG with one more chunk of text. */
function withComment(png: Buffer): Buffer {
  // `tEXt` with the content `a\0b`, and its CRC-32.
  const chunk = Buffer.from([0, 0, 0, 3, 0x74, 0x45, 0x58, 0x74, 0x61, 0, 0x62, 0, 0, 0, 0]);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 11)), 11);
  const end = png.length - 12;
  return Buffer.concat([png.subarray(0, end), chunk, png.subarray(end)]);
}

function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let k = 0; k < 8; k++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

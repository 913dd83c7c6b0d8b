import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createImage,
  decodeDicomSegmentation,
  decodeImage,
  encodePng,
  encodeTiff,
  type ImageData,
} from '@medseg/image-io';
import { beforeAll, describe, expect, it } from 'vitest';
import { image as dicomImage, type Element, withMark } from '../../../packages/image-io/src/dicom/elements.fixture.ts';
import { runCli, temporaryFolder, trainTiny } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const side = 20;

/** A bright right half, 20 pixels on each side. */
const half = (split = 10): Uint8Array =>
  Uint8Array.from({ length: side * side }, (_, i) => (i % side >= split ? 200 : 40 + (i % 7)));
const image = (data: ImageData, channels = 1): Parameters<typeof encodePng>[0] =>
  createImage({ width: side, height: side, channels, data });
const png = (data: Uint8Array, channels = 1): Uint8Array => encodePng(image(data, channels));
const repeated = (data: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: 3 * data.length }, (_, i) => data[Math.floor(i / 3)]!);
const floats = (change: (data: Float32Array) => unknown): Uint8Array => {
  const data = Float32Array.from(half());
  change(data);
  return encodeTiff(image(data));
};

async function train(name: string, pixels: (split: number) => Uint8Array): Promise<string> {
  for (const part of ['images', 'masks']) mkdirSync(at(`${name}/${part}`), { recursive: true });
  for (let i = 0; i < 4; i++) {
    writeFileSync(at(`${name}/images/case${i}.png`), pixels(8 + i));
    writeFileSync(at(`${name}/masks/case${i}.png`), png(half(8 + i).map((v) => (v > 100 ? 255 : 0))));
  }
  const run = at(`${name}-run`);
  await trainTiny(at(name), run, '--layout', 'folder');
  return run;
}

let grey: string;
let colour: string;
beforeAll(async () => {
  grey = await train('grey', (split) => png(half(split)));
  colour = await train('colour', (split) =>
    png(
      repeated(half(split)).map((v, i) => (i % 3 === 0 ? v : v >> 1)),
      3,
    ),
  );
}, 120_000);

const segment = (run: string, ...args: string[]): ReturnType<typeof runCli> =>
  runCli('segment', '--run', run, '--workers', '1', ...args);

describe('a folder of images', () => {
  it('is segmented past its bad files, which leave nothing but a line in the table', async () => {
    mkdirSync(at('ward/deeper'), { recursive: true });
    const files: Record<string, Uint8Array | string> = {
      'a2.png': png(half()),
      'a10.png': png(half(12)),
      'broken.png': 'no image',
      'cut.png': png(half()).subarray(0, 60),
      'holes.tif': floats((data) => data.fill(Number.NaN, 0, 3)),
      'infinite.tif': floats((data) => data.fill(Number.POSITIVE_INFINITY, 0, 2)),
      'nothing.tif': floats((data) => data.fill(Number.NaN)),
      'colours.png': png(
        repeated(half()).map((v, i) => (i % 3 === 0 ? v : 9)),
        3,
      ),
      'notes.txt': 'seen by Dr. Nobody',
      '.hidden.png': 'no image',
      'deeper/b.png': png(half()),
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(at(`ward/${name}`), content);
    execFileSync('mkfifo', [at('ward/pipe.png')]);
    const { code, stdout, stderr } = await segment(grey, at('ward'), '--out', at('ward-out'));
    expect(code, stderr).toBe(1);
    expect(stdout).toContain('of 3 files to');
    expect(stderr).toContain('failed: 6 of 9');
    const table = stderr.split('failed: 6 of 9\n')[1]!.trim().split('\n');
    expect(table.map((line) => line.trim().split(/\s{2,}/))).toEqual([
      [at('ward/pipe.png'), 'must be a file or a folder, or a link to one'],
      [
        at('ward/broken.png'),
        expect.stringMatching(/^an image must be PNG, TIFF, JPEG, BMP or GIF, the content is a text file/),
      ],
      [at('ward/colours.png'), 'the run was trained on grey images, got 3 channels that differ'],
      [at('ward/cut.png'), expect.stringContaining('PNG')],
      [at('ward/infinite.tif'), expect.stringMatching(/got 2 infinite of 400 pixels$/)],
      [at('ward/nothing.tif'), expect.stringMatching(/got NaN in all 400 pixels of channel 1$/)],
    ]);
    expect(stderr).toContain(
      `${at('ward/holes.tif')}: NaN pixels are taken as outside the field of view: 0 after normalisation (3 of 400)`,
    );
    expect(stderr).toContain(`${at('ward/notes.txt')}: left out: no image or volume`);
    expect(stderr).toContain(`${at('ward/deeper')}: left out: folders in a folder`);
    expect(stderr).not.toContain('internal error');
    const results = ['a10', 'a2', 'holes'].flatMap((name) =>
      ['mask', 'probability', 'uncertainty'].map((what) => `${name}_${what}.png`),
    );
    expect(readdirSync(at('ward-out')).sort()).toEqual([...results, 'volumes.csv'].sort());
  });

  it('is done whole when nothing is wrong, and counts the pixels of the masks', async () => {
    mkdirSync(at('good'), { recursive: true });
    for (const name of ['x.png', 'y, z.png']) writeFileSync(at(`good/${name}`), png(half()));
    const { code, stderr } = await segment(grey, '--image', at('good'), '--out', at('good-out'));
    expect(code, stderr).toBe(0);
    const pixels = async (name: string): Promise<number> => {
      const { data } = await decodeImage(readFileSync(at(`good-out/${name}_mask.png`)));
      return [...data].filter((value) => value > 0).length;
    };
    const table = (): string => readFileSync(at('good-out/volumes.csv'), 'utf8');
    const counts = [await pixels('x'), await pixels('y, z')];
    expect(table()).toBe(`case,class,voxels,ml\r\nx,foreground,${counts[0]},\r\n"y, z",foreground,${counts[1]},\r\n`);
    // Another command adds its cases, and replaces those that it does again.
    writeFileSync(at('good/more.png'), png(half()));
    const args = [at('good/more.png'), at('good/y, z.png'), '--out', at('good-out')];
    const refused = await segment(grey, ...args);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      `medseg: ${at('good-out')}: holds y, z_mask.png and 2 other results already; choose another --out, or replace them with --force\n`,
    ]);
    expect(table()).not.toContain('more');
    const again = await segment(grey, ...args, '--force');
    expect(again.code, again.stderr).toBe(0);
    expect(
      table()
        .split('\r\n')
        .map((line) => line.split(',foreground')[0]),
    ).toEqual(['case,class,voxels,ml', 'x', 'more', '"y, z"', '']);
  });

  it('is not mixed with its results', async () => {
    const { code, stderr } = await segment(grey, at('good'), '--out', at('good'));
    expect(code).toBe(1);
    expect(stderr).toContain(`--out must be another folder than ${at('good')}, which is read`);
    const file = await segment(grey, at('good'), '--out', at('good/x.png'));
    expect([file.code, file.stderr]).toEqual([1, expect.stringContaining('--out must be a folder')]);
    mkdirSync(at('other'));
    writeFileSync(at('other/volumes.csv'), 'patient,ml\r\n');
    const table = await segment(grey, at('good'), '--out', at('other'));
    expect([table.code, table.stderr]).toEqual([
      1,
      expect.stringContaining('must have the columns case, class, voxels, ml'),
    ]);
    expect(readFileSync(at('other/volumes.csv'), 'utf8')).toBe('patient,ml\r\n');
  });

  it('without an image is named', async () => {
    mkdirSync(at('empty/inner'), { recursive: true });
    const { code, stderr } = await segment(grey, at('empty'), '--out', at('empty-out'));
    expect(code).toBe(1);
    expect(stderr).toContain(`medseg: ${at('empty')}: a folder must hold images, volumes or DICOM series, got none`);
    expect(existsSync(at('empty-out'))).toBe(false);
  });
});

describe('a list of paths', () => {
  it('is read relative to itself; names that clash take their folders before them', async () => {
    for (const patient of ['p1', 'p2']) {
      mkdirSync(at(`lists/${patient}`), { recursive: true });
      writeFileSync(at(`lists/${patient}/scan.png`), png(half()));
    }
    writeFileSync(at('lists/p1/other.png'), png(half()));
    const lines = [
      '\uFEFF# first ward',
      'p1/scan.png',
      '',
      '  p2/scan.png  ',
      'p1/other.png',
      './p1/other.png',
      'p3/scan.png',
    ];
    writeFileSync(at('lists/all.txt'), lines.join('\r\n'));
    const { code, stdout, stderr } = await segment(grey, '--list', at('lists/all.txt'), '--out', at('lists-out'));
    expect(code, stderr).toBe(1);
    expect(stdout).toContain('of 3 files to');
    expect(stderr).toContain(
      `failed: 1 of 4\n  ${at('lists/p3/scan.png')}  no such file (line 7 of ${at('lists/all.txt')})`,
    );
    const masks = readdirSync(at('lists-out')).filter((name) => name.includes('_mask'));
    expect(masks.sort()).toEqual(['other_mask.png', 'p1_scan_mask.png', 'p2_scan_mask.png']);
  });

  it('must have a path, and be there', async () => {
    writeFileSync(at('nothing.txt'), '# nobody\n\n');
    const image = await segment(grey, '--list', at('lists/p1/other.png'), '--out', at('none'));
    expect(image.stderr).toContain(
      'other.png: a list must be a text file in UTF-8 with a path per line, it is not text',
    );
    const empty = await segment(grey, '--list', at('nothing.txt'), '--out', at('none'));
    expect([empty.code, empty.stderr]).toEqual([
      1,
      expect.stringContaining('a list must have a path per line, got none'),
    ]);
    const missing = await segment(grey, '--list', at('missing.txt'), '--out', at('none'));
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('missing.txt: no such file or folder')]);
  });

  it('fails for one of two files of one name in one folder', async () => {
    writeFileSync(at('lists/p1/scan.tif'), encodeTiff(image(half())));
    const { code, stderr } = await segment(
      grey,
      at('lists/p1/scan.png'),
      at('lists/p1/scan.tif'),
      '--out',
      at('twice'),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /scan\.tif {2}its results would overwrite those of .*scan\.png; segment them into two folders/,
    );
    expect(readdirSync(at('twice')).filter((name) => name.includes('_mask'))).toEqual(['scan_mask.png']);
  });
});

describe('channels', () => {
  it('of grey and colour are matched where that is sure, and it is said', async () => {
    mkdirSync(at('mixed'));
    writeFileSync(at('mixed/grey.png'), png(half()));
    writeFileSync(at('mixed/equal.png'), png(repeated(half()), 3));
    const onColour = await segment(colour, at('mixed/grey.png'), '--out', at('on-colour'));
    expect(onColour.code, onColour.stderr).toBe(0);
    expect(onColour.stderr).toContain(`${at('mixed/grey.png')}: grey was repeated as red, green and blue`);
    const onGrey = await segment(grey, at('mixed/grey.png'), at('mixed/equal.png'), '--out', at('on-grey'));
    expect(onGrey.code, onGrey.stderr).toBe(0);
    expect(onGrey.stderr).toContain(`${at('mixed/equal.png')}: equal red, green and blue were taken as grey`);
    const mask = (name: string): Buffer => readFileSync(at(`on-grey/${name}_probability.png`));
    // The noise of a scan goes by its name, so only the shape can be the same.
    const [one, two] = [await decodeImage(mask('grey')), await decodeImage(mask('equal'))];
    expect([one.width, one.height, one.channels]).toEqual([two.width, two.height, two.channels]);
  });
});

describe('DICOM', () => {
  /** An image of the fixture with the half as its pixels, without some elements and with others. */
  const dicom = (lacks: number[], ...others: Element[]): Uint8Array => {
    const pixels: Element[] = [
      [0x00280010, 'US', [side]],
      [0x00280011, 'US', [side]],
      [0x7fe00010, 'OW', [...half()]],
    ];
    return withMark(dicomImage(...pixels, ...others).filter(([tag]) => !lacks.includes(tag)));
  };
  const nowhere = [0x00200032, 0x00200037, 0x00200052];

  it('without a position gets a SEG that refers to it; what no SEG can refer to gets NIfTI, with a remark', async () => {
    mkdirSync(at('films'));
    writeFileSync(at('films/us.dcm'), dicom(nowhere, [0x00080060, 'CS', 'US']));
    writeFileSync(at('films/study.dcm'), dicom([0x0020000d]));
    writeFileSync(at('films/reference.dcm'), dicom([0x00200052]));
    const files = ['us', 'study', 'reference'].map((name) => at(`films/${name}.dcm`));
    const { code, stderr } = await segment(grey, ...files, '--out', at('films-out'));
    expect(code, stderr).toBe(0);
    const masks = readdirSync(at('films-out')).filter((name) => name.includes('_mask'));
    expect(masks.sort()).toEqual(['reference_mask.dcm', 'study_mask.nii.gz', 'study_mask.txt', 'us_mask.dcm']);
    expect(stderr).toContain('us.dcm: the file has no position: its DICOM SEG refers to its images');
    expect(stderr).toContain('reference.dcm: the file names no frame of reference');
    expect(stderr).toContain(
      'study.dcm: its mask is written as NIfTI, not as DICOM SEG: the source must have a study, got none',
    );
    const { segments, volume, isStack } = await decodeDicomSegmentation(readFileSync(at('films-out/us_mask.dcm')));
    expect([segments, volume.size, isStack]).toEqual([[{ number: 1, label: 'foreground' }], [side, side, 1], true]);
  });

  it('in a folder is a series, with others in folders below it', async () => {
    mkdirSync(at('study/b'), { recursive: true });
    mkdirSync(at('study/a'));
    for (const series of ['a', 'b'])
      for (const k of [0, 1])
        writeFileSync(
          at(`study/${series}/${k}`),
          dicom([], [0x00080018, 'UI', `1.2.3.${k + 1}`], [0x00200032, 'DS', `0\\0\\${k}`]),
        );
    writeFileSync(at('study/a/report.pdf'), 'text');
    const { code, stderr } = await segment(grey, at('study'), '--out', at('study-out'));
    expect(code, stderr).toBe(0);
    expect(readdirSync(at('study-out')).filter((name) => name.includes('_mask'))).toEqual(['a_mask.dcm', 'b_mask.dcm']);
    const one = await segment(grey, at('study/a'), '--series', '1.2.9', '--out', at('series-out'));
    expect([one.code, one.stderr]).toEqual([0, expect.stringContaining('report.pdf: left out: beside a DICOM series')]);
    const other = await segment(grey, at('study/a'), '--series', '1.2.10', '--out', at('no-series'));
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('1.2.10')]);
  });
});

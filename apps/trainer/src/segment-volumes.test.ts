import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createVolume, decodeNrrd, encodeNrrd, type Triple, type Volume } from '@medseg/image-io';
import { readVolume, writeVolume } from '@medseg/image-io/node';
import { createRandom } from '@medseg/random';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Element, image, withMark } from '../../../packages/image-io/src/dicom/elements.fixture.ts';
import { runCli, temporaryFolder, trainTiny } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

/** A bright box in a noisy volume, with the mask of it. */
function box(
  seed: number,
  { size = [14, 12, 6], spacing = [1.5, 1, 2.5] }: { size?: Triple; spacing?: Triple } = {},
): { image: Volume; labels: Volume } {
  const random = createRandom(seed);
  const labels = new Uint8Array(size[0] * size[1] * size[2]);
  const start = 2 + random.integer(4);
  for (let k = 1; k < Math.min(5, size[2]); k++)
    for (let j = start; j < start + 5; j++)
      for (let i = start; i < start + 6; i++) labels[(k * size[1] + j) * size[0] + i] = i < start + 3 ? 1 : 2;
  const data = Float32Array.from(labels, (label) => 100 + 100 * label + 10 * random.normal());
  return { image: createVolume({ size, spacing, data }), labels: createVolume({ size, spacing, data: labels }) };
}

let run: string;
beforeAll(async () => {
  const dir = at('boxes');
  for (const part of ['imagesTr', 'labelsTr']) mkdirSync(join(dir, part), { recursive: true });
  const training = [];
  for (let n = 0; n < 4; n++) {
    const { image, labels } = box(n);
    // Outside of the field of view.
    image.data.fill(Number.NaN, 0, n + 1);
    await writeVolume(join(dir, `imagesTr/box_${n}.nii.gz`), image);
    await writeVolume(join(dir, `labelsTr/box_${n}.nii.gz`), labels);
    training.push({ image: `./imagesTr/box_${n}.nii.gz`, label: `./labelsTr/box_${n}.nii.gz` });
  }
  const labels = { 0: 'background', 1: 'Liver', 2: 'Läsion' };
  writeFileSync(join(dir, 'dataset.json'), JSON.stringify({ modality: { 0: 'MRI' }, labels, training }));
  run = at('run');
  const { stderr } = await trainTiny(dir, run, '--layout', 'decathlon');
  expect(stderr).toMatch(/NaN voxels are taken as .*: \S+box_0\.nii\.gz \(1 of 1008\) and 3 more/);
  const evaluated = await runCli('evaluate', '--run', run, '--split', 'all', '--workers', '1');
  expect([evaluated.code, evaluated.stdout]).toEqual([0, expect.not.stringContaining('NaN')]);
}, 120_000);

const segment = (...args: string[]): ReturnType<typeof runCli> =>
  runCli('segment', '--run', run, '--workers', '1', ...args);
const recorded = (): { trainingData: Record<string, unknown> } =>
  JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'));

describe('a volume', () => {
  it('gets a mask with names and colours, and the volumes of its classes', async () => {
    await writeVolume(at('brain.nii.gz'), box(9).image);
    writeFileSync(at('other.nrrd'), encodeNrrd(box(10).image));
    const { code, stderr } = await segment(at('brain.nii.gz'), at('other.nrrd'), '--out', at('out'));
    expect(code, stderr).toBe(0);
    expect(readdirSync(at('out')).sort()).toEqual([
      'brain_mask.nii.gz',
      'brain_mask.txt',
      'brain_probability.nii.gz',
      'brain_uncertainty.nii.gz',
      'other_mask.seg.nrrd',
      'other_probability.nrrd',
      'other_uncertainty.nrrd',
      'volumes.csv',
    ]);
    expect(readFileSync(at('out/brain_mask.txt'), 'utf8')).toMatch(/^ +1 .*"Liver"\n +2 .*"Läsion"\n$/m);
    const nrrd = readFileSync(at('out/other_mask.seg.nrrd'));
    const header = nrrd.subarray(0, nrrd.indexOf('\n\n')).toString();
    expect(header).toContain('\nSegment0_Name:=Liver\n');
    expect(header).toContain('\nSegment1_Name:=Läsion\n');
    expect(header).toContain('SCT^10200004^Liver');

    const { data, size } = decodeNrrd(nrrd);
    expect(size).toEqual([14, 12, 6]);
    const count = (label: number): number => [...data].filter((value) => value === label).length;
    const rows = readFileSync(at('out/volumes.csv'), 'utf8')
      .trim()
      .split('\r\n')
      .map((row) => row.split(','));
    expect(rows.slice(3)).toEqual([
      ['other', 'Liver', `${count(1)}`, `${Number((count(1) * 0.00375).toFixed(6))}`],
      ['other', 'Läsion', `${count(2)}`, `${Number((count(2) * 0.00375).toFixed(6))}`],
    ]);
  });

  it('with one NaN is segmented, and said to have it', async () => {
    const { image } = box(9);
    image.data[100] = Number.NaN;
    await writeVolume(at('hole.nii.gz'), image);
    const { code, stderr } = await segment(at('hole.nii.gz'), '--out', at('hole'));
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(
      'hole.nii.gz: NaN voxels are taken as outside the field of view: 0 after normalisation (1 of 1008)',
    );
    const { data } = await readVolume(at('hole/hole_probability.nii.gz'));
    expect(data.every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});

describe('a DICOM series', () => {
  /** A patient's series of two slices, in a folder called `ct`. */
  function series(patient: string, uid: string): string {
    mkdirSync(at(`${patient}/ct`), { recursive: true });
    for (const k of [0, 1]) {
      const others: Element[] = [
        [0x00080018, 'UI', `${uid}.${k + 1}`],
        [0x0020000e, 'UI', uid],
        [0x00200032, 'DS', `0\\0\\${2 * k}`],
      ];
      writeFileSync(at(`${patient}/ct/${k}.dcm`), withMark(image(...others)));
    }
    return at(`${patient}/ct`);
  }

  /** The UIDs of the SEG of a series: of the instance and of its series. */
  async function uids(ct: string, out: string, ...args: string[]): Promise<string> {
    const { code, stderr } = await segment(ct, '--out', at(out), '--force', ...args);
    expect(code, stderr).toBe(0);
    const bytes = readFileSync(at(`${out}/ct_mask.dcm`));
    const found = [...bytes.toString('latin1').matchAll(/2\.25\.\d{20,39}/g)].map(([uid]) => uid);
    return found.join();
  }

  it('gets UIDs of its own: other than the same folder of another patient, and than with other options', async () => {
    const [one, two] = [series('p1', '1.2.100'), series('p2', '1.2.200')];
    const first = await uids(one, 'seg-1');
    expect(first.split(',').length).toBeGreaterThan(3);
    expect(await uids(one, 'seg-again')).toBe(first);
    const others = [
      await uids(two, 'seg-2'),
      await uids(one, 'seg-seed', '--seed', '77'),
      await uids(one, 'seg-members', '--members', '1'),
      await uids(one, 'seg-steps', '--sampling-steps', '2'),
    ];
    expect(new Set([first, ...others]).size).toBe(5);
  });
});

describe('a foreign volume', () => {
  it('is refused by name, and taken with --force and a remark', async () => {
    expect(recorded().trainingData).toMatchObject({
      volumes: {
        count: 2,
        size: [
          [14, 14],
          [12, 12],
          [6, 6],
        ],
      },
      types: ['float32'],
    });
    mkdirSync(at('foreign'));
    const { image } = box(9);
    const change = (data: Float32Array): Volume => createVolume({ ...image, dtype: 'float32', data });
    const volumes: Record<string, Volume> = {
      ct: change(Float32Array.from(image.data, (value) => 10 * value - 2000)),
      empty: change(new Float32Array(image.data.length)),
      good: image,
      padded: box(9, { size: [40, 40, 6] }).image,
      reslice: createVolume({
        size: [4, 3, 4],
        spacing: [5, 4, 4],
        data: Float32Array.from({ length: 48 }, (_, i) => 90 + ((i * 37) % 200)),
      }),
    };
    for (const [name, volume] of Object.entries(volumes)) await writeVolume(at(`foreign/${name}.nii.gz`), volume);
    const { code, stdout, stderr } = await segment(at('foreign'), '--out', at('foreign-out'));
    expect([code, stdout]).toEqual([1, expect.stringContaining('of 1 file to')]);
    const table = stderr.split('failed: 4 of 5\n')[1]!.trim().split('\n');
    expect(
      table.map((line) =>
        line
          .trim()
          .split(/\/foreign\/|\.nii\.gz {2,}|: /)
          .slice(1, 3),
      ),
    ).toEqual([
      ['ct', 'the intensities are of another kind'],
      ['empty', 'the scan is empty'],
      ['padded', 'the extent is far from the training data'],
      ['reslice', 'the spacing is far from the training data'],
    ]);
    expect(table.every((line) => line.endsWith('; --force segments it all the same'))).toBe(true);

    const forced = await segment(at('foreign'), '--force', '--out', at('forced-out'));
    expect(forced.code, forced.stderr).toBe(0);
    expect(forced.stderr).toMatch(/ct\.nii\.gz: the intensities are of another kind \(-?\d+/);
    expect(readdirSync(at('forced-out')).filter((name) => name.endsWith('_mask.nii.gz'))).toHaveLength(5);
  });

  it('is refused by evaluate and compare too, on data that is not the run’s', async () => {
    const dir = at('far');
    for (const part of ['imagesTr', 'labelsTr']) mkdirSync(join(dir, part), { recursive: true });
    const { image, labels } = box(9, { size: [40, 40, 6] });
    await writeVolume(join(dir, 'imagesTr/far_0.nii.gz'), image);
    await writeVolume(join(dir, 'labelsTr/far_0.nii.gz'), labels);
    const training = [{ image: './imagesTr/far_0.nii.gz', label: './labelsTr/far_0.nii.gz' }];
    const names = { 0: 'background', 1: 'Liver', 2: 'Läsion' };
    writeFileSync(join(dir, 'dataset.json'), JSON.stringify({ modality: { 0: 'MRI' }, labels: names, training }));
    const args = ['--data', dir, '--layout', 'decathlon', '--split', 'all', '--workers', '1'];
    const rule = /far_0\.nii\.gz: the extent is far from the training data: .*; --force evaluates them all the same/;
    for (const command of [
      ['evaluate', '--run', run],
      ['compare', run, run],
    ]) {
      const refused = await runCli(...command, ...args);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(rule)]);
      const forced = await runCli(...command, ...args, '--force');
      expect(forced.code, forced.stderr).toBe(0);
      expect(forced.stderr).toContain('the extent is far from the training data (');
    }
  });

  it('is taken by a run of an earlier version, which says once that nothing is compared', async () => {
    const { trainingData: _, ...earlier } = recorded();
    const text = readFileSync(join(run, 'run.json'), 'utf8');
    writeFileSync(join(run, 'run.json'), JSON.stringify(earlier));
    try {
      const { code, stderr } = await segment(
        at('foreign/padded.nii.gz'),
        at('foreign/good.nii.gz'),
        '--out',
        at('old'),
      );
      expect(code, stderr).toBe(0);
      expect(stderr.split('keeps no ranges of its training data').length).toBe(2);
    } finally {
      writeFileSync(join(run, 'run.json'), text);
    }
  });
});

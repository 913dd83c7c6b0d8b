import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createImage,
  createVolume,
  decodeDicomSegmentation,
  decodeImage,
  decodeVolume,
  encodePng,
  type Volume,
} from '@medseg/image-io';
import { readVolume, writeVolume } from '@medseg/image-io/node';
import { createRandom } from '@medseg/random';
import { sharedPath } from '@medseg/test-support/shared-folder';
import { describe, expect, it } from 'vitest';
import { runCli, TINY, temporaryFolder } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const series = sharedPath('data/formats/dicom/series_24x38x3');

/** A bright box whose halves along i are two classes, in a noisy volume that lies askew in space. */
function boxVolume(seed: number): { image: Volume; labels: Volume } {
  const random = createRandom(seed);
  const size: [number, number, number] = [14, 12, 6];
  const place = {
    size,
    spacing: [1.5, 1, 2.5],
    origin: [-40, 12.5, 7],
    direction: [0, -1, 0, -1, 0, 0, 0, 0, 1],
  } as const;
  const labels = new Uint8Array(14 * 12 * 6);
  const [i0, j0] = [2 + random.integer(4), 2 + random.integer(4)];
  for (let k = 1; k < 5; k++)
    for (let j = j0; j < j0 + 5; j++)
      for (let i = i0; i < i0 + 6; i++) labels[(k * 12 + j) * 14 + i] = i < i0 + 3 ? 1 : 2;
  const image = Float32Array.from(labels, (label) => 40 + 50 * label + 10 * random.normal());
  const parts = { ...place, spacing: [...place.spacing], origin: [...place.origin], direction: [...place.direction] };
  const volume = (data: Uint8Array | Float32Array): Volume =>
    createVolume({ ...parts, data } as unknown as Parameters<typeof createVolume>[0]);
  return { image: volume(image), labels: volume(labels) };
}

/** Six such volumes in the layout of the Medical Segmentation Decathlon. */
async function boxes(name: string): Promise<string> {
  const dir = at(name);
  for (const part of ['imagesTr', 'labelsTr']) mkdirSync(join(dir, part), { recursive: true });
  const training = [];
  for (let n = 0; n < 6; n++) {
    const { image, labels } = boxVolume(n);
    await writeVolume(join(dir, `imagesTr/box_${n}.nii.gz`), image);
    await writeVolume(join(dir, `labelsTr/box_${n}.nii.gz`), labels);
    training.push({ image: `./imagesTr/box_${n}.nii.gz`, label: `./labelsTr/box_${n}.nii.gz` });
  }
  const labels = { 0: 'background', 1: 'left', 2: 'right' };
  writeFileSync(join(dir, 'dataset.json'), JSON.stringify({ modality: { 0: 'MRI' }, labels, training }));
  return dir;
}

describe('volumes of two classes', () => {
  it('are trained on, evaluated in millimetres by class, and segmented on their own grid', async () => {
    const data = await boxes('boxes');
    const run = at('run');
    const trained = await runCli(
      ...['train', '--data', data, '--layout', 'decathlon', '--steps', '6', '--out', run, ...TINY],
      ...['--set', 'data.view.plane=coronal', '--set', 'data.view.neighbours=1', '--set', 'data.emptyShare=0.5'],
    );
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stdout).toMatch(
      /1 volume of 1 patient, split test, 3 steps x 3 members\nTest patients were used neither[\s\S]*Hausdorff 95 \(mm\)[\s\S]*class +Dice[\s\S]*left .*\n +right /,
    );
    expect(JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'))).toMatchObject({
      imageChannels: 3,
      classes: { names: ['left', 'right'], values: [[1], [2]], exclusive: true },
      preparation: { imageSize: [16, 16], normalization: { mode: 'mri' }, view: { plane: 'coronal', neighbours: 1 } },
    });
    const report = readFileSync(join(run, 'report.html'), 'utf8');
    expect(report).toContain('mm³');
    expect(report).not.toMatch(/NaN|undefined/);

    expect(report).toMatch(/coronal slice \d+ of \d+/);
    expect(report).toContain('<span class="side left" aria-hidden="true">R</span>');
    expect(report).toContain('left: volume (ml)');
    expect(trained.stderr).toMatch(/after training, 1 test volume \(\d+ slices\) is scored with 3 members of 3 steps/);

    const evaluated = await runCli('evaluate', '--run', run, '--json', at('scores.json'), '--csv', at('scores.csv'));
    expect(evaluated.code, evaluated.stderr).toBe(0);
    expect(evaluated.stdout).toContain('3 steps x 5 members');
    const lines = readFileSync(at('scores.csv'), 'utf8').split('\r\n');
    expect(lines.map((line) => line.split(',')[2])).toEqual(['class', '', 'left', 'right', undefined]);
    const { unit, images } = JSON.parse(readFileSync(at('scores.json'), 'utf8'));
    expect(unit).toBe('mm');
    expect(images[0].classes.map(({ name }: { name: string }) => name)).toEqual(['left', 'right']);
    // The true boxes have 3 x 5 x 4 voxels each, of 3.75 mm³.
    expect(images[0].classes[0].trueArea).toBeCloseTo(60 * 3.75, 6);
    expect(images[0].trueArea).toBeCloseTo(2 * 60 * 3.75, 6);
    const dices = images[0].classes.map(({ dice }: { dice: number }) => dice);
    expect(images[0].dice).toBeCloseTo((dices[0] + dices[1]) / 2, 12);

    const file = join(data, 'imagesTr/box_0.nii.gz');
    const segmented = await runCli('segment', '--run', run, '--image', file, '--out', at('masks'));
    expect(segmented.code, segmented.stderr).toBe(0);
    const [image, mask, probability] = await Promise.all(
      [file, at('masks/box_0_mask.nii.gz'), at('masks/box_0_probability.nii.gz')].map((path) => readVolume(path)),
    );
    for (const result of [mask!, probability!]) {
      const { size, spacing, origin, direction } = image!;
      expect(result.size).toEqual(size);
      expect([...result.spacing, ...result.origin, ...result.direction]).toEqual(
        [...spacing, ...origin, ...direction].map((value) => expect.closeTo(value, 5)),
      );
    }
    expect(probability!.channels).toBe(2);
    expect(mask!.data.every((label) => [0, 1, 2].includes(Number(label)))).toBe(true);
    // A label is where its probability is the highest of at least a half.
    const p = probability!.data;
    mask!.data.forEach((label, i) => {
      const own = [1 - Number(p[2 * i]) - Number(p[2 * i + 1]), Number(p[2 * i]), Number(p[2 * i + 1])];
      if (Math.max(own[1]!, own[2]!) > 0.501) expect(Number(label)).toBe(own[1]! > own[2]! ? 1 : 2);
    });

    const refused = await runCli('segment', '--run', run, '--image', `${file},${file}`, '--out', at('more'));
    expect([refused.code, existsSync(at('more'))]).toEqual([1, false]);
    expect(refused.stderr).toMatch(/box_0\.nii\.gz: the run was trained on images of 3 channels, got 6/);
  });
});

describe('images of two regions', () => {
  it('give a mask of labels and a probability for each region', async () => {
    for (const part of ['images', 'masks']) mkdirSync(at(`discs/${part}`), { recursive: true });
    for (let n = 0; n < 4; n++) {
      const labels = Uint8Array.from({ length: 400 }, (_, i) => {
        const distance = Math.hypot((i % 20) - 8 - n, Math.floor(i / 20) - 10);
        return distance < 3 ? 2 : distance < 6 ? 1 : 0;
      });
      const grey = (data: Uint8Array): Uint8Array =>
        encodePng(createImage({ width: 20, height: 20, channels: 1, data }));
      writeFileSync(at(`discs/images/${n}.png`), grey(labels.map((label) => 30 + 90 * label)));
      writeFileSync(at(`discs/masks/${n}.png`), grey(labels));
    }
    const run = at('discs-run');
    const trained = await runCli(
      ...['train', '--data', at('discs'), '--layout', 'folder', '--steps', '4', '--out', run, ...TINY],
      // The discs are one image, moved.
      ...['--set', 'data.classes=disc=1+2,cup=2', '--set', 'data.duplicates=false'],
      ...['--set', 'evaluation.fast=true'],
    );
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stderr).toMatch(/after training, 1 (test|validation) image is scored by the anchor alone/);
    expect(trained.stdout).toContain('the anchor head alone');
    expect(trained.stdout).not.toContain('ensemble');
    expect(JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')).classes).toMatchObject({ exclusive: false });
    const segmented = await runCli(
      'segment',
      '--run',
      run,
      '--image',
      at('discs/images/1.png'),
      '--out',
      at('regions'),
    );
    expect(segmented.code, segmented.stderr).toBe(0);
    expect(readdirSync(at('regions')).sort()).toEqual([
      '1_mask.png',
      '1_probability_cup.png',
      '1_probability_disc.png',
      '1_uncertainty.png',
      'volumes.csv',
    ]);
    const { data } = await decodeImage(readFileSync(at('regions/1_mask.png')));
    expect(data.every((label) => [0, 1, 2].includes(Number(label)))).toBe(true);
  });
});

describe.skipIf(!existsSync(series))('a DICOM series', () => {
  it('gets a DICOM SEG that lies on it', async () => {
    const run = at('dicom-run');
    const trained = await runCli(
      ...['train', '--data', series, '--layout', 'dicom', '--steps', '2', '--out', run, ...TINY],
      ...['--set', 'data.validation=0', '--set', 'data.test=0'],
    );
    expect(trained.code, trained.stderr).toBe(0);
    const segmented = await runCli('segment', '--run', run, '--image', join(series, 'image'), '--out', at('seg'));
    expect(segmented.code, segmented.stderr).toBe(0);
    expect(readdirSync(at('seg')).sort()).toEqual([
      'image_mask.dcm',
      'image_probability.nii.gz',
      'image_uncertainty.nii.gz',
      'volumes.csv',
    ]);
    const { segments } = await decodeDicomSegmentation(readFileSync(at('seg/image_mask.dcm')));
    expect(segments.map(({ label }) => label)).toEqual(['Liver']);
    const source = await readVolume(join(series, 'image'));
    const probability = await decodeVolume(readFileSync(at('seg/image_probability.nii.gz')), 'p.nii.gz');
    expect(probability.size).toEqual(source.size);
    probability.origin.forEach((value, axis) => void expect(value).toBeCloseTo(source.origin[axis]!, 4));
  });
});

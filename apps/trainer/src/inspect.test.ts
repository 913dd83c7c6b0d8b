import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createImage, createVolume, encodeTiff } from '@medseg/image-io';
import { writeImage, writeVolume } from '@medseg/image-io/node';
import { lacksShared, sharedPath } from '@medseg/test-support/shared-folder';
import { describe, expect, it } from 'vitest';
import { runCli, temporaryFolder } from './run-cli.fixture.ts';

const folder = temporaryFolder();
const lines = (stdout: string): unknown[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Two pages of one pixel, 7: a page, and its directory again behind it. */
function twoPages(): Uint8Array {
  const first = encodeTiff(createImage({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7) }));
  const next = 10 + first[8]! * 12;
  const bytes = Uint8Array.from([...first, ...first.subarray(8, next + 4)]);
  new DataView(bytes.buffer).setUint32(next, first.length, true);
  return bytes;
}

describe('medseg inspect', () => {
  it('says how many pages a TIFF file has', async () => {
    const file = join(folder, 'pages.tif');
    writeFileSync(file, twoPages());
    const { code, stdout } = await runCli('inspect', file);
    expect(code).toBe(0);
    expect(lines(stdout)).toMatchObject([{ format: 'TIFF', shape: [1, 1], pages: 2, mean: 7 }]);
  });

  it('prints one line of JSON a file', async () => {
    const volume = join(folder, 'labels.nii.gz');
    const image = join(folder, 'photo.png');
    const scan = join(folder, 'scan.nrrd');
    await writeVolume(
      volume,
      createVolume({
        size: [2, 2, 1],
        data: Int16Array.of(0, 2, 2, -1),
        spacing: [0.5, 0.5, 3],
        origin: [-12.5, 20, 7],
        direction: [-1, 0, 0, 0, 1, 0, 0, 0, 1],
      }),
    );
    await writeImage(image, createImage({ width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) }));
    await writeVolume(scan, createVolume({ size: [3, 1, 1], data: Float32Array.of(0.5, 1.5, Number.NaN) }));
    const { code, stdout, stderr } = await runCli('inspect', volume, image, scan);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(lines(stdout)).toEqual([
      {
        file: volume,
        format: 'NIfTI',
        shape: [2, 2, 1],
        channels: 1,
        spacing: [0.5, 0.5, 3],
        origin: [-12.5, 20, 7],
        direction: [-1, 0, 0, 0, 1, 0, 0, 0, 1],
        dtype: 'int16',
        minimum: -1,
        maximum: 2,
        mean: 0.75,
        labels: { '-1': 1, '0': 1, '2': 2 },
      },
      {
        file: image,
        format: 'PNG',
        shape: [2, 1],
        channels: 3,
        spacing: null,
        origin: null,
        direction: null,
        dtype: 'uint8',
        minimum: 1,
        maximum: 6,
        mean: 3.5,
        labels: null,
      },
      expect.objectContaining({
        file: scan,
        format: 'NRRD',
        minimum: 0.5,
        maximum: 1.5,
        mean: 1,
        notFinite: 1,
        labels: null,
      }),
    ]);
  });

  it('names what it cannot read, goes on, and exits with 1', async () => {
    const good = join(folder, 'good.nii');
    await writeVolume(good, createVolume({ size: [1, 1, 1], data: Uint8Array.of(7) }));
    const broken = join(folder, 'broken.nii');
    writeFileSync(broken, readFileSync(good).subarray(0, -1));
    const missing = join(folder, 'missing.nii');
    const { code, stdout, stderr } = await runCli('inspect', broken, missing, good);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(lines(stdout)).toEqual([
      { file: broken, error: `${broken}: the file is truncated: 1 bytes of voxels at byte 352 need 353, it has 352` },
      { file: missing, error: expect.stringContaining('ENOENT') },
      expect.objectContaining({ file: good, labels: { '7': 1 } }),
    ]);
  });

  it('is a wrong command without a file', async () => {
    expect((await runCli('inspect')).code).toBe(2);
  });
});

const isMissing = lacksShared('data');

describe.skipIf(isMissing)('medseg inspect, real files', () => {
  it('reads the folder of a DICOM series and a pair by its voxels, and prints no patient', async () => {
    const series = sharedPath('data/formats/dicom/series_24x38x3/image');
    const pair = sharedPath('data/formats/nifti/ras.img');
    const { code, stdout } = await runCli('inspect', series, pair);
    expect(code).toBe(0);
    expect(lines(stdout)).toEqual([
      expect.objectContaining({
        format: 'DICOM',
        shape: [24, 38, 3],
        dtype: 'uint16',
        origin: [-46.4649, -5.01881, -177.75],
      }),
      expect.objectContaining({ format: 'NIfTI', shape: [62, 41, 34], dtype: 'uint8' }),
    ]);
    expect(stdout).not.toMatch(/patient/i);
  });
});

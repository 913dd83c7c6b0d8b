import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { elements, image, withMark } from '../dicom/elements.fixture.ts';
import { dicomSeries, dicomSeriesValues } from '../dicom/files.fixture.ts';
import { FormatError } from '../format-error.ts';
import { createVolume } from '../volume.ts';
import { foreignVolumes } from './foreign-volumes.fixture.ts';
import { readDicomParts } from './read-dicom-parts.ts';
import { readVolume } from './read-volume.ts';
import { fromBase64 } from './small-files.fixture.ts';
import { writeVolume } from './write-volume.ts';

const volume = createVolume({ size: [2, 1, 2], data: Uint16Array.of(1, 2, 3, 4), spacing: [1, 2, 3] });
const fileOf = (name: string): { bytes: Uint8Array; voxels: Uint8Array; values: number[] } => {
  const { base64, voxels, values } = foreignVolumes.find((file) => file.name === name)!;
  return { bytes: fromBase64(base64), voxels: fromBase64(voxels!), values };
};
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-io-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('writeVolume', () => {
  it.each(['a.nii', 'a.nii.gz', 'a.NRRD'])('writes %s so that readVolume gives it back', async (name) => {
    await writeVolume(join(folder, name), volume);
    expect(await readVolume(join(folder, name))).toEqual(volume);
    expect(await readdir(folder)).toEqual([name]);
  });

  it('refuses other endings', async () => {
    await expect(writeVolume(join(folder, 'a.mha'), volume)).rejects.toThrow(/must end in .nii, .nii.gz, .nrrd, got/);
  });
});

describe('readVolume', () => {
  it('never leaves out what may be a slice of a series: an empty file, or one called as DICOM', async () => {
    for (const [i, base64] of dicomSeries.entries()) await writeFile(join(folder, `${i}.dcm`), fromBase64(base64));
    await writeFile(join(folder, 'notes.txt'), 'a series');
    await writeFile(join(folder, '.keep'), '');
    const whole = await readVolume(folder);
    for (const [name, content, rule] of [
      ['x.IMA', '<html>', 'a file of a DICOM series must hold DICOM, it does not'],
      ['x', '', 'a file of a DICOM series must hold DICOM, it is empty'],
    ] as const) {
      await writeFile(join(folder, name), content);
      await expect(readVolume(folder)).rejects.toThrow(`${join(folder, name)}: ${rule}`);
      await expect(readDicomParts(folder)).rejects.toThrow(rule);
      await rm(join(folder, name));
    }
    expect(await readVolume(folder)).toEqual(whole);
  });

  it('reads a pair by either of its names', async () => {
    const { bytes, voxels, values } = fileOf('NIfTI-1 pair');
    await writeFile(join(folder, 'a.hdr'), bytes);
    await writeFile(join(folder, 'a.img'), voxels);
    for (const name of ['a.hdr', 'a.img']) expect([...(await readVolume(join(folder, name))).data]).toEqual(values);
  });

  it('reads the file that a header names', async () => {
    const { bytes, voxels, values } = fileOf('MetaImage with its voxels in another file');
    await writeFile(join(folder, 'a.mhd'), bytes);
    await expect(readVolume(join(folder, 'a.mhd'))).rejects.toThrow(/ENOENT/);
    await writeFile(join(folder, 'd.raw'), voxels);
    expect([...(await readVolume(join(folder, 'a.mhd'))).data]).toEqual(values);
  });

  it('reads a folder as the series of its DICOM files', async () => {
    await expect(readVolume(folder)).rejects.toThrow(/must hold the DICOM files of a series, got none/);
    for (const [i, base64] of dicomSeries.entries()) await writeFile(join(folder, `x${3 - i}`), fromBase64(base64));
    await writeFile(join(folder, 'README.txt'), 'hello');
    expect([...(await readVolume(folder)).data]).toEqual(dicomSeriesValues);
  });

  it('reads slices without the mark beside others, and leaves out what is no image', async () => {
    for (const k of [0, 1, 2]) {
      const slice = image([0x00200032, 'DS', `0\\0\\${2 * k}`]);
      await writeFile(join(folder, `s${k}`), k === 1 ? elements(slice) : withMark(slice));
    }
    const report = image([0x00080060, 'CS', 'SR']).filter(([tag]) => tag >>> 16 < 0x28);
    await writeFile(join(folder, 'report.dcm'), elements(report));
    await writeFile(join(folder, '.DS_Store'), Uint8Array.of(0, 0, 0, 1, 0x42, 0x75, 0x64, 0x31));
    await writeFile(join(folder, 'README.txt'), 'hello');
    const { size, spacing } = await readVolume(folder);
    expect({ size, spacing }).toEqual({ size: [3, 2, 3], spacing: [0.5, 0.25, 2] });
  });

  it('refuses a slice that lost its pixels instead of leaving it out', async () => {
    await writeFile(join(folder, 'a.dcm'), withMark(image()));
    await writeFile(join(folder, 'b.dcm'), withMark(image().filter(([tag]) => tag !== 0x7fe00010)));
    await expect(readVolume(folder)).rejects.toThrow(/b.dcm: a DICOM image must have pixel data, got none/);
  });

  it.each(['../d.raw', '/etc/passwd', 'C:\\d.raw', '..', 'sub/d.raw', 'LIST', 'slice%03d.raw'])(
    'refuses voxels in %s',
    async (name) => {
      const header = `ObjectType = Image\nNDims = 3\nDimSize = 1 1 1\nElementType = MET_UCHAR\nElementDataFile = ${name}\n`;
      await writeFile(join(folder, 'a.mhd'), header);
      await expect(readVolume(join(folder, 'a.mhd'))).rejects.toThrow(FormatError);
      await writeFile(join(folder, 'a.nhdr'), `NRRD0004\ntype: uint8\ndimension: 1\nsizes: 1\ndata file: ${name}\n`);
      await expect(readVolume(join(folder, 'a.nhdr'))).rejects.toThrow(/must be in/);
    },
  );
});

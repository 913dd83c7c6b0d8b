import { lacksShared, sharedPath } from '@medseg/test-support/shared-folder';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode-image.ts';
import { bytesOf, foreignFiles } from './files/foreign-files.fixture.ts';
import { readImage } from './files/read-image.ts';
import { FormatError } from './format-error.ts';
import { createImage } from './image.ts';
import { encodePng } from './png/encode.ts';
import { encodeTiff } from './tiff/encode.ts';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

describe('decodeImage', () => {
  it.each(foreignFiles)('reads what others write: $name', async (file) => {
    const image = await decodeImage(bytesOf(file));
    expect(image).toMatchObject({ width: file.width, height: file.height, channels: file.channels });
    expect([...image.data]).toEqual(file.values);
  });

  it('goes by content and not by name', async () => {
    const image = createImage({ width: 2, height: 1, channels: 1, data: Uint8Array.of(3, 4) });
    expect(await decodeImage(encodePng(image), 'really-a-png.tif')).toEqual(image);
    expect(await decodeImage(encodeTiff(image), 'really-a-tiff.png')).toEqual(image);
  });

  it.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(0), 'x.tif: the file is empty (byte 0)'],
    ['text', text('hello'), 'x.tif: an image must be PNG, TIFF, JPEG, BMP or GIF, the content is a text file (byte 0)'],
    [
      'a pointer of Git LFS',
      text('version https://git-lfs.github.com/spec/v1\noid sha256:1\n'),
      'x.tif: the file is a Git LFS pointer, not the data that it points to; run git lfs pull',
    ],
    [
      'a page of HTML',
      text('\n<!DOCTYPE html><html>'),
      'x.tif: the file is an HTML page, downloaded in the place of the data',
    ],
    [
      'a JPEG without content',
      Uint8Array.of(0xff, 0xd8, 0xff, 0xe0),
      'x.tif: the JPEG file is truncated: marker E0 declares no bytes (byte 2)',
    ],
    [
      'a DICOM file',
      new Uint8Array([...new Uint8Array(128), ...text('DICM')]),
      'x.tif: an image must be PNG, TIFF, JPEG, BMP or GIF, the content is a DICOM file (byte 0)',
    ],
    [
      'a gzip file',
      Uint8Array.of(0x1f, 0x8b, 8),
      'x.tif: an image must be PNG, TIFF, JPEG, BMP or GIF, the content is a gzip file (byte 0)',
    ],
    [
      'zeros',
      new Uint8Array(100),
      'x.tif: an image must be PNG, TIFF, JPEG, BMP or GIF, the content is none of these (byte 0)',
    ],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(decodeImage(bytes, 'x.tif')).rejects.toThrow(FormatError);
    await expect(decodeImage(bytes, 'x.tif')).rejects.toThrow(message);
  });
});

const isMissing = lacksShared('data');

describe.skipIf(isMissing)('real files', () => {
  // Sum and weighted sum of the samples as Pillow reads them; the weights are i mod 1009.
  it.each([
    ['lgg/kaggle_3m/TCGA_CS_4943_20000902/TCGA_CS_4943_20000902_15.tif', 256, 256, 3, 5086225, 2569139230],
    ['lgg/kaggle_3m/TCGA_CS_4943_20000902/TCGA_CS_4943_20000902_15_mask.tif', 256, 256, 1, 611235, 326370675],
    ['formats/chase_db1/masks/Image_01L_1stHO.png', 999, 960, 1, 17055675, 8628818265],
    ['formats/isbi2012/images/0.png', 512, 512, 1, 35971420, 18097161446],
    [
      'formats/dsb2018/images/003cee89357d9fe13516167fd67b609a164651b21934585648c740d2c3d86dc1.png',
      256,
      256,
      4,
      18484809,
      9320916858,
    ],
    ['formats/isic2017/masks/ISIC_0013085_segmentation.png', 3008, 2000, 1, 211337370, 106737267090],
  ])('%s', async (path, width, height, channels, sum, weighted) => {
    const image = await readImage(sharedPath('data', path));
    expect(image).toMatchObject({ width, height, channels });
    let total = 0;
    let weightedTotal = 0;
    for (let i = 0; i < image.data.length; i++) {
      total += image.data[i]!;
      weightedTotal += image.data[i]! * (i % 1009);
    }
    expect([total, weightedTotal]).toEqual([sum, weighted]);
  });
});

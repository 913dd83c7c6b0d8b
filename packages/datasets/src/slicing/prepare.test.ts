import { createImage, type Image } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
import { binarizeMask, measuredPixels, prepareImage, resizeMask } from './prepare.ts';

const gray = (...values: number[]): Image =>
  createImage({ width: values.length, height: 1, channels: 1, data: Uint8Array.from(values) });

describe('binarizeMask', () => {
  it.each<[string, number[], number[]]>([
    ['0 and 255', [0, 255, 0], [0, 1, 0]],
    ['0 and 1', [1, 0, 0], [1, 0, 0]],
    ['two other values', [128, 255], [0, 1]],
    ['no lesion', [0, 0], [0, 0]],
    ['nothing but lesion', [255, 255], [1, 1]],
  ])('reads %s', (_, values, expected) => {
    expect([...binarizeMask(gray(...values), 'm.png')]).toEqual(expected);
  });

  it('reads two colours and ignores opacity', () => {
    const rgba = createImage({
      width: 3,
      height: 1,
      channels: 4,
      alpha: true,
      data: Uint8Array.of(0, 0, 0, 255, 9, 200, 9, 255, 0, 0, 0, 0),
    });
    expect([...binarizeMask(rgba, 'm.png')]).toEqual([0, 1, 0]);
  });

  it('takes the same of two equally bright colours, whichever comes first', () => {
    const red = [255, 0, 0];
    const green = [0, 255, 0];
    const rgb = (...colours: number[][]): Image =>
      createImage({ width: colours.length, height: 1, channels: 3, data: Uint8Array.from(colours.flat()) });
    expect([...binarizeMask(rgb(red, green), 'm.png')]).toEqual([1, 0]);
    expect([...binarizeMask(rgb(green, red), 'm.png')]).toEqual([0, 1]);
  });

  it('cuts a mask that was saved as JPEG at 127', () => {
    const image = { ...gray(0, 3, 127, 128, 249, 255), lossy: true };
    expect([...binarizeMask(image, 'm.jpg')]).toEqual([0, 0, 0, 1, 1, 1]);
    const rgb = createImage({
      width: 2,
      height: 1,
      channels: 3,
      data: Uint8Array.of(127, 128, 126, 128, 128, 126),
      lossy: true,
    });
    expect([...binarizeMask(rgb, 'm.jpg')]).toEqual([0, 1]);
  });

  it('names the values of a mask that has three', () => {
    expect(() => binarizeMask(gray(0, 128, 255), 'm.png')).toThrow(
      'm.png: a mask must have at most two values, got 0, 128, 255',
    );
    expect(() => binarizeMask(gray(0, 1, 2, 3, 4, 5), 'm.png')).toThrow('got 0, 1, 2, 3, 4 and more');
  });
});

describe('prepareImage', () => {
  it('drops opacity, resizes, then normalises', () => {
    const image = createImage({
      width: 4,
      height: 2,
      channels: 2,
      alpha: true,
      data: Uint8Array.of(10, 1, 30, 2, 50, 3, 70, 4, 10, 5, 30, 6, 50, 7, 70, 8),
    });
    expect(measuredPixels(image)).toEqual({
      height: 2,
      width: 4,
      channels: 1,
      data: Float32Array.of(10, 30, 50, 70, 10, 30, 50, 70),
    });
    const { data, channels } = prepareImage(image, { imageSize: [1, 2], normalization: 'none' });
    expect([channels, ...data]).toEqual([1, 20, 60]);
    const [low, high] = prepareImage(image, { imageSize: [1, 2] }).data;
    // Two values: mean between them; the percentiles take 0.5 % of the way off each end.
    expect(low).toBeCloseTo(-1, 5);
    expect(high).toBeCloseTo(1, 5);
  });

  it('knows the white of 16 bits', () => {
    const image = createImage({ width: 1, height: 1, channels: 1, data: Uint16Array.of(65535) });
    expect([...prepareImage(image, { imageSize: [1, 1], normalization: 'photo' }).data]).toEqual([1]);
  });
});

describe('resizeMask', () => {
  it('sets a pixel when at least half of its area is set', () => {
    const mask = Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 1);
    expect([...resizeMask(mask, { height: 2, width: 4 }, [1, 2])]).toEqual([1, 0]);
  });

  it('gives back a mask that grew by a whole factor', () => {
    const mask = Uint8Array.from({ length: 48 }, (_, i) => ((i * 7) % 5 < 2 ? 1 : 0));
    const grown = resizeMask(mask, { height: 6, width: 8 }, [18, 24]);
    expect([...resizeMask(grown, { height: 18, width: 24 }, [6, 8])]).toEqual([...mask]);
  });
});

describe('prepareImage of an image with NaN', () => {
  const float = (...values: number[]): Image =>
    createImage({ width: values.length, height: 1, channels: 1, data: Float32Array.from(values) });
  const { NaN: outside, POSITIVE_INFINITY: infinity } = Number;

  it('resizes what is a number, and makes 0 of the rest', () => {
    const { data } = prepareImage(float(2, outside, outside, outside, 4, 8), {
      imageSize: [1, 3],
      normalization: 'none',
    });
    expect([...data]).toEqual([2, 0, 6]);
  });

  it('refuses infinities, which resizing would spread or hide', () => {
    expect(() => prepareImage(float(1, infinity, -infinity, 1), { imageSize: [1, 2] })).toThrow(
      'got 2 infinite of 4 pixels',
    );
    expect(() => prepareImage(float(outside, outside), { imageSize: [1, 2] })).toThrow('NaN in all 2 pixels');
  });
});

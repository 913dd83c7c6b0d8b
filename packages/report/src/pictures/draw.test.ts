import { decodeImage } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
import { contactSheet } from './contact-sheet.ts';
import { drawChannels, drawGrey, drawHeat, drawMask, drawSlice } from './draw.ts';
import { toDataUri, toPng } from './picture.ts';

const size = { height: 1, width: 2 };

describe('a slice', () => {
  it('is stretched over all channels, opacity left out', () => {
    expect([...drawSlice({ ...size, channels: 1, data: [10, 30] }).rgb]).toEqual([0, 0, 0, 255, 255, 255]);
    expect([...drawSlice({ ...size, channels: 3, data: [0, 1, 2, 3, 4, 5] }).rgb]).toEqual([0, 51, 102, 153, 204, 255]);
    const grey = { ...size, channels: 2, data: [0, 99, 10, 99], alpha: true };
    expect([...drawSlice(grey).rgb]).toEqual([0, 0, 0, 255, 255, 255]);
  });

  it('is stretched over its numbers, NaN black', () => {
    const holed = { height: 1, width: 3, channels: 1, data: [Number.NaN, 10, 30] };
    expect([...drawSlice(holed).rgb]).toEqual([0, 0, 0, 0, 0, 0, 255, 255, 255]);
  });

  it('is stretched channel by channel, or from black to white as told', () => {
    const colours = { ...size, channels: 3, data: [0, 10, 7, 1, 30, 7] };
    expect([...drawChannels(colours).rgb]).toEqual([0, 0, 0, 255, 255, 0]);
    expect([...drawChannels({ ...size, channels: 1, data: [-2, 0] }, [-1, 1]).rgb]).toEqual([0, 0, 0, 128, 128, 128]);
    const four = { ...size, channels: 4, data: [9, 9, 9, 1, 8, 8, 8, 2] };
    expect([...drawChannels(four).rgb]).toEqual([0, 0, 0, 255, 255, 255]);
  });
});

it('tints a mask and draws its rim solid', () => {
  const black = drawGrey(new Float32Array(25), { height: 5, width: 5 });
  const mask = Uint8Array.from({ length: 25 }, (_, i) => (i % 5 > 0 && i % 5 < 4 && i > 4 && i < 20 ? 1 : 0));
  const { rgb } = drawMask(black, mask, [100, 200, 0]);
  const at = (y: number, x: number): number[] => [...rgb.subarray((y * 5 + x) * 3, (y * 5 + x) * 3 + 3)];
  expect([at(0, 0), at(1, 1), at(2, 2)]).toEqual([
    [0, 0, 0],
    [100, 200, 0],
    [30, 60, 0],
  ]);
  expect(black.rgb.every((value) => value === 0)).toBe(true); // the picture itself is as it was
});

it('draws heat from black to yellow, values outside as the ends', () => {
  expect([...drawHeat([0, 1], size).rgb]).toEqual([0, 0, 4, 252, 255, 164]);
  expect(drawHeat([-1, 2], size)).toEqual(drawHeat([0, 1], size));
});

it('writes a picture as PNG and as a data URI, also one of many bytes', async () => {
  const side = 96;
  const noise = Float32Array.from({ length: side * side }, (_, i) => ((i * i * 7919) % 65521) / 65520);
  const picture = drawHeat(noise, { height: side, width: side });
  const png = toPng(picture);
  expect(png.length).toBeGreaterThan(8192);
  const { width, height, channels, data } = await decodeImage(png);
  expect([width, height, channels]).toEqual([side, side, 3]);
  expect(data).toEqual(picture.rgb);
  expect(toDataUri(picture)).toBe(`data:image/png;base64,${Buffer.from(png).toString('base64')}`);
});

describe('a contact sheet', () => {
  it('puts pictures in the middle of squares, row by row', () => {
    const white = drawGrey([1, 1], size);
    const sheet = contactSheet([white, white, white], { side: 2, columns: 2 });
    expect([sheet.width, sheet.height]).toEqual([2 * 6 + 4, 2 * 6 + 4]);
    const bright = [...sheet.rgb.keys()].filter((i) => i % 3 === 0 && sheet.rgb[i] === 255).map((i) => i / 3);
    expect(bright).toEqual([4, 10].flatMap((y) => (y === 4 ? [4, 5, 10, 11] : [4, 5]).map((x) => y * 16 + x)));
  });

  it('refuses no picture, and one that is too large', () => {
    expect(() => contactSheet([], { side: 2, columns: 2 })).toThrow('contactSheet: needs at least one picture');
    expect(() => contactSheet([drawGrey([1, 1], size)], { side: 1, columns: 2 })).toThrow(
      'contactSheet: pictures must fit a square of 1 pixels, got one of 2x1',
    );
  });
});

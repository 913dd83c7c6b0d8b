import { describe, expect, it } from 'vitest';
import { decodeImage } from '../decode-image.ts';
import { flickinger, gif } from './builder.fixture.ts';
import { decodeGif } from './decode.ts';

const gray = (level: number): number[] => [level, level, level];
const ramp = Array.from({ length: 256 }, (_, k) => gray(k));

describe('decodeGif', () => {
  it('reads the example of "What\'s in a GIF", with its palette indices', async () => {
    const rows = [
      ...Array(3).fill('1111122222'),
      ...Array(2).fill('1110000222'),
      ...Array(2).fill('2220000111'),
      ...Array(3).fill('2222211111'),
    ];
    const image = await decodeImage(flickinger, 'a.gif');
    expect(image).toMatchObject({ width: 10, height: 10, channels: 3, bitDepth: 8 });
    expect(Array.from({ length: 10 }, (_, y) => [...image.indices!.subarray(y * 10, y * 10 + 10)].join(''))).toEqual(
      rows,
    );
    expect([...image.data.subarray(0, 3), ...image.data.subarray(15, 18)]).toEqual([255, 0, 0, 0, 0, 255]);
    expect(image.data.length).toBe(300);
  });

  it('reads runs and noise of any length, through every size of code and a full table', () => {
    const noise = Array.from({ length: 300 * 100 }, (_, i) => (i * i * 7 + (i >> 3)) % 256);
    const image = decodeGif(gif(noise, { width: 300, palette: ramp }));
    expect(image).toMatchObject({ width: 300, height: 100, channels: 1 });
    expect([...image.data]).toEqual(noise);
    const run = new Array<number>(5000).fill(1);
    expect([...decodeGif(gif(run, { width: 50, palette: [gray(0), gray(255)], codeBits: 2 })).data]).toEqual(
      run.map(() => 255),
    );
  });

  it('puts the rows of an interlaced file in their order', () => {
    const rows = [0, 8, 4, 2, 6, 10, 1, 3, 5, 7, 9];
    const image = decodeGif(gif(rows, { width: 1, palette: ramp, isInterlaced: true }));
    expect([...image.data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('gives one channel where the colours in use are gray, and opacity where a transparent one is', () => {
    const palette = [gray(0), gray(255), [255, 0, 0], gray(9)];
    expect(decodeGif(gif([0, 1, 1, 0], { width: 2, palette }))).toEqual({
      width: 2,
      height: 2,
      channels: 1,
      bitDepth: 8,
      data: Uint8Array.of(0, 255, 255, 0),
    });
    expect(decodeGif(gif([0, 1], { width: 2, palette, transparent: 0 }))).toMatchObject({
      channels: 2,
      alpha: true,
      data: Uint8Array.of(0, 0, 255, 255),
    });
    expect(decodeGif(gif([0, 1], { width: 2, palette, transparent: 3 }))).toMatchObject({ channels: 1 });
    expect(decodeGif(gif([0, 2], { width: 2, palette, transparent: 0 }))).toMatchObject({
      channels: 4,
      data: Uint8Array.of(0, 0, 0, 0, 255, 0, 0, 255),
      indices: Uint8Array.of(0, 2),
    });
  });

  const good = gif([0, 1, 1, 0], { width: 2, palette: ramp });
  it.each<[string, Uint8Array, string]>([
    ['an animation', gif([0, 1], { width: 2, palette: ramp, frames: 2 }), 'must have one frame, got several'],
    [
      'a frame that is smaller than the image',
      gif([0, 1], { width: 2, palette: ramp, place: [1, 0, 1, 1] }),
      'must cover its image of 2x1, got 1x1 at 1,0',
    ],
    ['an end inside a block', good.subarray(0, good.length - 4), 'is truncated: it ends inside a block'],
    ['no palette', gif([0], { width: 1, palette: ramp }).map((byte, i) => (i === 10 ? 0 : byte)), 'GIF block must be'],
    ['too few pixels', good.map((byte, i) => (i === 8 || i === 13 + 768 + 7 ? 3 : byte)), 'must hold 6 pixels, got 4'],
    [
      'sizes that cannot be true',
      good.map((byte, i) => (i === 7 || i === 13 + 768 + 6 ? 255 : byte)),
      'more than its 7 bytes can hold',
    ],
    [
      'a colour beyond the palette',
      gif([0, 5], { width: 2, palette: [gray(0), gray(1)] }),
      'a pixel asks for number 5',
    ],
    ['a code that there is not', good.map((byte, i) => (i === 13 + 768 + 15 ? 255 : byte)), 'is not valid LZW data'],
    ['no frame', Uint8Array.from([...good.subarray(0, 13 + 768), 0x3b]), 'must have a frame, got none'],
  ])('names %s', (_, bytes, rule) => {
    expect(() => decodeGif(bytes, 'a.gif')).toThrow('a.gif: ');
    expect(() => decodeGif(bytes, 'a.gif')).toThrow(rule);
  });

  it('keeps to the limit of decoded bytes, and does without the trailer', () => {
    expect(() => decodeGif(good, 'a.gif', { maxBytes: 19 })).toThrow('20 bytes; the limit maxBytes is 19');
    expect([...decodeGif(good.subarray(0, -1)).data]).toEqual([0, 1, 1, 0]);
  });
});

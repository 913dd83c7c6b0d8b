import { expect, it } from 'vitest';
import { unpackBits } from '../dicom/frames.ts';
import { byteOfBit } from './bits.ts';

it('finds the byte of a bit, also beyond 32 bits', () => {
  expect([0, 7, 8, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 9].map(byteOfBit)).toEqual([
    0,
    0,
    1,
    2 ** 28 - 1,
    2 ** 28,
    2 ** 29 + 1,
  ]);
});

it('reads the bits of a frame that lies behind 2^31 others', () => {
  const bytes = new Uint8Array(2 ** 28 + 2);
  bytes[2 ** 28] = 0b1010_0101;
  bytes[2 ** 28 - 1] = 0b1000_0000;
  expect([...unpackBits(bytes, 0, 2 ** 31 - 1, 10)]).toEqual([1, 1, 0, 1, 0, 0, 1, 0, 1, 0]);
});

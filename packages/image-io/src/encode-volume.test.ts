import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Matrix } from './geometry.ts';
import { decodeNifti } from './nifti/decode.ts';
import { encodeNifti } from './nifti/encode.ts';
import { decodeNrrd } from './nrrd/decode.ts';
import { encodeNrrd } from './nrrd/encode.ts';
import { createVolume, type Volume } from './volume.ts';
import { arrayOf, bytesPerVoxel, takeVoxels, type VoxelType } from './voxels.ts';

const types = Object.keys(arrayOf) as VoxelType[];
const side = fc.integer({ min: 1, max: 4 });
const real = fc.double({ min: -250, max: 250, noNaN: true });

/** A rotation about two axes, mirrored or not, with the axes in any order. */
const direction = fc
  .tuple(
    fc.double({ min: -3.2, max: 3.2, noNaN: true }),
    fc.double({ min: -3.2, max: 3.2, noNaN: true }),
    fc.boolean(),
    fc.nat(2),
  )
  .map(([a, b, isMirrored, turn]) => {
    const rows = [
      [Math.cos(a), -Math.sin(a) * Math.cos(b), Math.sin(a) * Math.sin(b)],
      [Math.sin(a), Math.cos(a) * Math.cos(b), -Math.cos(a) * Math.sin(b)],
      [0, Math.sin(b), Math.cos(b)],
    ];
    return rows.flatMap((row) =>
      [0, 1, 2].map((c) => row[(c + turn) % 3]! * (isMirrored && c === 1 ? -1 : 1)),
    ) as unknown as Matrix;
  });

const anyVolume: fc.Arbitrary<Volume> = fc
  .record({
    size: fc.tuple(side, side, side),
    channels: fc.integer({ min: 1, max: 3 }),
    dtype: fc.constantFrom(...types),
    spacing: fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 0.1, max: 9, noNaN: true }))) as fc.Arbitrary<
      [number, number, number]
    >,
    origin: fc.tuple(real, real, real),
    direction,
    seed: fc.nat(),
  })
  .map(({ seed, ...parts }) => {
    const count = parts.size[0] * parts.size[1] * parts.size[2] * parts.channels;
    const bytes = new Uint8Array(count * bytesPerVoxel[parts.dtype]);
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.imul(seed + i, 2654435761) >>> 24;
    const isLong = bytesPerVoxel[parts.dtype] === 8 && parts.dtype !== 'float64';
    const data = isLong
      ? Float64Array.from({ length: count }, (_, i) => (seed + i) * 1048573)
      : takeVoxels(bytes, parts.dtype, true);
    return createVolume({ ...parts, data });
  });

function expectSame(read: Volume, written: Volume, millimetres: number): void {
  expect(read).toMatchObject({ size: written.size, channels: written.channels, dtype: written.dtype });
  expect(read.data).toEqual(written.data);
  for (const name of ['spacing', 'origin', 'direction'] as const) {
    for (const [i, value] of read[name].entries())
      expect(Math.abs(value - written[name][i]!)).toBeLessThan(millimetres);
  }
}

describe('what is written is read again', () => {
  it('NIfTI-1, with positions as float32', () => {
    fc.assert(
      fc.property(anyVolume, fc.boolean(), (volume, gzip) =>
        expectSame(decodeNifti(encodeNifti(volume, { gzip })), volume, 1e-5),
      ),
      { numRuns: 100 },
    );
  });

  it('NIfTI-2 and NRRD, with positions as float64', () => {
    fc.assert(
      fc.property(anyVolume, fc.boolean(), (volume, gzip) => {
        expectSame(decodeNifti(encodeNifti(volume, { gzip, version: 2 })), volume, 1e-10);
        expectSame(decodeNrrd(encodeNrrd(volume, { gzip })), volume, 1e-10);
      }),
      { numRuns: 100 },
    );
  });

  it('NIfTI has the same position in its qform as in its sform', () => {
    fc.assert(
      fc.property(anyVolume, (volume) => {
        const bytes = encodeNifti(volume, { version: 2 });
        new DataView(bytes.buffer).setInt32(348, 0, true); // no sform
        expectSame(decodeNifti(bytes), volume, 1e-7);
      }),
      { numRuns: 100 },
    );
  });

  it('NIfTI-2 keeps a turn by nearly half a circle in its qform', () => {
    const [cosine, sine] = [-Math.cos(2e-7), Math.sin(2e-7)];
    const direction: Matrix = [1, 0, 0, 0, cosine, -sine, 0, sine, cosine];
    const volume = createVolume({ size: [1, 1, 1], data: Uint8Array.of(1), direction });
    const bytes = encodeNifti(volume, { version: 2 });
    new DataView(bytes.buffer).setInt32(348, 0, true); // no sform
    expectSame(decodeNifti(bytes), volume, 1e-8);
  });

  it('keeps axes that do not stand on one another, in the sform alone', () => {
    const slanted: Matrix = [1, 0.6, 0, 0, 0.8, 0, 0, 0, 1];
    const volume = createVolume({ size: [1, 1, 1], data: Uint8Array.of(1), direction: slanted });
    const bytes = encodeNifti(volume);
    expect(new DataView(bytes.buffer).getInt16(252, true)).toBe(0);
    expectSame(decodeNifti(bytes), volume, 1e-6);
  });

  it('gives the same bytes for the same volume', () => {
    const volume = createVolume({ size: [2, 1, 1], data: Uint8Array.of(1, 2) });
    expect(encodeNifti(volume, { gzip: true })).toEqual(encodeNifti(volume, { gzip: true }));
  });
});

describe('encodeNifti', () => {
  it('chooses version 2 where version 1 has no room', () => {
    const long = createVolume({ size: [40000, 1, 1], data: new Uint8Array(40000) });
    expect(decodeNifti(encodeNifti(long)).size).toEqual([40000, 1, 1]);
    expect(() => encodeNifti(long, { version: 1 })).toThrow(/32767 voxels a side, got 40000x1x1/);
  });

  it('refuses what a 64-bit integer does not hold', () => {
    const half = createVolume({ size: [1, 1, 1], data: Float64Array.of(0.5), dtype: 'int64' });
    expect(() => encodeNifti(half)).toThrow(/must be an integer within 2\^53, got 0.5/);
  });
});

describe('createVolume', () => {
  it.each<[string, Partial<Parameters<typeof createVolume>[0]>, RegExp]>([
    ['another number of voxels', { data: new Uint8Array(3) }, /2x1x1 with 1 channels needs 2 values, got 3/],
    ['a size of 0', { size: [2, 0, 1] }, /size\[1\] must be a positive integer, got 0/],
    ['another type', { dtype: 'int16' }, /dtype int16 needs a Int16Array, got Uint8Array/],
    ['a spacing of 0', { spacing: [1, 0, 1] }, /spacing must be positive, got 1, 0, 1/],
    ['an origin that is no number', { origin: [0, Number.NaN, 0] }, /finite numbers/],
  ])('refuses %s', (_, part, rule) => {
    expect(() => createVolume({ size: [2, 1, 1], data: new Uint8Array(2), ...part })).toThrow(rule);
  });
});

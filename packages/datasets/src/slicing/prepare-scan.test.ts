import { createImage, createVolume, type Matrix, type Volume } from '@medseg/image-io';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAssembler } from './assemble.ts';
import { cutMask } from './cut-mask.ts';
import { placesOf } from './places.ts';
import { prepareScan } from './prepare.ts';
import { sliceGrid } from './slice-grid.ts';
import type { Plane } from './view.ts';

const ras: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const volumeOf = (size: [number, number, number], direction: Matrix = ras, channels = 1): Volume =>
  createVolume({
    size,
    direction,
    channels,
    spacing: [0.5, 2, 3],
    data: new Float32Array(size[0] * size[1] * size[2] * channels).map((_, i) => i + 1),
  });

/** A volume's voxels with its axes in another order and direction, as another scanner would have saved it. */
function reoriented(volume: Volume, order: readonly number[], flips: readonly boolean[]): Volume {
  const size = order.map((axis) => volume.size[axis]!) as unknown as [number, number, number];
  const data = new Float32Array(volume.data.length);
  for (let k = 0, to = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++, to++) {
        const at = [0, 0, 0];
        [i, j, k].forEach((index, n) => {
          at[order[n]!] = flips[n] ? size[n]! - 1 - index : index;
        });
        data[to] = volume.data[(at[2]! * volume.size[1] + at[1]!) * volume.size[0] + at[0]!]!;
      }
  const direction = Array.from({ length: 9 }, (_, i) =>
    order[i % 3] === Math.floor(i / 3) ? (flips[i % 3] ? -1 : 1) : 0,
  ) as unknown as Matrix;
  return createVolume({ size, direction, spacing: order.map((axis) => volume.spacing[axis]!) as never, data });
}

describe('sliceGrid', () => {
  it('shows an axial slice as radiologists look at it: front on top, the right side on the left', () => {
    const grid = sliceGrid(volumeOf([3, 4, 5]));
    // RAS: the first pixel is the voxel furthest to the front and to the right.
    expect(grid).toMatchObject({
      count: 5,
      height: 4,
      width: 3,
      start: 3 * 3 + 2,
      strides: [12, -3, -1],
      spacing: [2, 0.5],
      sliceSpacing: 3,
    });
    expect(sliceGrid(volumeOf([3, 4, 5]), 'j')).toMatchObject({
      count: 4,
      height: 5,
      width: 3,
      start: 0,
      strides: [3, 12, 1],
    });
  });

  it('gives the same slices whatever the order and direction of axes in the file', () => {
    const volume = volumeOf([3, 4, 5]);
    const cut = (v: Volume, plane: Plane): number[][] => {
      const prepared = prepareScan(v, { imageSize: [6, 6], normalization: 'none', view: { plane } });
      return prepared.places.map((place) => [...prepared.at(place).data]);
    };
    for (const plane of ['axial', 'coronal', 'sagittal'] as const)
      for (const order of [
        [0, 1, 2],
        [2, 0, 1],
        [1, 0, 2],
        [2, 1, 0],
      ])
        for (let flips = 0; flips < 8; flips++)
          expect(
            cut(
              reoriented(
                volume,
                order,
                [0, 1, 2].map((bit) => Boolean(flips & (1 << bit))),
              ),
              plane,
            ),
          ).toEqual(cut(volume, plane));
  });
});

describe('prepareScan', () => {
  it('measures a volume once, over all of its non-zero voxels and not slice by slice', () => {
    const volume = createVolume({ size: [2, 1, 2], data: Float32Array.of(0, 10, 30, 20) });
    const view = { plane: 'k' as const };
    const { at, places } = prepareScan(volume, {
      imageSize: [1, 2],
      normalization: { mode: 'mri', percentiles: [0, 100] },
      view,
    });
    // Mean 20, deviation sqrt(200 / 3); the background is clipped to 10.
    const z = 10 / Math.sqrt(200 / 3);
    expect([...places.flatMap((place) => [...at(place).data])].map((v) => v.toFixed(4))).toEqual(
      [-z, -z, z, 0].map((v) => v.toFixed(4)),
    );
  });

  it('windows Hounsfield units', () => {
    const volume = createVolume({ size: [4, 1, 1], data: Int16Array.of(-1000, -160, 40, 3000) });
    const view = { plane: 'k' as const };
    expect([...prepareScan(volume, { imageSize: [1, 4], normalization: 'ct', view }).at({ slice: 0 }).data]).toEqual([
      -1, -1, 0, 1,
    ]);
    const bone = prepareScan(volume, {
      imageSize: [1, 4],
      normalization: { mode: 'ct', center: 1000, width: 4000 },
      view,
    });
    expect([...bone.at({ slice: 0 }).data]).toEqual([-1, Math.fround(-0.58), Math.fround(-0.48), 1]);
  });

  it('stacks neighbouring slices as channels, those at the ends repeated', () => {
    const volume = createVolume({ size: [1, 1, 3], channels: 2, data: Float32Array.of(1, 10, 2, 20, 3, 30) });
    const prepared = prepareScan(volume, {
      imageSize: [1, 1],
      normalization: 'none',
      view: { plane: 'k', neighbours: 1 },
    });
    expect(prepared.channels).toBe(6);
    expect(prepared.places.map((place) => [...prepared.at(place).data])).toEqual([
      [1, 10, 1, 10, 2, 20],
      [1, 10, 2, 20, 3, 30],
      [2, 20, 3, 30, 3, 30],
    ]);
  });

  it('knows the millimetres between the pixels that the network sees', () => {
    const prepared = prepareScan(volumeOf([8, 4, 5]), { imageSize: [8, 8] });
    expect(prepared.spacingAt({ slice: 0 })).toEqual([1, 0.5]);
    expect(
      prepareScan(volumeOf([8, 4, 5]), { imageSize: [2, 2], view: { patches: {} } }).spacingAt({
        slice: 0,
        window: { top: 0, left: 0, height: 2, width: 2 },
      }),
    ).toEqual([2, 0.5]);
    const image = createImage({ width: 2, height: 2, channels: 1, data: new Uint8Array(4) });
    expect(prepareScan(image, { imageSize: [8, 8] }).spacingAt({ slice: 0 })).toBeUndefined();
  });

  it.each([
    [{ plane: 'top' as Plane }, 'plane must be one of axial'],
    [{ neighbours: -1 }, 'neighbours must be a whole number'],
    [{ patches: { overlap: 1 } }, 'overlap must be a share'],
  ])('refuses %j', (view, message) => {
    expect(() => prepareScan(volumeOf([2, 2, 2]), { imageSize: [2, 2], view })).toThrow(message);
  });
});

describe('placesOf', () => {
  it('covers every pixel with patches that overlap as asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(0, 0.25, 0.5),
        (height, width, side, overlap) => {
          const seen = new Uint8Array(height * width);
          for (const { window } of placesOf({ count: 1, height, width }, { patches: { overlap } }, [side, side])) {
            const { top, left } = window!;
            for (let y = top; y < top + side; y++)
              for (let x = left; x < left + side; x++)
                if (y >= 0 && y < height && x >= 0 && x < width) seen[y * width + x] = 1;
            if (side <= height) expect(top >= 0 && top + side <= height).toBe(true);
          }
          expect(seen.every((value) => value === 1)).toBe(true);
        },
      ),
    );
  });
});

describe('createAssembler', () => {
  it('gives back on the grid of the file what patches and slices of any plane were cut from', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })),
        fc.constantFrom<Plane>('axial', 'coronal', 'sagittal', 'i', 'j', 'k'),
        fc.integer({ min: 2, max: 5 }),
        fc.constantFrom(0, 0.3, 0.6),
        (size, plane, side, overlap) => {
          const volume = volumeOf(size, [0, -1, 0, 0, 0, 1, -1, 0, 0], 2);
          const prepared = prepareScan(volume, {
            imageSize: [side, side],
            normalization: 'none',
            view: { plane, patches: { overlap } },
          });
          const back = createAssembler(prepared.grid, 2);
          for (const place of prepared.places) back.add(place, prepared.at(place).data, [side, side]);
          const values = back.values();
          for (let i = 0; i < values.length; i++) expect(values[i]).toBeCloseTo(volume.data[i]!, 3);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('puts a probability of the network back on an image of another size', () => {
    const grid = sliceGrid(createImage({ width: 4, height: 2, channels: 1, data: new Uint8Array(8) }));
    const back = createAssembler(grid, 1);
    back.add({ slice: 0 }, [0, 1], [1, 2]);
    expect([...back.values()]).toEqual([0, 0.25, 0.75, 1, 0, 0.25, 0.75, 1]);
  });
});

describe('cutMask', () => {
  const grid = sliceGrid(createImage({ width: 4, height: 1, channels: 1, data: new Uint8Array(4) }));
  const bits = Uint8Array.of(1, 2, 2, 0); // two classes
  const options = { classes: 2, exclusive: true, imageSize: [1, 2] as const };

  it('takes halves for the class, the middle, or the share', () => {
    expect([...cutMask({ bits }, grid, { slice: 0 }, options)]).toEqual([1, 0, 0, 1]);
    expect([...cutMask({ bits }, grid, { slice: 0 }, { ...options, maskResize: 'nearest' })]).toEqual([0, 1, 0, 0]);
    expect([...cutMask({ bits }, grid, { slice: 0 }, { ...options, maskResize: 'soft' })]).toEqual([0.5, 0.5, 0, 0.5]);
    expect([...cutMask({ bits }, grid, { slice: 0 }, { ...options, exclusive: false })]).toEqual([1, 1, 0, 1]);
  });

  it('gives a pixel at most one exclusive class: the largest of it', () => {
    const three = Uint8Array.of(1, 1, 2, 4); // 1/2, 1/4, 1/4
    expect([...cutMask({ bits: three }, grid, { slice: 0 }, { ...options, classes: 3, imageSize: [1, 1] })]).toEqual([
      1, 0, 0,
    ]);
    const most = Uint8Array.of(0, 1, 2, 4);
    expect([...cutMask({ bits: most }, grid, { slice: 0 }, { ...options, classes: 3, imageSize: [1, 1] })]).toEqual([
      1, 0, 0,
    ]);
    const shares = Float32Array.of(0, 0.5, 1, 1);
    expect([...cutMask({ shares }, grid, { slice: 0 }, { classes: 1, exclusive: true, imageSize: [1, 2] })]).toEqual([
      0.25, 1,
    ]);
  });
});

describe('a volume with NaN', () => {
  const numbers = Float32Array.of(10, 20, 10, 20, 10, 20, 10, 20);
  const cube = (data: Float32Array): Volume => createVolume({ size: [2, 2, 2], data });
  const options = {
    imageSize: [2, 2] as [number, number],
    normalization: { mode: 'mri', percentiles: [0, 100] } as const,
  };
  const all = (volume: Volume): number[] => {
    const scan = prepareScan(volume, { ...options, view: { plane: 'k' } });
    return scan.places.flatMap((place) => [...scan.at(place).data]);
  };

  it('is normalised by its numbers, and 0 where it has none', () => {
    expect(all(cube(numbers))).toEqual([-1, 1, -1, 1, -1, 1, -1, 1]);
    const holed = cube(numbers.with(0, Number.NaN).with(7, Number.NaN));
    expect(all(holed)).toEqual([0, 1, -1, 1, -1, 1, -1, 0]);
  });

  it('is refused where it has no number or an infinite one', () => {
    expect(() => all(cube(new Float32Array(8).fill(Number.NaN)))).toThrow('NaN in all 8 pixels of channel 1');
    expect(() => all(cube(numbers.with(3, Number.NEGATIVE_INFINITY)))).toThrow('got 1 infinite of 8 pixels');
  });
});

import { createImage } from '@medseg/image-io';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classMap, parseClasses } from './class-map.ts';
import { fuseAnnotators } from './reading/fuse-annotators.ts';
import { labelledBits } from './reading/labelled-bits.ts';
import { channelOf, countBits } from './reading/mask-bits.ts';
import { measureCase } from './reading/measure-case.ts';
import { uniteParts } from './reading/unite-parts.ts';
import { bitsOf, labelsOf, labelsOfBits, regionMasks } from './slicing/label-map.ts';

const brats = classMap({ WT: [1, 2, 4], TC: [1, 4], ET: 4 });
const organs = classMap({ spleen: 1, liver: 6 });
const mask = (...data: number[]) => ({ data, channels: 1 });

describe('classMap and parseClasses', () => {
  it('tell regions, which share values, from exclusive classes', () => {
    expect([brats.exclusive, organs.exclusive]).toEqual([false, true]);
    expect(parseClasses('disc=0+128, cup=0')).toEqual({
      names: ['disc', 'cup'],
      values: [[0, 128], [0]],
      exclusive: false,
    });
  });

  it.each([
    ['', 'got ""'],
    ['a', 'got "a"'],
    ['a=x', 'got "a=x"'],
    ['a=1,a=2', 'got a twice'],
    ['a=1,,b=2', 'got ""'],
    [Array.from({ length: 32 }, (_, i) => `c${i}=${i}`).join(), 'there must be 1 to 31, got 32'],
  ])('refuses %.20s', (text, message) => {
    expect(() => parseClasses(text)).toThrow(message);
  });

  it('refuses a value that is background and a class, and parts', () => {
    expect(() => classMap({ a: 1 }, { background: [1] })).toThrow('got 1 for both');
    expect(() => classMap({ a: 1.5 })).toThrow('whole numbers, got 1.5');
    expect(() => classMap({ a: [] })).toThrow('a must have a value');
  });

  it('refuses values that 32 bits have no room for, which would be written as others', () => {
    expect(classMap({ a: 2 ** 31 - 1, b: -(2 ** 31) }).values).toEqual([[2 ** 31 - 1], [-(2 ** 31)]]);
    expect(() => classMap({ a: 2 ** 31 })).toThrow('must be from -2147483648 to 2147483647, got 2147483648');
    expect(() => classMap({ a: 1 }, { background: [2 ** 32] })).toThrow('got 4294967296');
    expect(() => parseClasses('a=1,ignore=4294967297')).toThrow('got 4294967297');
  });
});

describe('labelledBits', () => {
  it('gives each value the bits of its channels', () => {
    expect([...labelledBits(mask(0, 1, 2, 4), brats, 'm')]).toEqual([0, 0b011, 0b001, 0b111]);
    expect(countBits(labelledBits(mask(0, 1, 2, 4, 4), brats, 'm'), 3)).toEqual([4, 3, 2]);
  });

  it('names values of no class, and takes floats that are nearly whole', () => {
    expect(() => labelledBits(mask(0, 3, 1), brats, 'm.nii')).toThrow(
      'm.nii: a mask must have the values of its classes, 0, 1, 2, 4, got 3',
    );
    expect(() => labelledBits(mask(0.4), organs, 'm')).toThrow('got 0.4');
    expect([...labelledBits({ data: Float32Array.of(0, 0.99999, 6.0001), channels: 1 }, organs, 'm')]).toEqual([
      0, 1, 2,
    ]);
  });

  it('takes every other value for background where 0 is a class, unless told what background is', () => {
    expect([...labelledBits(mask(0, 255, 3), classMap({ membrane: 0 }), 'm')]).toEqual([1, 0, 0]);
    const refuge = classMap({ disc: [0, 128], cup: 0 }, { background: [255] });
    expect([...labelledBits(mask(0, 128, 255), refuge, 'm')]).toEqual([3, 1, 0]);
    expect(() => labelledBits(mask(64), refuge, 'm')).toThrow('got 64');
  });

  it('takes the nearest value of a mask saved as JPEG, and refuses colours', () => {
    expect([...labelledBits({ ...mask(3, 120, 140, 250), lossy: true }, classMap({ a: 128, b: 255 }), 'm')]).toEqual([
      0, 1, 1, 2,
    ]);
    expect(() => labelledBits({ data: [1, 1, 6], channels: 3 }, organs, 'm')).toThrow('must be gray, got 1/1/6');
  });

  it('has room for 31 classes', () => {
    const many = classMap(Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`c${i}`, i + 1])));
    const bits = labelledBits(mask(31, 1, 0), many, 'm');
    expect([...bits]).toEqual([2 ** 30, 1, 0]);
    expect(labelsOfBits(bits, many)).toEqual(Uint8Array.of(31, 1, 0));
  });
});

describe('masks of many classes', () => {
  it.each([1, 8, 9, 16, 17, 30, 31])('take none of %i for another', (count) => {
    const masks = Array.from({ length: count }, (_, k) => Uint8Array.from({ length: count }, (_, i) => +(i === k)));
    const bits = bitsOf(masks);
    expect(masks.map((_, k) => channelOf(bits, k))).toEqual(masks);
    expect(countBits(bits, count)).toEqual(masks.map(() => 1));
    const two = [{ bits }, { bits: bits.slice() }];
    for (const exclusive of [true, false])
      expect(fuseAnnotators(two, { count, exclusive }, 'majority', 'a')).toEqual([{ bits }]);
    const united = masks.map((mask, k) => bitsOf(masks.map((other, l) => (k === l ? mask : other.map(() => 0)))));
    for (const exclusive of [true, false]) expect(uniteParts(united, { count, exclusive }).bits).toEqual(bits);
    const classes = classMap(Object.fromEntries(masks.map((_, k) => [`c${k}`, k + 1])));
    expect([...labelsOfBits(bits, classes)]).toEqual(masks.map((_, k) => k + 1));
    const probabilities = masks.flatMap((_, i) => masks.map((mask) => mask[i]!));
    expect([...labelsOf(probabilities, classes)]).toEqual(masks.map((_, k) => k + 1));
    const scan = createImage({ width: count, height: 1, channels: 1, data: new Uint8Array(count) });
    expect(
      measureCase({ scan, masks: two.map((each) => ({ ...each, annotator: undefined })) }, classes).foreground,
    ).toEqual(masks.map(() => 1));
  });

  it('refuse the 32nd by name, wherever it comes from', () => {
    const rule = 'classes: there must be 1 to 31, got 32';
    const many = { names: [], values: Array.from({ length: 32 }, (_, k) => [k + 1]), exclusive: true };
    const names = many.values.map(([k]) => `c${k}`);
    expect(() => bitsOf(names.map(() => Uint8Array.of(1)))).toThrow(rule);
    expect(() => channelOf(Uint32Array.of(1), 31)).toThrow(rule);
    expect(() => labelledBits(mask(1), { ...many, names }, 'm')).toThrow(rule);
    expect(() => labelsOf(new Float32Array(32), { ...many, names })).toThrow(rule);
    const scan = createImage({ width: 1, height: 1, channels: 1, data: Uint8Array.of(0) });
    const bits = Uint32Array.of(1);
    expect(() =>
      measureCase(
        {
          scan,
          masks: [
            { annotator: 'a', bits },
            { annotator: 'b', bits },
          ],
        },
        { ...many, names },
      ),
    ).toThrow(rule);
  });
});

describe('labelsOf', () => {
  it('is the class with the highest probability of at least a half', () => {
    expect([...labelsOf([0.6, 0.1, 0.2, 0.7, 0.4, 0.4, 0.5, 0.1], organs)]).toEqual([1, 6, 0, 1]);
    expect([...labelsOf([0.49, 0.5, 1], undefined)]).toEqual([0, 1, 1]);
  });

  it('never contradicts the nesting of regions, and gives certain regions back', () => {
    for (const value of [0, 1, 2, 4]) {
      const bits = labelledBits(mask(value), brats, 'm')[0]!;
      expect(
        labelsOf(
          [0, 1, 2].map((k) => (bits >>> k) & 1),
          brats,
        )[0],
      ).toBe(value);
    }
    // WT and ET are likely, TC less so, but ET lies within TC.
    expect([...labelsOf([0.9, 0.4, 0.9], brats)]).toEqual([4]);
    expect(regionMasks([0.9, 0.4, 0.9], 3).map((m) => m[0])).toEqual([1, 0, 1]);
  });

  it('is the likeliest value, whatever the probabilities', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.01, max: 0.99, noNaN: true }), { minLength: 3, maxLength: 3 }), (p) => {
        const likelihood = (value: number): number => {
          const bits = labelledBits(mask(value), brats, 'm')[0]!;
          return p.reduce((product, each, k) => product * ((bits >>> k) & 1 ? each : 1 - each), 1);
        };
        const found = likelihood(labelsOf(p, brats)[0]!);
        for (const value of [0, 1, 2, 4]) expect(found).toBeGreaterThanOrEqual(likelihood(value) - 1e-12);
      }),
    );
  });

  it('gives labels beyond 255 and a background where 0 is a class', () => {
    expect(labelsOf([1, 0], classMap({ far: 1000 }))).toEqual(Int32Array.of(1000, 0));
    expect(labelsOf([1, 0], classMap({ membrane: 0 }))).toEqual(Uint8Array.of(0, 255));
  });
});

import { createVolume, type Image } from '@medseg/image-io';
import { describe, expect, it } from 'vitest';
import type { Scan } from '../scan.ts';
import { nearDuplicates } from './near-duplicates.ts';
import { thumbnailOf } from './thumbnail.ts';
import { phantom, variants } from './variants.fixture.ts';

/** The sets of images that are nearly the same among these, each of a patient of its own unless given. */
const find = (scans: readonly Scan[], patients?: readonly string[]): number[][] =>
  nearDuplicates(scans.map((scan, i) => ({ patient: patients?.[i] ?? `${i}`, thumbnail: thumbnailOf(scan) }))).map(
    ({ images }) => images,
  );

describe('nearDuplicates', () => {
  it.each([64, 128])('takes no phantom patients of %i pixels for one another', (size) => {
    expect(find(Array.from({ length: 60 }, (_, patient) => phantom(patient, { size })))).toEqual([]);
  });

  const few = Array.from({ length: 8 }, (_, patient) => phantom(patient));

  it.each(Object.entries(variants))('finds %s among other patients', (_, make) => {
    for (const patient of [0, 3, 6]) expect(find([...few, make(few[patient]!)])).toEqual([[patient, 8]]);
    const large = [phantom(1, { size: 160 }), phantom(2, { size: 160 })];
    expect(find([...large, make(large[1]!)])).toEqual([[1, 2]]);
  });

  it('finds each among so many images that not all pairs are compared', () => {
    const many = Array.from({ length: 150 }, (_, patient) => phantom(patient));
    const makers = Object.values(variants);
    const copies = makers.map((make, k) => make(many[7 * k]!));
    expect(find([...many, ...copies])).toEqual(makers.map((_, k) => [7 * k, 150 + k]));
  });

  it('tells copies from what is only nearly the same', () => {
    const [copy, moved] = [variants['a brighter copy']!, variants['a copy moved by three pixels']!];
    const found = (make: (image: Image) => Image): boolean[] =>
      nearDuplicates(
        [few[0]!, make(few[0]!)].map((scan, i) => ({ patient: `${i}`, thumbnail: thumbnailOf(scan) })),
      ).map(({ hasCopies }) => hasCopies);
    expect([found(copy), found(moved)]).toEqual([[true], [false]]);
  });

  it('leaves images of one patient, and images without anything in them', () => {
    expect(find([few[0]!, few[0]!], ['a', 'a'])).toEqual([]);
    const blank = { ...few[0]!, data: new Uint8Array(few[0]!.data.length).fill(9) };
    const spot = { ...few[0]!, data: Uint8Array.from(blank.data, (value, i) => (i < 3 ? 200 : value)) };
    expect(find([blank, blank, spot, spot])).toEqual([]);
  });

  it('finds hundreds of copies of one image without comparing each with each', () => {
    const copies = new Array<Scan>(500).fill(few[0]!);
    expect(find(copies)).toEqual([copies.map((_, i) => i)]);
  });

  it('compares volumes by the middle of their slices', () => {
    const volume = (slices: Image[]): Scan =>
      createVolume({
        size: [64, 64, slices.length],
        channels: 3,
        data: Uint8Array.from(slices.flatMap(({ data }) => [...data])),
      });
    const [a, b] = [0, 1].map((patient) => [0, 1, 2, 3].map((slice) => phantom(patient, { slice })));
    const flipped = volume([...a!].reverse());
    expect(find([volume(a!), volume(b!), flipped])).toEqual([[0, 2]]);
    expect(find([volume(a!.slice(0, 3)), volume([b![0]!, a![1]!, b![2]!])])).toEqual([[0, 1]]);
  });
});

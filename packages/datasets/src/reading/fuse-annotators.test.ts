import { describe, expect, it } from 'vitest';
import { fuseAnnotators } from './fuse-annotators.ts';

const masks = [
  { annotator: 'Ann', bits: Uint8Array.of(1, 1, 0, 2) },
  { annotator: 'Bob', bits: Uint8Array.of(1, 2, 0, 2) },
];
const two = { count: 2, exclusive: true };

describe('fuseAnnotators', () => {
  it('takes what at least half say, and of two halves the first class where classes exclude each other', () => {
    expect(fuseAnnotators(masks, two, 'majority', 'c')).toEqual([{ bits: Uint8Array.of(1, 1, 0, 2) }]);
    expect(fuseAnnotators(masks, { ...two, exclusive: false }, 'majority', 'c')).toEqual([
      { bits: Uint8Array.of(1, 3, 0, 2) },
    ]);
    const third = [...masks, { bits: Uint8Array.of(0, 2, 1, 0) }];
    expect(fuseAnnotators(third, two, 'majority', 'c')).toEqual([{ bits: Uint8Array.of(1, 2, 0, 2) }]);
  });

  it('averages, takes one by name, leaves all to be drawn from, or asks a function class by class', () => {
    expect(fuseAnnotators(masks, two, 'mean', 'c')).toEqual([{ shares: Float32Array.of(1, 0, 0.5, 0.5, 0, 0, 0, 1) }]);
    expect(fuseAnnotators(masks, two, { name: 'Bob' }, 'c')).toEqual([{ bits: masks[1]!.bits }]);
    expect(fuseAnnotators(masks, two, 'draw', 'c')).toHaveLength(2);
    const asked: number[][][] = [];
    const fuse = (all: Uint8Array[]): number[] => {
      asked.push(all.map((mask) => [...mask]));
      return [0.25, 0.5, 0, 1];
    };
    expect(fuseAnnotators(masks, two, { fuse }, 'c')).toEqual([
      { shares: Float32Array.of(0.25, 0.25, 0.5, 0.5, 0, 0, 1, 1) },
    ]);
    expect(asked).toEqual([
      [
        [1, 1, 0, 0],
        [1, 0, 0, 0],
      ],
      [
        [0, 0, 0, 1],
        [0, 1, 0, 1],
      ],
    ]);
  });

  it('names the annotator that a case does not have, and a function that says too little', () => {
    expect(() => fuseAnnotators(masks, two, { name: 'Eve' }, 'case 7')).toThrow(
      'case 7: a case must have the annotator asked for, got Ann, Bob and not Eve',
    );
    expect(() => fuseAnnotators(masks, two, { fuse: () => [1] }, 'c')).toThrow('for each of 4 pixels of c, got 1');
  });
});

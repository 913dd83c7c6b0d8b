import { type CaseResult, scoreCase } from '@medseg/metrics';
import { describe, expect, it } from 'vitest';
import { maskNotes } from './mask-notes.ts';

/** A case of four pixels from the probabilities and the reference of each class. */
function resultOf(id: string, probability: readonly (readonly number[])[], truth: readonly (readonly number[])[]) {
  const count = truth.length;
  const map = Float32Array.from({ length: 4 * count }, (_, i) => probability[i % count]![Math.floor(i / count)]!);
  return scoreCase({
    id,
    patient: id,
    grid: { shape: [2, 2] },
    classNames: ['disc', 'cup'].slice(0, count),
    truth: truth.map((mask) => Uint8Array.from(mask)),
    probability: map,
  });
}
const one = (id: string, probability: readonly number[], truth: readonly number[]): CaseResult =>
  resultOf(id, [probability], [truth]);

describe('maskNotes', () => {
  it('names masks that are all empty where references are not', () => {
    const results = [one('a', [0.1, 0.4, 0, 0], [1, 0, 0, 0]), one('b', [0, 0, 0, 0], [0, 0, 0, 0])];
    expect(maskNotes(results, 'images')).toEqual(['every mask is empty, although 1 of 2 images has foreground']);
    expect(maskNotes([...results, one('c', [0.9, 0, 0, 0], [1, 0, 0, 0])], 'images')).toEqual([]);
    expect(maskNotes([one('b', [0, 0, 0, 0], [0, 0, 0, 0])], 'images')).toEqual([]);
    expect(maskNotes([], 'images')).toEqual([]);
  });

  it('names masks that are all foreground', () => {
    const full = one('a', [0.9, 0.51, 1, 0.8], [1, 0, 0, 0]);
    expect(maskNotes([full, one('b', [1, 1, 1, 1], [1, 1, 0, 0])], 'volumes')).toEqual([
      'every mask is foreground from border to border',
    ]);
    expect(maskNotes([full, one('b', [1, 1, 1, 0.2], [1, 1, 0, 0])], 'volumes')).toEqual([]);
    expect(maskNotes([full, one('b', [1, 1, 1, 0.48], [1, 1, 0, 0])], 'volumes')).toEqual([]);
    expect(maskNotes([one('a', [1, 1, 1, 1], [1, 1, 1, 1])], 'volumes')).toEqual([]); // as the reference is
  });

  it('reads cases that have no bins, as evaluate --json keeps them', () => {
    const kept = (result: CaseResult): Omit<CaseResult, 'reliability'> => {
      const { reliability: _, ...scores } = result;
      return scores;
    };
    expect(maskNotes([kept(one('a', [0, 0, 0, 0], [1, 0, 0, 0]))], 'images')).toEqual([
      'every mask is empty, although 1 of 1 images has foreground',
    ]);
    expect(maskNotes([kept(one('a', [1, 1, 1, 1], [1, 0, 0, 0]))], 'images')).toEqual([]);
  });

  it('names the class that no mask has', () => {
    const truth = [
      [1, 1, 0, 0],
      [0, 0, 1, 0],
    ];
    const results = ['a', 'b'].map((id) =>
      resultOf(
        id,
        [
          [1, 1, 0, 0],
          [0, 0, 0.3, 0],
        ],
        truth,
      ),
    );
    expect(maskNotes(results, 'images')).toEqual(['no mask has a pixel of cup, although 2 of 2 images have it']);
  });
});

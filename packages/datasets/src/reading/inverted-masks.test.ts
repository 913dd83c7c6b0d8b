import { expect, it } from 'vitest';
import type { Case, CaseFacts } from '../case.ts';
import { invertedMasks } from './inverted-masks.ts';

const caseOf = (name: string, ...foreground: number[]): Case & { facts: CaseFacts } =>
  ({
    id: name,
    patient: name,
    images: [`${name}.png`],
    masks: [{ path: `${name}_mask.png` }],
    facts: { size: [10, 10], foreground } as Partial<CaseFacts> as CaseFacts,
  }) as Case & { facts: CaseFacts };

it('remarks on the masks that fill their image where most do not', () => {
  const found = invertedMasks([
    caseOf('a', 5),
    caseOf('b', 95),
    caseOf('c', 60),
    caseOf('d', 7, 90),
    caseOf('e', 0),
    caseOf('f', 4),
  ]);
  expect(found.map(({ file }) => file)).toEqual(['b_mask.png', 'd_mask.png']);
  expect(found[0]!.text).toMatch(/unlike in most of the set: its mask may be inverted/);
});

it('remarks on all that are more than half foreground where most are', () => {
  const found = invertedMasks([caseOf('a', 95), caseOf('b', 93), caseOf('c', 20)]);
  expect(found.map(({ file }) => file)).toEqual(['a_mask.png', 'b_mask.png']);
  expect(found[0]!.text).toMatch(/as in most of the set/);
});

it('says nothing of masks like most', () => {
  expect(invertedMasks([])).toEqual([]);
  expect(invertedMasks([caseOf('a', 5), caseOf('b', 45), caseOf('c', 79)])).toEqual([]);
});

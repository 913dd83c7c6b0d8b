import { caseResult } from '@medseg/test-support/case-results';
import { describe, expect, it } from 'vitest';
import { alignCases, assertUnseen, commonIds } from './same-cases.ts';

describe('assertUnseen', () => {
  it('lets runs of one split pass', () => {
    const run = { trainedOn: ['a', 'b'], tested: ['c', 'd', 'c'] };
    expect(() =>
      assertUnseen([
        { name: 'x', ...run },
        { name: 'y', ...run },
      ]),
    ).not.toThrow();
  });

  it('refuses a patient whom the other was trained on, whichever comes first', () => {
    const x = { name: 'x', trainedOn: ['a', 'b'], tested: ['c'] };
    const y = { name: 'y', trainedOn: ['c', 'd'], tested: ['e'] };
    const rule =
      'x and y: their splits differ: the first is tested on patient c, whom the second was trained on; compare runs of the same split';
    expect(() => assertUnseen([x, y])).toThrow(new RangeError(rule));
    expect(() => assertUnseen([y, x])).toThrow(new RangeError(rule));
  });

  it('refuses patients whom the run itself was trained on', () => {
    const x = { name: 'x', trainedOn: ['a', 'b'], tested: ['b', 'a'] };
    expect(() => assertUnseen([x])).toThrow('x: tested on patient a and 1 more, whom it was trained on');
  });
});

it('finds the images that all have, in the first one’s order', () => {
  const a = { name: 'a', ids: ['3', '1', '2'] };
  const b = { name: 'b', ids: ['1', '4', '3'] };
  expect([...commonIds([a, b])]).toEqual(['3', '1']);
  expect(() => commonIds([a, { name: 'c', ids: ['9'] }])).toThrow('a and c: have no image in common');
});

it('puts scores in one order and refuses another truth', () => {
  const [one, two] = [caseResult('1', 'p'), caseResult('2', 'p')];
  const aligned = alignCases([
    { name: 'a', images: [one, two] },
    { name: 'b', images: [two, one] },
  ]);
  expect(aligned[1]!.map(({ id }) => id)).toEqual(['1', '2']);
  const changed = caseResult('1', 'p', { trueArea: 7 });
  expect(() =>
    alignCases([
      { name: 'a', images: [one] },
      { name: 'b', images: [changed] },
    ]),
  ).toThrow('a and b: image 1 must be the same in both, got a true mask of 100 in patient p and of 7 in p');
  expect(() =>
    alignCases([
      { name: 'a', images: [one, two] },
      { name: 'b', images: [one] },
    ]),
  ).toThrow('a and b: image 2 must be in both, got it in the first');
  const named = (name: string) => ({ ...one, classes: [{ ...one, name }] });
  expect(() =>
    alignCases([
      { name: 'a', images: [named('liver')] },
      { name: 'b', images: [named('spleen')] },
    ]),
  ).toThrow('a and b: image 1 must have the same classes in both, got liver and spleen');
});

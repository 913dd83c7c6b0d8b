import type { CaseFacts } from '@medseg/datasets';
import { describe, expect, it } from 'vitest';
import { RunError } from '../errors.ts';
import { type CaseRecord, changesOf, encodeRecords, parseRecords, recordsOf } from './case-records.ts';

const caseOf = (id: string, patient: string, image: string, masks: string) => ({
  id,
  patient,
  facts: { content: { image, masks } } as CaseFacts,
});
const cases = [caseOf('a', 'p', '1', '2'), caseOf('b', 'p', '3', '4'), caseOf('c', 'q', '5', '6')];
const records = recordsOf(cases)!;

describe('the record of cases', () => {
  it('is read back as it was written, whatever names have', () => {
    const odd: CaseRecord[] = [...records, { id: '__proto__', patient: 'a\n"b\u2028', image: '7', masks: '8' }];
    expect(parseRecords(encodeRecords(odd), 'cases.jsonl')).toEqual(odd);
    expect(recordsOf([...cases, { id: 'd', patient: 'r' }])).toBeUndefined();
  });

  it.each([
    ['no JSON', '{'],
    ['a field missing', '{"id":"a","patient":"p","image":"1"}'],
    ['another kind', '{"id":"a","patient":"p","image":1,"masks":"2"}'],
    ['a list', '[]'],
  ])('names the line with %s', (_, line) => {
    const text = new TextEncoder().encode(`${new TextDecoder().decode(encodeRecords(records))}${line}\n`);
    expect(() => parseRecords(text, 'run/cases.jsonl')).toThrow(RunError);
    expect(() => parseRecords(text, 'run/cases.jsonl')).toThrow(/^run\/cases\.jsonl: line 4 must be JSON with id, /);
  });
});

describe('changesOf', () => {
  it('is nothing for the same cases, in whatever order', () => {
    expect(changesOf(records, cases.toReversed())).toEqual([]);
  });

  it('names images, masks, owners, and what is new or gone', () => {
    const now = [
      caseOf('a', 'p', '1', '9'),
      caseOf('b', 'r', '3', '4'),
      caseOf('d', 'q', '9', '9'),
      caseOf('e', 'q', '8', '8'),
    ];
    expect(changesOf([...records, { id: 'e', patient: 'q', image: '7', masks: '7' }], now)).toEqual([
      { id: 'a', patient: 'p', what: 'its mask changed' },
      { id: 'b', patient: 'r', what: 'of patient r, was of p' },
      { id: 'd', patient: 'q', what: 'new' },
      { id: 'e', patient: 'q', what: 'its image and its mask changed' },
      { id: 'c', patient: 'q', what: 'gone' },
    ]);
    expect(changesOf(records.slice(0, 1), [{ id: 'a', patient: 'p' }])).toEqual([]);
  });
});

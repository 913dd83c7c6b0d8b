import { requireList } from '@medseg/arguments';
import type { Case } from '@medseg/datasets';
import { z } from 'zod';
import { RunError } from '../errors.ts';

const recordSchema = z.object({
  id: z.string(),
  patient: z.string(),
  /** Hashes of what was read: see `CaseFacts.content`. */
  image: z.string(),
  masks: z.string(),
});

/** A case that a run was begun with: its patient, and hashes of its image and masks. */
export type CaseRecord = z.output<typeof recordSchema>;

/**
 * What tells later whether cases have changed; undefined where one was not read by `checkCases`.
 *
 * @example recordsOf([]) // []
 */
export function recordsOf(cases: readonly Pick<Case, 'id' | 'patient' | 'facts'>[]): CaseRecord[] | undefined {
  requireList('recordsOf: cases', cases);
  const records = cases.flatMap(({ id, patient, facts }) =>
    facts?.content ? [{ id, patient, image: facts.content.image, masks: facts.content.masks }] : [],
  );
  return records.length === cases.length ? records : undefined;
}

/**
 * The records as `cases.jsonl` keeps them, a line for each.
 *
 * @example encodeRecords([]).length // 0
 */
export function encodeRecords(records: readonly CaseRecord[]): Uint8Array {
  requireList('encodeRecords: records', records);
  return new TextEncoder().encode(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

/** Reads what {@link encodeRecords} wrote. Throws RunError that names the file, the line and the rule. */
export function parseRecords(bytes: Uint8Array, file: string): CaseRecord[] {
  const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
  return lines.map((line, i) => {
    let parsed: unknown;
    try {
      parsed = JSON.parse(line);
    } catch {
      // said below
    }
    const result = recordSchema.safeParse(parsed);
    if (result.success) return result.data;
    throw new RunError(
      `${file}: line ${i + 1} must be JSON with id, patient, image and masks, got ${JSON.stringify(line.slice(0, 40))}`,
    );
  });
}

/** How a case differs from the one that a run was begun with. */
export interface CaseChange {
  /** Its id. */
  readonly id: string;
  /** Whose it is in the data; of a case that is gone, whose it was. */
  readonly patient: string;
  /** What changed, as a message says it: `its image`, `new`. */
  readonly what: string;
}

/**
 * How cases differ from the records of a run: images and masks that changed, cases of another patient than before, new
 * ones, and those that are gone. Cases that were not read by `checkCases` are not compared but for their patient.
 *
 * @example changesOf([{ id: 'a', patient: 'p', image: '1', masks: '2' }], []) // [{ id: 'a', patient: 'p', what: 'gone' }]
 */
export function changesOf(
  records: readonly CaseRecord[],
  cases: readonly Pick<Case, 'id' | 'patient' | 'facts'>[],
): CaseChange[] {
  requireList('changesOf: records', records);
  requireList('changesOf: cases', cases);
  const before = new Map(records.map((record) => [record.id, record]));
  const now = new Set(cases.map(({ id }) => id));
  const changes = cases.flatMap(({ id, patient, facts }): CaseChange[] => {
    const what = changeOf(before.get(id), patient, facts?.content);
    return what === undefined ? [] : [{ id, patient, what }];
  });
  const gone = records.filter(({ id }) => !now.has(id));
  return [...changes, ...gone.map(({ id, patient }) => ({ id, patient, what: 'gone' }))];
}

function changeOf(
  record: CaseRecord | undefined,
  patient: string,
  content: { image: string; masks: string } | undefined,
): string | undefined {
  if (!record) return 'new';
  if (record.patient !== patient) return `of patient ${patient}, was of ${record.patient}`;
  const parts = [
    ...(content && content.image !== record.image ? ['image'] : []),
    ...(content && content.masks !== record.masks ? ['mask'] : []),
  ];
  return parts.length === 0 ? undefined : `its ${parts.join(' and its ')} changed`;
}

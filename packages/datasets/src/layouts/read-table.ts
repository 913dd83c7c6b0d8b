import { CsvError, parse } from 'csv-parse/sync';
import { DataError } from '../data-error.ts';
import { fieldsOf, readJson, readText } from './read-json.ts';

/** A line of a table: its values by column, empty ones left out. */
export interface Row {
  fields: Map<string, string>;
  /** Where it stands, for messages: `line 3`. */
  place: string;
}

/** The largest number of rows. */
const mostRows = 1_000_000;

/**
 * Reads a table from CSV with a line of headings (RFC 4180; semicolons or tabs where the headings have more of them), or
 * from JSON, a list of objects, alone or as the one list in an object.
 *
 * Throws DataError naming the file when it is not there, is no such table or has over a million rows.
 */
export async function readTable(file: string): Promise<Row[]> {
  const rows = /\.json$/i.test(file) ? rowsOfJson(await readJson(file), file) : rowsOfCsv(await readText(file), file);
  if (rows.length > mostRows)
    throw new DataError([{ file, rule: `a list may have ${mostRows} rows, got ${rows.length}` }]);
  return rows;
}

function rowsOfCsv(text: string | undefined, file: string): Row[] {
  if (text === undefined) throw new DataError([{ file, rule: 'the file must exist' }]);
  const [heading, ...lines] = recordsOf(text, file);
  const columns = heading?.record ?? [];
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined)
    throw new DataError([{ file, rule: `a list must have a column once, got ${JSON.stringify(twice)} twice` }]);
  return lines.map(({ record, info }) => {
    if (record.length > columns.length)
      throw new DataError([
        { file, rule: `a line must have ${columns.length} values, got ${record.length} in line ${info.lines}` },
      ]);
    const values = columns.map((name, i) => [name, record[i] ?? ''] as const).filter(([, value]) => value !== '');
    return { fields: new Map(values), place: `line ${info.lines}` };
  });
}

interface CsvRecord {
  record: string[];
  info: { lines: number };
}

/** The lines of a CSV, headings included. */
function recordsOf(text: string, file: string): CsvRecord[] {
  let records: CsvRecord[];
  try {
    records = parse(text, {
      info: true,
      delimiter: delimiterOf(text),
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: 65536,
    }) as unknown as typeof records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new DataError([{ file, rule: `a list must be CSV: ${error.message.slice(0, 120)}` }]);
  }
  return records;
}

/** A pair of names that a line of a file gives. */
export interface NamePair {
  first: string;
  second: string;
  /** Where it stands, for messages: `line 3`. */
  place: string;
}

/** The two columns of a file of names, each with what else it may be called, in small letters, best first. */
export interface PairColumns {
  first: readonly [name: string, ...others: string[]];
  second: readonly [name: string, ...others: string[]];
  /** Columns that belong into another file, by their headings in small letters, each with where. Refused. */
  elsewhere?: ReadonlyMap<string, string>;
  /** Whether a file without headings may begin with these two values. */
  mayBeBare: (first: string, second: string) => boolean;
}

/**
 * Reads a CSV of two columns, found by their headings among others, or its only two where it has no headings. Separators
 * are commas, semicolons or tabs; values may be quoted. Undefined when there is no such file. `onProblem` is called with
 * the rule that a line without both values breaks.
 *
 * Throws DataError naming the file and its first line when that is neither, or the column that belongs elsewhere.
 */
export async function readNamePairs(
  file: string,
  { first, second, elsewhere, mayBeBare }: PairColumns,
  onProblem: (rule: string) => void,
): Promise<NamePair[] | undefined> {
  const text = await readText(file);
  if (text === undefined) return undefined;
  const records = recordsOf(text, file);
  const heading = records[0]?.record.map((cell) => cell.toLowerCase()) ?? [];
  const columnOf = (names: readonly string[]): number =>
    names.map((name) => heading.indexOf(name)).find((column) => column >= 0) ?? -1;
  const columns = [columnOf(first), columnOf(second)] as const;
  const hasHeading = columns[0] >= 0 && columns[1] >= 0;
  const isBare = !hasHeading && heading.length === 2 && mayBeBare(records[0]!.record[0]!, records[0]!.record[1]!);
  const expected = `${first[0]},${second[0]}`;
  if (records.length > 0 && !hasHeading && !isBare)
    throw new DataError([
      {
        file,
        rule: `its first line must be the headings ${expected}, got ${JSON.stringify(records[0]!.record.join(','))}`,
      },
    ]);
  const stray = hasHeading ? heading.find((name, k) => elsewhere?.has(name) && !columns.includes(k)) : undefined;
  if (stray !== undefined)
    throw new DataError([{ file, rule: `the column ${stray} is not read; ${elsewhere!.get(stray)}` }]);
  const [a, b] = hasHeading ? columns : [0, 1];
  return (hasHeading ? records.slice(1) : records).flatMap(({ record, info }): NamePair[] => {
    const place = `line ${info.lines}`;
    const [one, other] = [record[a] ?? '', record[b] ?? ''];
    const most = hasHeading ? heading.length : 2;
    if (one !== '' && other !== '' && record.length <= most) return [{ first: one, second: other, place }];
    onProblem(`a line must be ${expected}, got ${JSON.stringify(record.join(','))} in ${place}`);
    return [];
  });
}

/** Spreadsheets of countries with decimal commas write semicolons, and some programs tabs. */
function delimiterOf(text: string): string {
  const heading = /^.*/.exec(text)?.[0] ?? '';
  const count = (delimiter: string): number => heading.split(delimiter).length;
  return [';', '\t'].reduce((best, each) => (count(each) > count(best) ? each : best), ',');
}

function rowsOfJson(json: unknown, file: string): Row[] {
  const lists = Array.isArray(json) ? [json] : Object.values(fieldsOf(json) ?? {}).filter(Array.isArray);
  if (lists.length !== 1)
    throw new DataError([
      { file, rule: `a list must be a JSON array of cases, or an object with one, got ${lists.length} arrays` },
    ]);
  return lists[0]!.map((entry: unknown, i): Row => {
    const fields = new Map<string, string>();
    for (const [name, value] of Object.entries(fieldsOf(entry) ?? {})) {
      if (typeof value === 'string' || typeof value === 'number') fields.set(name, String(value));
      // { "image": { "t1": "a.nii", "flair": "b.nii" } } is image:t1 and image:flair.
      for (const [label, each] of Object.entries(fieldsOf(value) ?? {}))
        if (typeof each === 'string') fields.set(`${name}:${label}`, each);
      if (Array.isArray(value))
        for (const [n, each] of value.entries()) if (typeof each === 'string') fields.set(`${name}:${n + 1}`, each);
    }
    return { fields, place: `entry ${i + 1}` };
  });
}

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
 * Reads a table from CSV with a line of headings (RFC 4180; semicolons where the headings have more of them), or from JSON, a list of objects, alone or as the one list
 * in an object.
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
  let records: { record: string[]; info: { lines: number } }[];
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
  const [heading, ...lines] = records;
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

/** Spreadsheets of countries with decimal commas write semicolons. */
function delimiterOf(text: string): string {
  const heading = /^.*/.exec(text)?.[0] ?? '';
  return heading.split(';').length > heading.split(',').length ? ';' : ',';
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

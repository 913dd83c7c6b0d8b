import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
/** A table of results: named columns, and rows of names and numbers. */
export interface Table {
  /** Names of the columns. */
  readonly columns: readonly string[];
  /** One list of cells for each row, as many as columns. */
  readonly rows: readonly (readonly (string | number)[])[];
}

const toMarkdownOptionNames: OptionNames<NonNullable<Parameters<typeof toMarkdown>[1]>> = { digits: true };

/**
 * The table as GitHub-flavoured Markdown, numbers to the right.
 *
 * digits: after the point; 3 unless told, integers stay whole. NaN is written as a dash. Throws RangeError when a row
 * has another number of cells than there are columns.
 *
 * @example toMarkdown({ columns: ['case', 'Dice'], rows: [['p01', 0.8123]] })
 */
export function toMarkdown(
  table: Table,
  options: {
    /** Digits after the point. Default 3. */
    readonly digits?: number;
  } = {},
): string {
  requireObject('toMarkdown: table', table, ['columns', 'rows']);
  requireOptions('toMarkdown', options, toMarkdownOptionNames);
  checkTable('toMarkdown', table);
  const { digits = 3 } = options;
  const text = (cell: string | number): string => {
    if (typeof cell === 'string') return cell.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll(/\r?\n/g, ' ');
    if (Number.isNaN(cell)) return '–';
    return Number.isInteger(cell) || !Number.isFinite(cell) ? infinityText(cell) : cell.toFixed(digits);
  };
  const numeric = table.columns.map(
    (_, c) => table.rows.length > 0 && table.rows.every((row) => typeof row[c] === 'number'),
  );
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |\n`;
  const rule = line(numeric.map((right) => (right ? '---:' : '---')));
  return line(table.columns.map(text)) + rule + table.rows.map((row) => line(row.map(text))).join('');
}

/**
 * The table as CSV (RFC 4180): a header, full precision, cells quoted where they must be, lines ended by CR LF. Text that a
 * spreadsheet would run as a formula, since it begins with `=`, `+`, `-` or `@` and is no number, has an apostrophe before it.
 *
 * NaN and infinities are written as `NaN`, `Infinity` and `-Infinity`. Throws RangeError as `toMarkdown`.
 *
 * @example toCsv({ columns: ['case', 'Dice'], rows: [['p01', 0.8123]] })
 */
export function toCsv(table: Table): string {
  requireObject('toCsv: table', table, ['columns', 'rows']);
  checkTable('toCsv', table);
  const text = (cell: string | number): string => {
    const plain = typeof cell === 'number' ? String(cell) : withoutFormula(cell);
    return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  };
  return [table.columns, ...table.rows].map((row) => `${row.map(text).join(',')}\r\n`).join('');
}

/** A lone sign is a text for spreadsheets, too. */
function withoutFormula(text: string): string {
  return /^[\t\r\n]|^[=+@-]./s.test(text) && !Number.isFinite(Number(text)) ? `'${text}` : text;
}

const toJsonOptionNames: OptionNames<NonNullable<Parameters<typeof toJson>[1]>> = { indent: true };

/**
 * The table as JSON: an array of one object for each row, keyed by column.
 *
 * JSON has no NaN or infinity: they are written as the strings `NaN`, `Infinity` and `-Infinity`. Throws RangeError as
 * `toMarkdown`, and when two columns share a name.
 *
 * @example toJson({ columns: ['case', 'Dice'], rows: [['p01', 0.8123]] }) // '[{"case":"p01","Dice":0.8123}]'
 */
export function toJson(
  table: Table,
  options: {
    /** Spaces for each level. Default 0: all on one line. */
    readonly indent?: number;
  } = {},
): string {
  requireObject('toJson: table', table, ['columns', 'rows']);
  requireOptions('toJson', options, toJsonOptionNames);
  checkTable('toJson', table);
  if (new Set(table.columns).size < table.columns.length) {
    throw new RangeError(`toJson: columns must have names of their own, got ${table.columns.join(', ')}`);
  }
  const value = (cell: string | number): string | number =>
    typeof cell === 'number' && !Number.isFinite(cell) ? String(cell) : cell;
  const objects = table.rows.map((row) => Object.fromEntries(row.map((cell, c) => [table.columns[c]!, value(cell)])));
  return JSON.stringify(objects, null, options.indent ?? 0);
}

function infinityText(value: number): string {
  return value === Number.POSITIVE_INFINITY ? '∞' : value === Number.NEGATIVE_INFINITY ? '-∞' : String(value);
}

function checkTable(asked: string, { columns, rows }: Table): void {
  const bad = rows.findIndex((row) => row.length !== columns.length);
  if (bad >= 0) {
    throw new RangeError(`${asked}: each row must have ${columns.length} cells, row ${bad} has ${rows[bad]!.length}`);
  }
}

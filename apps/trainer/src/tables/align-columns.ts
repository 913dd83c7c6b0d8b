/**
 * Rows of cells as lines, one column under the other, two spaces between them. Where the lines would be longer than `width`,
 * columns go into another table below, each time after the first one. The last cells of rows of another length follow
 * freely.
 */
export function alignColumns(rows: readonly (readonly string[])[], width: number = Number.POSITIVE_INFINITY): string[] {
  const count = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, c) => Math.max(0, ...rows.map((row) => row[c]?.length ?? 0)));
  const parts: number[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (let c = 1; c < count; c++) {
    if (length + 2 + widths[c]! > width || parts.length === 0) {
      parts.push([]);
      length = 2 + widths[0]!;
    }
    parts.at(-1)!.push(c);
    length += 2 + widths[c]!;
  }
  if (parts.length === 0) parts.push([]);
  const linesOf = (part: readonly number[]): string[] =>
    rows.map((row) => `  ${[0, ...part].map((c) => (row[c] ?? '').padEnd(widths[c]!)).join('  ')}`.trimEnd());
  return parts.flatMap((part, i) => (i === 0 ? linesOf(part) : ['', ...linesOf(part)]));
}

/**
 * A line as lines of at most `width` columns, broken at spaces; a word that is longer, such as a path, overflows. What
 * follows the first line is indented by two more than it is, or, where two spaces set off a first column, by that.
 */
export function wrapLine(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const start = /^\s*/.exec(line)![0];
  const column = /^\s*\S.*?\s{2,}(?=\S)/.exec(line)?.[0] ?? '';
  const lead = column !== '' && column.length <= width / 2 ? column : start;
  const indent = ' '.repeat(lead === start ? start.length + 2 : lead.length);
  const lines: string[] = [];
  let now = lead;
  let isBlank = true;
  for (const word of line.slice(lead.length).split(' ')) {
    if (!isBlank && now.length + 1 + word.length > width) {
      lines.push(now);
      now = indent;
      isBlank = true;
    }
    if (isBlank && word === '' && lines.length > 0) continue; // spaces at a break
    now += isBlank ? word : ` ${word}`;
    isBlank = false;
  }
  return [...lines, now];
}

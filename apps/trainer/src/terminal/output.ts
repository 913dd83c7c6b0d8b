import { printable } from './printable.ts';
import { wrapLine } from './wrap-line.ts';

/** What the program tells a person. Results go to standard output, remarks about the work to standard error. */
interface Output {
  /** Lines, none of which holds an end of line; an empty one unless given. */
  result(lines?: string | readonly string[]): void;
  remark(lines: string | readonly string[]): void;
  /** A line of results for programs, which is never broken. */
  data(line: string): void;
  /** Columns that a line of results may have: those of a terminal, else any number. */
  width(): number;
}

export const output: Output = {
  result: (lines = '') => print(lines, process.stdout),
  remark: (lines) => print(lines, process.stderr),
  data: (line) => void process.stdout.write(`${printable(line)}\n`),
  width: () => widthOf(process.stdout),
};

/** Lines are broken for a terminal alone: what reads them from a pipe or a file wants them whole. */
function print(lines: string | readonly string[], stream: NodeJS.WriteStream): void {
  const width = widthOf(stream);
  const shown = [lines].flat().flatMap((line) => wrapLine(printable(line), width));
  stream.write(shown.map((line) => `${line}\n`).join(''));
}

function widthOf(stream: NodeJS.WriteStream): number {
  return stream.isTTY ? stream.columns || 80 : Number.POSITIVE_INFINITY;
}

/** A message of several lines as one. */
export function oneLine(message: string): string {
  return message.trim().replaceAll(/\s*\n\s*/g, ' ');
}

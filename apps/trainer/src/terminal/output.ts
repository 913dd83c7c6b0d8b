/** What the program tells a person. Results go to standard output, remarks about the work to standard error. */
export const output: { result(line?: string): void; remark(line: string): void } = {
  result: (line = '') => void process.stdout.write(`${line}\n`),
  remark: (line) => void process.stderr.write(`${line}\n`),
};

/** A message of several lines as one. */
export function oneLine(message: string): string {
  return message.trim().replaceAll(/\s*\n\s*/g, ' ');
}

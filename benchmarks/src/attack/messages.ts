import type { Ended } from './commands.ts';

/** What is wrong with how a command that failed says so: it must be one line, and not of a fault in the program. */
export function explained({ code, signal, stderr }: Ended): string[] {
  if (signal !== null) return [`its process ended with ${signal}`];
  const lines = stderr.split('\n');
  const messages = lines.filter((line) => /^(medseg|error): /.test(line));
  if (messages.length !== 1) return [`it ended with ${code} and ${messages.length} messages:\n${stderr}`];
  if (/internal error/.test(stderr) || lines.some((line) => /^\s+at /.test(line)))
    return [`it calls an error of the disk one of its own:\n${stderr}`];
  return [];
}

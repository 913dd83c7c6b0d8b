import { disableIncrementalMarking } from '@medseg/training/node';
import { buildProgram } from './program/program.ts';
import { outliveLostOutput } from './terminal/lost-output.ts';
import { output } from './terminal/output.ts';
import { reportError } from './terminal/report-error.ts';
import { VERSION } from './version.ts';

/**
 * Runs a command, given as in `process.argv`, and returns its exit code: 0; 1 for work that could not be done; 2 for a
 * wrong command; 130 for one that was interrupted.
 */
export async function main(argv: readonly string[]): Promise<number> {
  // Not an option of commander: it would take the --version of medseg native install as well.
  if (argv.length === 3 && (argv[2] === '--version' || argv[2] === '-V')) {
    output.result(VERSION);
    return 0;
  }
  try {
    await buildProgram().parseAsync([...argv]);
    return process.exitCode === undefined ? 0 : Number(process.exitCode);
  } catch (error) {
    return reportError(error);
  }
}

/** Milliseconds that what a command has left open may take to close. */
const CLOSING = 3000;

/** Ends the process where something that a command has left open, such as a thread that does not end, would keep it. */
function endSoon(): void {
  const end = (): void => {
    if (process.stdout.writableLength + process.stderr.writableLength > 0) setTimeout(end, 100).unref();
    else process.exit();
  };
  setTimeout(end, CLOSING).unref();
}

/** Runs the command of this process, and ends it. */
export async function runProcess(): Promise<void> {
  disableIncrementalMarking();
  outliveLostOutput();
  process.exitCode = await main(process.argv);
  endSoon();
}

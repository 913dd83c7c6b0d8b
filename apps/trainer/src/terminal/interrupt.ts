import { output } from './output.ts';
import { clearProgress } from './progress.ts';

/** Somebody asked the process to stop, by Ctrl-C, SIGTERM or by closing the terminal. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor() {
    super('stopped');
  }
}

/** The signals that ask a process to stop; SIGHUP comes when a terminal is closed. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Seconds in which a process that was asked to stop ends, unless it is told otherwise. */
const GRACE = 60;

/**
 * Turns Ctrl-C, SIGTERM and SIGHUP into an abort whose reason is an {@link InterruptedError}, and says at once that it was
 * heard; a second one ends the process at once, and so do `grace` seconds. Call `release` when done.
 */
export function onInterrupt(grace: number = GRACE): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    clearProgress();
    output.remark('stopping: what is under way ends first (Ctrl-C again: at once, what is not saved is lost)');
    timer = setTimeout(() => {
      output.remark(`medseg: stopped by force: what was under way did not end within ${grace} seconds`);
      process.exit(130);
    }, 1000 * grace);
    timer.unref();
    controller.abort(new InterruptedError());
  };
  for (const name of STOP_SIGNALS) process.on(name, stop);
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer);
      for (const name of STOP_SIGNALS) process.off(name, stop);
    },
  };
}

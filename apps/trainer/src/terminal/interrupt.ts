import { output } from './output.ts';
import { clearProgress } from './progress.ts';
import { forcedLine, type Saved, STOP_SIGNALS, STOPPING } from './stopping.ts';
import { startWatchdog } from './watchdog.ts';

/** Somebody asked the process to stop, by Ctrl-C, SIGTERM or by closing the terminal. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor() {
    super('stopped');
  }
}

/** Seconds in which a process that was asked to stop ends, unless it is told otherwise. */
const GRACE = 60;

interface InterruptOptions {
  /** Seconds after which a process that was asked to stop is ended by force. Default 60. */
  readonly grace?: number;
  /** What is left where it is. */
  readonly saved?: Saved;
}

/**
 * Turns Ctrl-C, SIGTERM and SIGHUP into an abort whose reason is an {@link InterruptedError}, and says at once that it was
 * heard; a second one ends the process at once, and so do `grace` seconds, also in one long computation. Call `release`
 * when done.
 */
export function onInterrupt({ grace = GRACE, saved }: InterruptOptions = {}): {
  signal: AbortSignal;
  release(): void;
} {
  const controller = new AbortController();
  const watchdog = startWatchdog({ grace, saved });
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    const isFirst = watchdog.heard();
    if (controller.signal.aborted) process.exit(130);
    clearProgress();
    if (isFirst) output.remark(STOPPING);
    timer = setTimeout(() => {
      output.remark(forcedLine(saved, grace));
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
      watchdog.release();
      for (const name of STOP_SIGNALS) process.off(name, stop);
    },
  };
}

import { output } from './output.ts';
import { clearProgress } from './progress.ts';

/** Somebody asked the process to stop, by Ctrl-C or SIGTERM. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor() {
    super('stopped');
  }
}

/**
 * Turns Ctrl-C and SIGTERM into an abort whose reason is an {@link InterruptedError}, and says at once that it was heard;
 * a second one ends the process at once. Call `release` when done.
 */
export function onInterrupt(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    clearProgress();
    output.remark('stopping: what is under way ends first (Ctrl-C again: at once, what is not saved is lost)');
    controller.abort(new InterruptedError());
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}

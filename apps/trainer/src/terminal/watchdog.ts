import { Worker } from 'node:worker_threads';
import type { Saved } from './stopping.ts';

/** What the thread is started with. */
export interface WatchdogData {
  /** Signals that the main thread has heard; whether somebody has said that the process is stopping. */
  readonly state: Int32Array;
  /** Seconds from the first signal to the end by force. */
  readonly grace: number;
  readonly saved: Saved | undefined;
}

/** Places in {@link WatchdogData.state}. */
export const HEARD = 0;
export const SAID = 1;

/** A thread that answers signals while the main thread cannot. */
interface Watchdog {
  /** The main thread has heard a signal. Returns whether it is the first to say so. */
  heard(): boolean;
  release(): void;
}

/**
 * Starts the thread. A step of training is one long computation, which no signal gets into: where the main thread has
 * not heard of one within a second, the thread says that the process is stopping, and after `grace` seconds or a second
 * signal it ends the process by force. Where the system refuses the thread, signals wait for the main thread.
 */
export function startWatchdog(options: Omit<WatchdogData, 'state'>): Watchdog {
  const state = new Int32Array(new SharedArrayBuffer(8));
  const data: WatchdogData = { ...options, state };
  let thread: Worker | undefined;
  try {
    thread = new Worker(new URL('./watchdog-thread.js', import.meta.url), {
      workerData: data,
      execArgv: ['--expose-internals'], // to this thread alone
    });
    thread.on('error', () => {}); // without it there is less comfort, and nothing is lost
    thread.unref();
  } catch {
    thread = undefined;
  }
  return {
    heard: () => {
      Atomics.add(state, HEARD, 1);
      return Atomics.exchange(state, SAID, 1) === 0;
    },
    release: () => void thread?.terminate(),
  };
}

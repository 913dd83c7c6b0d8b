import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { workerData } from 'node:worker_threads';
import { printable } from './printable.ts';
import { forcedLine, STOP_SIGNALS, STOPPING } from './stopping.ts';
import { HEARD, SAID, type WatchdogData } from './watchdog.ts';

// The thread of `startWatchdog`. Node gives threads no `process.on('SIGINT')`; libuv does give them the signals, through
// the handles that Node itself takes, of which versions 20, 22 and 24 make nothing public. Where another version has them
// elsewhere the thread ends, and its owner goes on without it.

interface SignalHandle {
  onsignal(): void;
  start(signal: number): number;
}

/** Milliseconds that the main thread has to hear of a signal itself. */
const CHANCE = 1000;

const { state, grace, saved } = workerData as WatchdogData;
let signals = 0;

function heard(): void {
  signals++;
  if (signals === 1) setTimeout(() => force(grace), 1000 * (grace + 1));
  setTimeout(() => {
    if (Atomics.load(state, HEARD) >= signals) return;
    if (signals > 1) force();
    else if (Atomics.exchange(state, SAID, 1) === 0) say(STOPPING);
  }, CHANCE);
}

function force(seconds?: number): void {
  say(forcedLine(saved, seconds));
  process.kill(process.pid, 'SIGKILL'); // all that ends a process whose main thread does not listen
}

/** To standard error itself: the streams of a thread go through the main thread. */
function say(line: string): void {
  try {
    writeSync(2, `${isatty(2) ? '\r\x1b[J' : ''}${printable(line)}\n`);
  } catch {
    // Nobody reads it.
  }
}

process.emitWarning = () => {}; // that these are Node's own
const { internalBinding } = createRequire(import.meta.url)('internal/test/binding') as {
  internalBinding(name: 'signal_wrap'): { Signal: new () => SignalHandle };
};
const { Signal } = internalBinding('signal_wrap');
for (const name of STOP_SIGNALS) {
  const handle = new Signal();
  handle.onsignal = heard;
  handle.start(constants.signals[name]);
}

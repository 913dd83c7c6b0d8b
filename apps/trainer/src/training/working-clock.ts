/** Milliseconds without a look from which on a process may have stood still. */
const LONG = 5000;
/** Milliseconds between the looks that a timer takes: a process that waits has them, one that is suspended has not. */
const EVERY = 1000;
/** Milliseconds of history, about, from which the usual share of the processor is known. */
const HISTORY = 60_000;

interface ClockOptions {
  /** Milliseconds on a clock that goes on. */
  readonly wall?: () => number;
  /** Milliseconds of processors that the process has used. */
  readonly cpu?: () => number;
  /** Called with the milliseconds in which the process stood still, each time that it has. */
  onStill?(milliseconds: number): void;
}

/** See {@link workingClock}. */
export interface WorkingClock {
  /** Milliseconds on a clock of no meaning but its differences. */
  now(): number;
  /** Stops the timer; the clock goes on. */
  stop(): void;
}

/**
 * A clock that does not count the time in which the process was suspended, as by SIGSTOP, Ctrl-Z or a container that was
 * paused: long times in which no timer of it has run, and it has used less than half of the processor that it uses otherwise,
 * a whole one counted at most. Of each, what it has used counts. Waiting, as for a thread that does not answer, counts.
 *
 * @example const clock = workingClock(); clock.now(); clock.stop();
 */
export function workingClock({
  wall = () => performance.now(),
  cpu = cpuTime,
  onStill,
}: ClockOptions = {}): WorkingClock {
  /** The last look of any kind, and the last reading. */
  let seen = { wall: wall(), cpu: cpu() };
  let read = seen;
  let still = 0;
  const usual = { wall: 0, cpu: 0 };
  /** What has passed since then, and how much of it the processor that it used would have taken. */
  const since = (then: typeof seen): { passed: number; worked: number; active: number } => {
    const worked = seen.cpu - then.cpu;
    return { passed: seen.wall - then.wall, worked, active: worked / Math.min(1, usual.cpu / usual.wall) };
  };
  const isIdle = ({ passed, active }: ReturnType<typeof since>): boolean => passed > LONG && active < passed / 2;
  const look = (): void => {
    const before = seen;
    seen = { wall: wall(), cpu: cpu() };
    const gap = since(before);
    if (!isIdle(gap)) return;
    still += gap.passed - gap.active;
    onStill?.(gap.passed - gap.active);
  };
  const timer = setInterval(look, EVERY);
  timer.unref();
  return {
    now: () => {
      look();
      const turn = since(read);
      read = seen;
      // Of times in which it waited or stood still nothing is learned.
      if (!isIdle(turn)) {
        const fading = Math.max(0, 1 - turn.passed / HISTORY);
        usual.wall = usual.wall * fading + turn.passed;
        usual.cpu = usual.cpu * fading + turn.worked;
      }
      return seen.wall - still;
    },
    stop: () => clearInterval(timer),
  };
}

/** Of all threads. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

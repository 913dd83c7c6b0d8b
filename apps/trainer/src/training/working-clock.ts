/** Milliseconds between two looks from which on a process may have stood still. */
const LONG = 5000;
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

/**
 * A clock that does not count the time in which the process was suspended, as by SIGSTOP, Ctrl-Z or a container that was
 * paused: long times in which it has used less than half of the processor that it uses otherwise, a whole one counted at
 * most. Of each, what it has used counts.
 *
 * @example const now = workingClock(); now() // milliseconds on a clock of no meaning but its differences
 */
export function workingClock({
  wall = () => performance.now(),
  cpu = cpuTime,
  onStill,
}: ClockOptions = {}): () => number {
  let [before, usedBefore] = [wall(), cpu()];
  let still = 0;
  const usual = { wall: 0, cpu: 0 };
  return () => {
    const [now, used] = [wall(), cpu()];
    const passed = now - before;
    const worked = used - usedBefore;
    [before, usedBefore] = [now, used];
    const rate = Math.min(1, usual.cpu / usual.wall);
    const active = worked / rate;
    if (passed > LONG && active < passed / 2) {
      still += passed - active;
      onStill?.(passed - active);
    } else {
      const fading = Math.max(0, 1 - passed / HISTORY);
      usual.wall = usual.wall * fading + passed;
      usual.cpu = usual.cpu * fading + worked;
    }
    return now - still;
  };
}

/** Of all threads. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

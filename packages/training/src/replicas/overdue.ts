/** Ratios that are remembered. */
const REMEMBERED = 20;
/** The choices, in units from the start of a step. */
const CHOICES = [1.3, 1.5, 2] as const;
/** The choice before anything is known. */
const FIRST = 1.5;

/**
 * When the share of a worker is overdue, so that this thread computes it too. The unit is the time that this thread takes
 * for a share of that size in the same step, so that a load on all cores cancels out. Of a few choices that is taken
 * which would have cost least over the last steps, had the worker also failed to answer once: a step costs what the
 * worker took, or else the wait and one unit more. So a worker that is as fast as this thread is not overtaken, and one
 * that stalls costs little more than one thread's step.
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
    if (this.ratios.length === 0) return FIRST;
    const costs = CHOICES.map((after) => costOf(after, [...this.ratios, Number.POSITIVE_INFINITY]));
    return CHOICES[costs.indexOf(Math.min(...costs))]!;
  }
}

function costOf(after: number, ratios: readonly number[]): number {
  return ratios.reduce((sum, ratio) => sum + (ratio <= after ? Math.max(1, ratio) : after + 1), 0);
}

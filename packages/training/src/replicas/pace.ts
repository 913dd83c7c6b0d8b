export type Mode = 'shared' | 'alone';

/** Steps on workers before the first trial: V8 compiles what they run. */
const WARM_UP = 12;
/** Steps of the other mode in a trial, each beside one of the present mode. */
const PAIRS = 4;
/** Steps between trials where one mode is clearly better, and where it is not. */
const RARELY = 500;
const OFTEN = 60;
/**
 * Steps to the next trial once this thread works alone, twice as many after each trial that confirms it: the first may
 * have met workers whose code V8 had not compiled yet, or a short burst of another program.
 */
const SOON = 20;
/** From which ratio on a mode is clearly better, and times have changed so much that a trial is due. */
const CLEAR = 1.5;
/** What one thread may take of the time of all to be preferred: times on a busy machine scatter. */
const GAIN = 0.9;
/** The last steps whose median tells whether times have changed. */
const RECENT = 5;

/**
 * Whether steps of one kind are quicker on all threads or on this one alone. On a machine whose cores others have, more
 * threads may get no more of them: Linux divides time among sessions and containers first. Then replicas cost what they
 * copy and wait. Nothing but a trial tells, so now and then a few steps alternate between the modes: rarely while one is
 * clearly better, and as soon as steps take much longer or shorter than at the last trial.
 */
export class Pace {
  private mode: Mode = 'shared';
  private recent: number[] = [];
  /** Times of alternate steps, the first of the other mode. */
  private trial: number[] | undefined;
  /** Steps until the next trial. */
  private left = WARM_UP;
  /** Steps between the last trial and the next while this thread works alone. */
  private interval = SOON;
  /** What a step of the present mode took at the last trial. */
  private known: number | undefined;

  /** How the next step is to be done. */
  get next(): Mode {
    return this.trial !== undefined && this.trial.length % 2 === 0 ? other(this.mode) : this.mode;
  }

  /** Notes the milliseconds of the step that was done so. */
  note(milliseconds: number): void {
    if (this.trial !== undefined) {
      this.trial.push(milliseconds);
      if (this.trial.length === 2 * PAIRS) this.decide(this.trial);
      return;
    }
    this.recent.push(milliseconds);
    if (this.recent.length > RECENT) this.recent.shift();
    this.left--;
    if (this.recent.length === RECENT && (this.left <= 0 || this.hasChanged())) this.trial = [];
  }

  private hasChanged(): boolean {
    if (this.known === undefined) return false;
    const ratio = median(this.recent) / this.known;
    return ratio > CLEAR || ratio < 1 / CLEAR;
  }

  private decide(times: readonly number[]): void {
    const tried = times.filter((_, i) => i % 2 === 0);
    const present = times.filter((_, i) => i % 2 === 1);
    const ratio = median(tried.map((time, i) => time / present[i]!));
    const isBetter = ratio < (this.mode === 'shared' ? GAIN : 1);
    if (isBetter) this.mode = other(this.mode);
    this.known = median(isBetter ? tried : present);
    this.interval = isBetter ? SOON : 2 * this.interval;
    const longest = Math.max(ratio, 1 / ratio) >= CLEAR ? RARELY : OFTEN;
    this.left = this.mode === 'alone' ? Math.min(this.interval, longest) : longest;
    this.trial = undefined;
    this.recent = [];
  }
}

function other(mode: Mode): Mode {
  return mode === 'shared' ? 'alone' : 'shared';
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

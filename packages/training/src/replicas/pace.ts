export type Mode = 'shared' | 'alone';

/** Steps on workers before the first trial: V8 compiles what they run. */
const WARM_UP = 12;
/** Steps that a trial of the other mode takes; the median counts. */
const TRIAL = 3;
/** Steps between trials where one mode is clearly better, and where it is not. */
const RARELY = 500;
const OFTEN = 40;
/** From which ratio on a mode is clearly better, and times have changed so much that a trial is due. */
const CLEAR = 1.5;
/** The last steps of the present mode whose median is its time. */
const RECENT = 5;

/**
 * Whether steps of one kind are quicker on all threads or on this one alone. On a machine whose cores others have, more
 * threads may get no more of them: Linux divides time among sessions and containers first. Then replicas cost what they
 * copy and wait. Nothing but a trial tells, so the other mode gets a few steps now and then: rarely while one is clearly
 * better, and as soon as steps take much longer or shorter than when it was last tried.
 */
export class Pace {
  private mode: Mode = 'shared';
  private recent: number[] = [];
  private trial: number[] | undefined;
  /** Steps until the next trial. */
  private left = WARM_UP;
  /** What a step of the present mode took at the last trial. */
  private known: number | undefined;

  /** How the next step is to be done. */
  get next(): Mode {
    return this.trial === undefined ? this.mode : other(this.mode);
  }

  /** Notes the milliseconds of the step that was done so. */
  note(milliseconds: number): void {
    if (this.trial !== undefined) {
      this.trial.push(milliseconds);
      if (this.trial.length === TRIAL) this.decide(median(this.trial));
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

  private decide(tried: number): void {
    const present = median(this.recent);
    this.trial = undefined;
    this.recent = [];
    if (tried < present) this.mode = other(this.mode);
    const [better, worse] = tried < present ? [tried, present] : [present, tried];
    this.known = better;
    this.left = worse / better >= CLEAR ? RARELY : OFTEN;
  }
}

function other(mode: Mode): Mode {
  return mode === 'shared' ? 'alone' : 'shared';
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

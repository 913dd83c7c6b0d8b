import type { Patience } from './patience.ts';

/** Milliseconds between two looks, at most; and how many looks there are at least until patience ends. */
const LOOK = 1000;
const LOOKS = 20;

/**
 * Counts a worker's silence while its owner can hear: in looks at regular intervals, of which only one is due after the
 * owner was busy, however long that was. When patience ends, messages that have come meanwhile are let in first.
 */
export class SilenceWatch {
  private counted = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly patience: Patience,
    private readonly onEnd: (reason: string) => void,
  ) {}

  /** Starts to count from 0. */
  restart(): void {
    this.stop();
    this.look();
  }

  /** Stops, and gives the milliseconds of silence so far. */
  stop(): number {
    clearTimeout(this.timer);
    const { counted } = this;
    this.counted = 0;
    return counted;
  }

  private look(): void {
    const interval = Math.min(LOOK, this.patience.milliseconds / LOOKS);
    this.timer = setTimeout(() => {
      this.counted += interval;
      // The limit may have been learnt to be longer since.
      if (this.counted < this.patience.milliseconds * (1 - 1e-9)) this.look();
      else this.letIn(2);
    }, interval);
  }

  /** Between two timers that are due at once the loop looks for messages. */
  private letIn(turns: number): void {
    this.timer = setTimeout(() => {
      if (turns > 1) this.letIn(turns - 1);
      else this.onEnd(`it gave no sign of life within ${Math.round(this.patience.milliseconds / 100) / 10} s`);
    }, 0);
  }
}

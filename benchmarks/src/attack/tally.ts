/** One thing that was done to the command. */
export interface Attempt {
  /** What kind it is of: a line of the table. */
  readonly kind: string;
  /** Which of its kind, for a replay with --only. */
  readonly id: string;
  /** Whether the machine is to be busy. */
  readonly busy: boolean;
  run(): Promise<Outcome>;
}

/** How it went. */
export interface Outcome {
  /** Whether the command got to its end in spite of it, or how its work was done after it. */
  readonly end: 'ended' | 'resumed' | 'begun again';
  /** What was wrong; empty: nothing. */
  readonly problems: readonly string[];
}

const ENDS = ['ended', 'resumed', 'begun again'] as const;

/** Counts outcomes by their kinds. */
export class Tally {
  private readonly rows = new Map<string, Record<Outcome['end'] | 'failed', number>>();
  failures = 0;

  add(kind: string, { end, problems }: Outcome): void {
    const row = this.rows.get(kind) ?? { ended: 0, resumed: 0, 'begun again': 0, failed: 0 };
    this.rows.set(kind, row);
    if (problems.length === 0) row[end]++;
    else {
      row.failed++;
      this.failures++;
    }
  }

  /** A table of at most 80 columns. */
  lines(): string[] {
    const head = ['', 'done', ...ENDS, 'failed'];
    const rows = [...this.rows].map(([kind, row]) => [
      kind,
      ENDS.reduce((sum, end) => sum + row[end], row.failed),
      ...ENDS.map((end) => row[end]),
      row.failed,
    ]);
    return [head, ...rows].map(([name, ...cells]) =>
      [String(name).padEnd(34), ...cells.map((cell, i) => String(cell).padStart(i === 3 ? 13 : 8))].join(''),
    );
  }
}

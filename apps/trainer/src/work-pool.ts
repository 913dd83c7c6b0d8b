import { Worker } from 'node:worker_threads';

/**
 * A thread's messages to the pool: that it is ready, that its oldest job advances, the answer to that job, or why it
 * cannot go on.
 */
export type ThreadReply<Answer> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'alive' }
  | { readonly kind: 'done'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly reason: string };

export interface WorkPoolOptions {
  /** Threads that work, the calling one among them. */
  readonly threads: number;
  /** What the other threads run: a program that calls `serveJobs`. */
  readonly script: URL;
  readonly workerData?: unknown;
  /** Told of each thread that died and why; its jobs are done by the others. */
  onDeath(thread: number, reason: string): void;
  /**
   * Milliseconds without a sign of life after which a thread is taken for dead. By default a minute, or twenty times the
   * longest that this thread took from one sign to the next.
   */
  readonly patience?: number;
}

/** Does a job; `alive` is to be called as it advances. */
export type DoJob<Job, Answer> = (job: Job, alive: () => void) => Promise<Answer>;

/**
 * Does jobs on this thread and on others at once. A thread that throws, exits or falls silent is told of and ended, and
 * what it has left undone is done by the others; what fails on this thread too is thrown.
 */
export class WorkPool<Job, Answer> {
  private readonly others: readonly PoolThread<Job, Answer>[];
  private run_: Run<Job, Answer> | undefined;
  private longestSilence = 0;

  constructor(private readonly options: WorkPoolOptions) {
    const { script, workerData, onDeath } = options;
    this.others = Array.from(
      { length: options.threads - 1 },
      (_, i) =>
        new PoolThread<Job, Answer>(new Worker(script, { workerData }), {
          patience: () => options.patience ?? Math.max(60_000, 20 * this.longestSilence),
          free: () => this.feed(),
          answer: (place, answer) => this.run_?.settle(place, answer),
          death: (reason, left) => {
            this.run_?.queue.unshift(...left);
            onDeath(i + 1, reason);
            this.feed();
            this.run_?.wake();
          },
        }),
    );
  }

  /** Threads that work, this one among them. */
  get size(): number {
    return 1 + this.others.filter(({ alive }) => alive).length;
  }

  /**
   * Does every job; `local` does those of this thread, `done` is told of each answer as it comes. Answers are in the order
   * of the jobs. Waits until the threads have come up: this one may be at work for long without hearing of them. Throws
   * what `local` throws; the pool is then good for nothing but `dispose`.
   */
  async run(
    jobs: readonly Job[],
    { local, done }: { local: DoJob<Job, Answer>; done?(answer: Answer, place: number): void },
  ): Promise<Answer[]> {
    if (jobs.length > 1) await Promise.all(this.others.map(({ started }) => started));
    const run = new Run<Job, Answer>(jobs, done);
    this.run_ = run;
    try {
      while (run.left > 0) {
        const place = run.queue.shift();
        this.feed();
        if (place === undefined) {
          await run.change();
          continue;
        }
        let heard = performance.now();
        const alive = (): void => {
          const now = performance.now();
          this.longestSilence = Math.max(this.longestSilence, now - heard);
          heard = now;
        };
        const answer = await local(jobs[place]!, alive);
        alive();
        run.settle(place, answer);
        // Lets the answers in that came while this thread was at work: between two turns the loop looks for messages.
        for (const _ of [1, 2]) await new Promise((resolve) => setImmediate(resolve));
      }
      return run.answers;
    } finally {
      this.run_ = undefined;
    }
  }

  /** Ends the threads. */
  async dispose(): Promise<void> {
    await Promise.all(this.others.map((thread) => thread.end()));
  }

  /** A job for each idle thread; a second one in advance while there is more than enough for all. */
  private feed(): void {
    const run = this.run_;
    if (run === undefined) return;
    for (const most of [1, 2]) {
      for (const thread of this.others) {
        if (!thread.ready || thread.busy >= most || (most === 2 && run.queue.length < this.options.threads)) continue;
        const place = run.queue.shift();
        if (place === undefined) return;
        thread.give(place, run.jobs[place]!);
      }
    }
  }
}

/** The jobs of one call and what has become of them. */
class Run<Job, Answer> {
  readonly queue: number[];
  readonly answers: Answer[];
  left: number;
  private waiting: (() => void) | undefined;

  constructor(
    readonly jobs: readonly Job[],
    private readonly done?: (answer: Answer, place: number) => void,
  ) {
    this.queue = [...jobs.keys()];
    this.answers = new Array<Answer>(jobs.length);
    this.left = jobs.length;
  }

  settle(place: number, answer: Answer): void {
    this.answers[place] = answer;
    this.left--;
    this.done?.(answer, place);
    this.wake();
  }

  /** Resolves with the next answer or death. */
  change(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  wake(): void {
    this.waiting?.();
    this.waiting = undefined;
  }
}

interface ThreadEvents<Answer> {
  patience(): number;
  /** It has come up or has fewer jobs than before. */
  free(): void;
  answer(place: number, answer: Answer): void;
  death(reason: string, left: readonly number[]): void;
}

/** One other thread; it answers its jobs in order. */
class PoolThread<Job, Answer> {
  alive = true;
  /** Resolves once it has come up or died. */
  readonly started: Promise<void>;
  private up = false;
  private readonly given: number[] = [];
  private timer: NodeJS.Timeout | undefined;
  private heard = 0;
  private begin: () => void = () => {};

  constructor(
    private readonly worker: Worker,
    private readonly events: ThreadEvents<Answer>,
  ) {
    this.started = new Promise((resolve) => {
      this.begin = resolve;
    });
    this.watch();
    worker.on('message', (reply: ThreadReply<Answer>) => this.hear(reply));
    worker.on('messageerror', (error) => this.die(error.message));
    worker.on('error', (error) => this.die(error instanceof Error ? error.message : String(error)));
    worker.on('exit', (code) => this.die(`exit code ${code}`));
  }

  get ready(): boolean {
    return this.alive && this.up;
  }

  get busy(): number {
    return this.given.length;
  }

  give(place: number, job: Job): void {
    this.given.push(place);
    if (this.given.length === 1) this.watch();
    this.worker.postMessage(job);
  }

  private get waiting(): boolean {
    return !this.up || this.given.length > 0;
  }

  async end(): Promise<void> {
    this.alive = false;
    clearTimeout(this.timer);
    this.begin();
    await this.worker.terminate();
  }

  private hear(reply: ThreadReply<Answer>): void {
    if (!this.alive) return;
    if (reply.kind === 'failed') {
      this.die(reply.reason);
      return;
    }
    if (reply.kind === 'alive') {
      this.watch();
      return;
    }
    if (reply.kind === 'ready') {
      this.up = true;
      this.begin();
      this.watch();
    } else {
      const place = this.given.shift()!;
      this.watch();
      this.events.answer(place, reply.answer);
    }
    this.events.free();
  }

  /** Counts the time from now to the next message, if one is to come. */
  private watch(): void {
    clearTimeout(this.timer);
    this.heard = performance.now();
    if (this.waiting) this.lookIn(this.events.patience());
  }

  /** Looks after so many milliseconds whether it has been silent for too long. */
  private lookIn(milliseconds: number): void {
    const { heard } = this;
    this.timer = setTimeout(() => {
      // While this thread was at work a message may have come: it is let in first.
      setImmediate(() =>
        setImmediate(() => {
          if (!this.alive || !this.waiting || this.heard !== heard) return;
          // What this thread has learnt of the length of the work since then counts.
          const patience = this.events.patience();
          const left = heard + patience - performance.now();
          if (left > 0) this.lookIn(left);
          else this.die(`it gave no sign of life within ${Math.round(patience / 100) / 10} s`);
        }),
      );
    }, milliseconds);
  }

  private die(reason: string): void {
    if (!this.alive) return;
    this.alive = false;
    clearTimeout(this.timer);
    this.begin();
    this.events.death(reason, this.given.splice(0));
    void this.worker.terminate();
  }
}

import { type OptionNames, requireFunction, requireList, requireOptions } from '@medseg/arguments';
import type { EndOptions } from './end-worker.ts';
import type { WorkerEndpoint } from './endpoint.ts';
import { Patience } from './patience.ts';
import { requireEndpoints } from './require-endpoint.ts';
import { WorkerClient } from './worker-client.ts';

/** Options of a {@link JobPool}. */
export interface JobPoolOptions extends EndOptions {
  /** Called for each worker that died, by its number from 1, and why; its jobs are done by the others. Default none. */
  onDeath?(worker: number, reason: string): void;
  /** Called for each worker that could not be stopped. Default none. */
  onStuck?(worker: number, reason: string): void;
  /**
   * Milliseconds without a sign of life after which a worker is taken for dead. By default a minute, or twenty times the
   * longest that this thread or a worker took from one sign to the next.
   */
  patience?: number;
}

const jobPoolOptionNames: OptionNames<JobPoolOptions> = {
  closeWithin: true,
  endWithin: true,
  onDeath: true,
  onStuck: true,
  patience: true,
};

/** Does a job; `alive` is to be called as it advances. */
export type DoJob<Job, Answer> = (job: Job, alive: () => void) => Answer | Promise<Answer>;

/**
 * Does jobs on this thread and on workers at once; the workers run `serveWorker`. A worker that throws, exits or falls
 * silent is reported and ended, and what it has left undone is done by the others; what fails on this thread is thrown.
 *
 * @example
 * const pool = new JobPool<number, number>([nodeWorkerEndpoint(new Worker(script))]);
 * console.log(await pool.run([1, 2, 3], { local: (job) => 2 * job })); // [2, 4, 6]
 * await pool.dispose();
 */
export class JobPool<Job, Answer> {
  private readonly workers: readonly WorkerClient<Job, Answer>[];
  private readonly patience: Patience;
  private run_: Run<Job, Answer> | undefined;

  /** `endpoints`: the workers, which may be none: this thread does jobs as well. Throws TypeError for another kind of worker. */
  constructor(endpoints: readonly WorkerEndpoint[], options: JobPoolOptions = {}) {
    requireEndpoints('JobPool: endpoints', endpoints);
    requireOptions('JobPool', options, jobPoolOptionNames);
    const { onDeath, onStuck, patience, ...end } = options;
    this.patience = new Patience(patience);
    this.workers = endpoints.map((endpoint, i) => {
      const client = new WorkerClient<Job, Answer>(endpoint, {
        ...end,
        patience: this.patience,
        onDeath: (reason) => onDeath?.(i + 1, reason),
        onStuck: (reason) => onStuck?.(i + 1, reason),
      });
      void client.ready.then((ready) => ready && this.feed());
      return client;
    });
  }

  /** Threads that work, this one among them. */
  get size(): number {
    return 1 + this.workers.filter(({ alive }) => alive).length;
  }

  /**
   * Does every job; `local` does those of this thread, `done` is called with each answer as it comes. Answers are in the
   * order of the jobs. Waits until the workers have come up: this thread may be at work for long without hearing of them.
   * Throws what `local` throws; the pool can then only be disposed.
   */
  async run<Asked extends Job>(
    jobs: readonly Asked[],
    options: {
      /** Does the jobs of this thread. */
      local: DoJob<Asked, Answer>;
      /** Told of each answer and its place as it comes. Default none. */
      done?(answer: Answer, place: number): void;
    },
  ): Promise<Answer[]> {
    requireList('JobPool.run: jobs', jobs);
    requireOptions('JobPool.run', options, { local: true, done: true });
    const { local, done } = options;
    requireFunction('JobPool.run: local', local);
    if (jobs.length > 1) await Promise.all(this.workers.map(({ ready }) => ready));
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
          this.patience.note(now - heard);
          heard = now;
        };
        const answer = await local(jobs[place]!, alive);
        alive();
        run.settle(place, answer);
        // Lets the answers in that came while this thread was at work: between two turns the loop looks for messages.
        for (const _ of [1, 2]) await nextTurn();
      }
      return run.answers;
    } finally {
      this.run_ = undefined;
    }
  }

  /** Ends the workers, in a bounded time. */
  async dispose(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.end()));
  }

  /** A job for each idle worker; a second one in advance while there is more than enough for all. */
  private feed(): void {
    const run = this.run_;
    if (run === undefined) return;
    for (const most of [1, 2]) {
      for (const worker of this.workers) {
        if (!worker.isReady || worker.outstanding >= most) continue;
        if (most === 2 && run.queue.length <= this.workers.length) continue;
        const place = run.queue.shift();
        if (place === undefined) return;
        void this.give(worker, run, place);
      }
    }
  }

  private async give(worker: WorkerClient<Job, Answer>, run: Run<Job, Answer>, place: number): Promise<void> {
    const answer = await worker.ask(run.jobs[place]!).then(
      (value) => ({ value }),
      () => undefined, // the worker died
    );
    if (answer === undefined) run.takeBack(place);
    else run.settle(place, answer.value);
    this.feed();
  }
}

/** Resolves after a turn of the event loop. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
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

  /** Puts a job back, before those that come after it. */
  takeBack(place: number): void {
    const at = this.queue.findIndex((other) => other > place);
    this.queue.splice(at < 0 ? this.queue.length : at, 0, place);
    this.wake();
  }

  /** Resolves with the next answer or death. */
  change(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  private wake(): void {
    this.waiting?.();
    this.waiting = undefined;
  }
}

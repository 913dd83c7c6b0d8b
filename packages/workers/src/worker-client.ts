import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import { type Ending, type EndOptions, endWorker } from './end-worker.ts';
import type { WorkerEndpoint } from './endpoint.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { Patience } from './patience.ts';
import { requireEndpoint } from './require-endpoint.ts';
import { SilenceWatch } from './silence-watch.ts';

/** Options of a {@link WorkerClient}. */
export interface ClientOptions extends EndOptions {
  /** How long the worker may be silent while it starts or has questions; by default {@link Patience} of its own. */
  patience?: Patience;
  /** Called once where the worker dies, falls silent or fails, but not when it is ended. */
  onDeath?(reason: string): void;
  /** Called where the worker could not be stopped within the time given, with what was tried. */
  onStuck?(reason: string): void;
}

const clientOptionNames: OptionNames<ClientOptions> = {
  closeWithin: true,
  endWithin: true,
  patience: true,
  onDeath: true,
  onStuck: true,
};

interface Waiting<Answer, Progress> {
  onProgress: ((progress: Progress) => void) | undefined;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/**
 * The owner's side of a worker that runs `serveWorker`. Every question ends: with its answer, or with an Error where the
 * worker dies, falls silent, fails or is ended. A worker that has died is stopped.
 *
 * @example
 * const client = new WorkerClient<number, number>(nodeWorkerEndpoint(new Worker(script)));
 * console.log(await client.ask(21)); // 42
 * await client.end();
 */
export class WorkerClient<Question, Answer, Note = never, Progress = never> {
  /** Resolves once the worker is ready, or cannot be any more: to whether it is. */
  readonly ready: Promise<boolean>;
  private readonly waiting = new Map<number, Waiting<Answer, Progress>>();
  private readonly patience: Patience;
  private readonly watch: SilenceWatch;
  private settleReady: (ready: boolean) => void = () => {};
  private settleGone: (gone: undefined) => void = () => {};
  /** Resolves once the worker has closed itself or has exited. */
  private readonly gone: Promise<undefined>;
  private up = false;
  private last = 0;
  private over: string | undefined;
  private ending: Promise<Ending> | undefined;

  /** `endpoint`: the worker, as `nodeWorkerEndpoint` and `webWorkerEndpoint` make it. Throws TypeError for another. */
  constructor(
    private readonly endpoint: WorkerEndpoint,
    private readonly options: ClientOptions = {},
  ) {
    requireEndpoint('WorkerClient: endpoint', endpoint);
    requireOptions('WorkerClient', options, clientOptionNames);
    if (options.patience !== undefined) requireObject('WorkerClient: patience', options.patience, ['milliseconds']);
    this.patience = options.patience ?? new Patience();
    this.watch = new SilenceWatch(this.patience, (reason) => this.die(reason));
    this.ready = new Promise((resolve) => {
      this.settleReady = resolve;
    });
    this.gone = new Promise((resolve) => {
      this.settleGone = resolve;
    });
    endpoint.listen({
      message: (message) => this.hear(message as FromWorker<Answer>),
      death: (reason) => {
        this.settleGone(undefined);
        this.die(reason);
      },
    });
    this.watch.restart();
  }

  /** Whether it can be asked. */
  get alive(): boolean {
    return this.over === undefined;
  }

  /** Whether it is alive and has come up. */
  get isReady(): boolean {
    return this.alive && this.up;
  }

  /** Questions without an answer yet. */
  get outstanding(): number {
    return this.waiting.size;
  }

  /**
   * Asks a question; `transfer` names the buffers that move with it, `onProgress` is told how far the answer has come.
   * Rejects where no answer can come any more.
   */
  ask(question: Question, transfer?: ArrayBuffer[], onProgress?: (progress: Progress) => void): Promise<Answer> {
    const answered = new Promise<Answer>((resolve, reject) => {
      if (this.over !== undefined) throw new Error(this.over);
      const id = ++this.last;
      this.post({ kind: 'ask', id, question }, transfer); // throws what cannot be cloned
      if (this.waiting.size === 0) {
        this.endpoint.hold?.(true);
        if (this.up) this.watch.restart();
      }
      this.waiting.set(id, { onProgress, resolve, reject });
    });
    answered.catch(() => {}); // a death is reported; whoever asked may look at the answer later
    return answered;
  }

  /** Tells the worker something that it does not answer. Where it fails at that, it dies. */
  tell(note: Note, transfer?: ArrayBuffer[]): void {
    if (this.alive) this.post({ kind: 'tell', note }, transfer);
  }

  /**
   * Ends the worker: asks it to close itself, then stops it, then gives it up, all within a bounded time. Never rejects;
   * says what it had to do.
   */
  end(): Promise<Ending> {
    this.finish('the worker was ended');
    return this.stop(true);
  }

  private post(message: ToWorker<Question, Note>, transfer?: ArrayBuffer[]): void {
    this.endpoint.post(message, transfer);
  }

  private hear(message: FromWorker<Answer>): void {
    if (message.kind === 'ended') this.settleGone(undefined);
    if (!this.alive) return; // a late answer
    if (message.kind === 'failed') {
      this.die(message.reason);
      return;
    }
    this.patience.note(this.watch.stop());
    if (message.kind === 'ready') {
      this.up = true;
      this.settleReady(true);
    }
    if (message.kind === 'alive' && message.progress) {
      const { id, value } = message.progress;
      this.waiting.get(id)?.onProgress?.(value as Progress);
    }
    const waiting = message.kind === 'answer' ? this.waiting.get(message.id) : undefined;
    if (message.kind === 'answer') this.waiting.delete(message.id);
    if (!this.up || this.waiting.size > 0) this.watch.restart();
    else this.endpoint.hold?.(false);
    if (message.kind === 'answer') waiting?.resolve(message.answer);
  }

  private die(reason: string): void {
    if (!this.alive) return;
    this.finish(reason);
    this.options.onDeath?.(reason);
    void this.stop(false);
  }

  /** Nothing is asked or heard from here on. */
  private finish(reason: string): void {
    if (!this.alive) return;
    this.over = reason;
    this.watch.stop();
    this.settleReady(false);
    for (const { reject } of this.waiting.values()) reject(new Error(reason));
    this.waiting.clear();
  }

  private stop(politely: boolean): Promise<Ending> {
    this.ending ??= endWorker(this.endpoint, this.gone, { ...this.options, politely }).then((ending) => {
      if (ending.how === 'stuck') {
        this.options.onStuck?.(`it could not be stopped within ${Math.round(ending.milliseconds / 100) / 10} s`);
      }
      return ending;
    });
    return this.ending;
  }
}

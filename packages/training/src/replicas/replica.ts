import { type ClientOptions, WorkerClient, type WorkerEndpoint } from '@medseg/workers';
import type { StepInput } from '../step-input.ts';
import type { ReplicaAnswer, ReplicaNote, ReplicaQuestion } from './messages.ts';

export type LoadNote = Extract<ReplicaNote, { kind: 'load' }>;

/** One worker of a group. It has at most one question at a time and may take longer over it than its group waits. */
export class Replica {
  private readonly client: WorkerClient<ReplicaQuestion, ReplicaAnswer, ReplicaNote>;
  /** Phases whose weights have changed while it was late. */
  private readonly missed = new Set<string>();

  constructor(endpoint: WorkerEndpoint, options: ClientOptions) {
    this.client = new WorkerClient(endpoint, options);
  }

  get alive(): boolean {
    return this.client.alive;
  }

  /** Whether it has nothing to do. */
  get idle(): boolean {
    return this.client.isReady && this.client.outstanding === 0;
  }

  /** Resolves once it has come up or died. */
  async start(memory: Omit<Extract<ReplicaNote, { kind: 'share' }>, 'kind'> | undefined): Promise<void> {
    if (memory) this.client.tell({ kind: 'share', ...memory });
    await this.client.ready;
  }

  /**
   * New weights. One that is late gets all of them when it is idle again (`catchUp`): what it computes until then is not
   * used, and messages that hold weights must not pile up.
   */
  load(note: LoadNote): void {
    if (this.client.outstanding > 0) this.missed.add(note.phase);
    else this.client.tell(note);
  }

  /** Loads what it has missed; `whole` gives all weights of a phase. */
  catchUp(whole: (phase: string) => LoadNote): void {
    for (const phase of this.missed) this.client.tell(whole(phase));
    this.missed.clear();
  }

  /** Resolves to undefined where it dies of it. */
  async step(input: StepInput): Promise<ReplicaAnswer | undefined> {
    try {
      return await this.client.ask(input);
    } catch {
      return undefined;
    }
  }

  async end(): Promise<void> {
    await this.client.end();
  }
}

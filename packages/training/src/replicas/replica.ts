import type { StepInput } from '../step-gradients.ts';
import type { WorkerEndpoint } from './endpoint.ts';
import type { FromReplica, ToReplica } from './messages.ts';

type Done = Extract<FromReplica, { kind: 'done' }>;

/** One worker of a group: at most one question at a time, and every question ends, be it with a death. */
export class Replica {
  alive = true;
  private pending: { resolve(answer: FromReplica): void; reject(error: Error): void } | undefined;

  constructor(
    private readonly endpoint: WorkerEndpoint,
    private readonly onDeath: (reason: string) => void,
  ) {
    endpoint.listen({
      message: (message) => this.settle(message as FromReplica),
      death: (reason) => this.die(reason),
    });
    endpoint.hold?.(false);
  }

  async start(message: Extract<ToReplica, { kind: 'start' }>, patience: () => number): Promise<void> {
    await this.ask(message, patience);
  }

  /**
   * Rejects where the worker is dead, dies, fails or does not answer within `patience` milliseconds; these count, and are
   * asked for, from when this thread has done what it does now and can hear the answer.
   */
  step(input: StepInput, patience: () => number): Promise<Done> {
    return this.ask({ kind: 'step', input }, patience) as Promise<Done>;
  }

  /** Tells of new weights. Where it fails at that, it dies of it. */
  load(message: Extract<ToReplica, { kind: 'load' }>): void {
    if (this.alive) this.endpoint.post(message);
  }

  async end(): Promise<void> {
    this.alive = false;
    this.pending?.reject(new Error('the group was disposed'));
    this.pending = undefined;
    await this.endpoint.terminate();
  }

  private ask(message: ToReplica, patience: () => number): Promise<FromReplica> {
    if (!this.alive) return Promise.reject(new Error('the worker is dead'));
    return new Promise((resolve, reject) => {
      this.endpoint.hold?.(true);
      let timer = setTimeout(() => {
        const milliseconds = patience();
        timer = setTimeout(() => this.die(`it gave no answer within ${milliseconds / 1000} s`), milliseconds);
      }, 0);
      const over = (): void => {
        clearTimeout(timer);
        this.endpoint.hold?.(false);
      };
      this.pending = {
        resolve: (answer) => {
          over();
          resolve(answer);
        },
        reject: (error) => {
          over();
          reject(error);
        },
      };
      this.endpoint.post(message);
    });
  }

  private settle(answer: FromReplica): void {
    if (answer.kind === 'failed') {
      this.die(answer.reason);
      return;
    }
    const { pending } = this;
    this.pending = undefined;
    pending?.resolve(answer);
  }

  private die(reason: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.onDeath(reason);
    this.pending?.reject(new Error(reason));
    this.pending = undefined;
    void this.endpoint.terminate();
  }
}

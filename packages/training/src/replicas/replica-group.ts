import * as tf from '@tensorflow/tfjs-core';
import {
  type ComputeGradients,
  type GradientSource,
  type PhaseVariables,
  type StepGradients,
  type StepInput,
  type StepProcess,
  shareOf,
  stepGradients,
} from '../step-gradients.ts';
import type { Anchored, Phase, TwoPhaseNetwork } from '../two-phase-network.ts';
import type { WorkerEndpoint } from './endpoint.ts';
import { type FlatPhases, flatPhases } from './flat-variables.ts';
import type { Flat } from './messages.ts';
import { Replica } from './replica.ts';

export interface GroupOptions {
  /** Told of each worker that died, and why; its share is computed on this thread from then on. */
  onDeath?(worker: number, reason: string): void;
  /** Milliseconds after which a worker that does not answer is taken for dead. By default a minute, more for slow steps. */
  patience?: number;
  /** Pass weights and gradients through shared memory. By default where this host allows it. */
  share?: boolean;
}

export type ReplicaGroupOptions = GroupOptions & StepProcess;

const PHASES: readonly Phase[] = ['encoder', 'denoiser'];

/**
 * Computes each step on this thread and on workers at once. The batch is cut into one share a thread; the gradient is
 * the sum of the shares' gradients, each weighted by its part of the batch, which is that of the whole batch since every
 * loss here is a mean over samples. The optimiser stays on this thread, so all have the same weights at every step.
 * Numbers depend on how many shares there are and on nothing else: not on timing, and not on workers that die.
 */
export class ReplicaGroup implements GradientSource {
  private readonly replicas: readonly Replica[];
  private readonly weights: Flat;
  private readonly buffers: readonly Flat[];
  private readonly shared: boolean;
  private readonly flats: FlatPhases;
  /** Data of the variables as the workers last got it, or will before they begin a step. */
  private readonly published: Readonly<Record<Phase, object[]>> = { encoder: [], denoiser: [] };
  private slowest = 0;

  private constructor(
    model: PhaseVariables,
    private readonly compute: ComputeGradients,
    endpoints: readonly WorkerEndpoint[],
    private readonly options: GroupOptions,
  ) {
    this.flats = flatPhases(model);
    this.shared = options.share ?? typeof SharedArrayBuffer !== 'undefined';
    this.weights = this.flat(this.shared);
    this.buffers = endpoints.map(() => (this.shared ? this.flat(true) : { encoder: EMPTY, denoiser: EMPTY }));
    this.replicas = endpoints.map((endpoint, i) => new Replica(endpoint, (reason) => options.onDeath?.(i + 1, reason)));
  }

  /** Waits until each worker has answered or died. The workers run `serveReplica`. */
  static start<C extends Anchored>(
    model: TwoPhaseNetwork<C>,
    endpoints: readonly WorkerEndpoint[],
    options: ReplicaGroupOptions,
  ): Promise<ReplicaGroup> {
    return ReplicaGroup.startWith(model, (input) => stepGradients(model, input, options), endpoints, options);
  }

  /** A group for gradients of another loss, which must be a mean over samples. The workers run `serveGradients`. */
  static async startWith(
    model: PhaseVariables,
    compute: ComputeGradients,
    endpoints: readonly WorkerEndpoint[],
    options: GroupOptions = {},
  ): Promise<ReplicaGroup> {
    const group = new ReplicaGroup(model, compute, endpoints, options);
    await Promise.allSettled(
      group.replicas.map((replica, i) => {
        const memory = group.shared && { weights: group.weights, gradients: group.buffers[i]! };
        return replica.start({ kind: 'start', ...memory }, () => options.patience ?? 60_000);
      }),
    );
    return group;
  }

  /** Threads that compute, this one among them. */
  get size(): number {
    return 1 + this.replicas.filter(({ alive }) => alive).length;
  }

  async gradients(input: StepInput): Promise<StepGradients> {
    const count = input.batch.imageShape[0];
    const bounds = Array.from({ length: this.replicas.length + 2 }, (_, i) =>
      Math.round((i * count) / (this.replicas.length + 1)),
    );
    const shares = bounds.slice(1).map((end, i) => ({ start: bounds[i]!, end }));
    for (const phase of PHASES) this.publish(phase);
    const patience = (): number => this.options.patience ?? Math.max(60_000, 20 * this.slowest);
    const started = performance.now();
    const answers = this.replicas.map((replica, i) => {
      const { start, end } = shares[i + 1]!;
      if (end === start || !replica.alive) return undefined;
      // Settled into a value: nobody waits for it yet, and a death now must not be an unhandled rejection.
      return replica.step(shareOf(input, start, end), patience).catch(() => undefined);
    });
    const flats = this.flats[input.phase];
    let sums: Map<string, tf.Tensor> | undefined;
    let loss = 0;
    for (const [i, { start, end }] of shares.entries()) {
      if (end === start) continue;
      const answer = i === 0 ? undefined : await answers[i - 1];
      if (answer !== undefined) {
        this.slowest = Math.max(this.slowest, performance.now() - started);
        loss += answer.loss;
        const flat = answer.gradients ?? this.buffers[i - 1]![input.phase];
        sums = sums ? flats.add(sums, flat) : flats.tensors(flat);
      } else {
        const begun = performance.now();
        const own = this.compute(shareOf(input, start, end));
        this.slowest = Math.max(this.slowest, performance.now() - begun);
        loss += own.loss;
        sums = sums ? sumOf(sums, own.gradients) : own.gradients;
      }
    }
    return { loss, gradients: sums ?? new Map() };
  }

  /** Ends the workers. */
  async dispose(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.end()));
  }

  /**
   * Hands out those weights of a phase that have changed since the last time: a variable that is assigned has new data.
   * Every step begins with it; called between steps, workers copy the weights while this thread goes on.
   */
  publish(phase: Phase): void {
    const { variables } = this.flats[phase];
    const known = this.published[phase];
    for (let from = 0; from < variables.length; from++) {
      let to = from;
      for (; to < variables.length && variables[to]!.dataId !== known[to]; to++) known[to] = variables[to]!.dataId;
      if (to === from) continue;
      const part = this.flats[phase].part(this.weights[phase], from, to);
      this.flats[phase].readPart(part, from, to);
      const message = { kind: 'load', phase, from, to, ...(!this.shared && { values: part.slice() }) } as const;
      for (const replica of this.replicas) replica.load(message);
      from = to;
    }
  }

  private flat(shared: boolean): Flat {
    const make = (phase: Phase): Float32Array => {
      const { size } = this.flats[phase];
      return shared ? new Float32Array(new SharedArrayBuffer(4 * size)) : new Float32Array(size);
    };
    return { encoder: make('encoder'), denoiser: make('denoiser') };
  }
}

const EMPTY = new Float32Array(0);

/** Sums of the tensors of the same name; all that is given is disposed. */
function sumOf(
  tensors: ReadonlyMap<string, tf.Tensor>,
  others: ReadonlyMap<string, tf.Tensor>,
): Map<string, tf.Tensor> {
  const sums = new Map([...tensors].map(([name, tensor]) => [name, tf.add(tensor, others.get(name)!)]));
  tf.dispose([...tensors.values(), ...others.values()]);
  return sums;
}

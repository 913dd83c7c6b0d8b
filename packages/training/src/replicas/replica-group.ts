import { nextTask, type OptionNames, requireOptions } from '@medseg/ops';
import { type EndOptions, Patience, requireEndpoints, type WorkerEndpoint } from '@medseg/workers';
import type * as tf from '@tensorflow/tfjs-core';
import { phaseOf, type Recipe, requireRecipe } from '../recipe.ts';
import { type GradientSource, type StepGradients, shareOf, stepGradients } from '../step-gradients.ts';
import type { StepInput } from '../step-input.ts';
import { joined, sumOfTensors } from '../sums.ts';
import { type FlatPhases, flatPhases } from './flat-variables.ts';
import type { Flat, ReplicaAnswer } from './messages.ts';
import { Overdue } from './overdue.ts';
import { type Mode, Pace } from './pace.ts';
import { type LoadNote, Replica } from './replica.ts';
import { epochTime, settlesWithin } from './time.ts';

/** Options of a {@link ReplicaGroup}. */
export interface ReplicaGroupOptions extends EndOptions {
  /** Called for each worker that died, and why; its share is computed on this thread from then on. Default none. */
  onDeath?(worker: number, reason: string): void;
  /** Called for each worker that could not be stopped. Default none. */
  onStuck?(worker: number, reason: string): void;
  /** Milliseconds after which a worker that does not answer is taken for dead. By default a minute, more for slow steps. */
  patience?: number;
  /**
   * Compute shares of workers on this thread where that is quicker: one where its worker is late, all where others have
   * the cores. By default yes; the numbers do not depend on it.
   */
  adaptive?: boolean;
  /**
   * Whether this thread computes a share, too. With false it has only the optimiser, and is free while the workers compute:
   * for a page, whose thread has frames to draw. One worker then gives the numbers of one thread. It computes the shares
   * of workers that die. Default true.
   */
  local?: boolean;
  /** Pass weights and gradients through shared memory. By default where this host allows it. */
  share?: boolean;
}

const optionNames: OptionNames<ReplicaGroupOptions> = {
  closeWithin: true,
  endWithin: true,
  onDeath: true,
  onStuck: true,
  patience: true,
  adaptive: true,
  local: true,
  share: true,
};

/**
 * Computes each step on this thread and on workers at once. The batch is cut into one share a thread; the gradient is
 * the sum of the shares' gradients, each weighted by its part of the batch, which is that of the whole batch since every
 * loss here is a mean over samples. The optimiser stays on this thread, so all have the same weights at every step.
 * Numbers depend on how many shares there are and on nothing else: not on timing, and not on workers that die.
 *
 * Where other programs have the cores, this thread also computes shares of workers: that of a worker that is late, which
 * gets no other until it has answered, and all of them where more threads have turned out not to be quicker. So a step
 * takes little longer than on one thread, however slow the workers.
 */
export class ReplicaGroup implements GradientSource {
  /** Shares that were computed on this thread since their workers were late. */
  overtaken = 0;
  /** Steps that this thread has done alone since that was quicker, or to see whether it is. */
  alone = 0;
  private readonly replicas: readonly Replica[];
  private readonly weights: Flat;
  private readonly buffers: readonly Flat[];
  private readonly shared: boolean;
  private readonly flats: FlatPhases;
  private readonly phases: readonly string[];
  private readonly patience: Patience;
  private readonly overdue: readonly Overdue[];
  /** Of each kind of step. */
  private readonly paces = new Map<string, Pace>();
  private mode: Mode = 'shared';
  /** The share of the first worker: 1 where this thread has share 0. */
  private readonly first: 0 | 1;
  /** Data of the variables as the workers last got it, or will before they begin a step. */
  private readonly published: Readonly<Record<string, object[]>>;

  private constructor(
    private readonly recipe: Recipe,
    endpoints: readonly WorkerEndpoint[],
    private readonly options: ReplicaGroupOptions,
  ) {
    requireEndpoints('ReplicaGroup: endpoints', endpoints);
    const { share, onDeath, onStuck, patience, adaptive: _, local = true, ...end } = options;
    if (!local && endpoints.length === 0) {
      throw new RangeError('ReplicaGroup: with local false there must be a worker, got none');
    }
    this.first = local ? 1 : 0;
    this.flats = flatPhases(recipe);
    this.phases = Object.keys(this.flats);
    this.published = Object.fromEntries(this.phases.map((phase) => [phase, []]));
    this.shared = share ?? typeof SharedArrayBuffer !== 'undefined';
    this.weights = this.flat(this.shared);
    this.buffers = endpoints.map(() => (this.shared ? this.flat(true) : {}));
    this.patience = new Patience(patience);
    this.overdue = endpoints.map(() => new Overdue());
    this.replicas = endpoints.map(
      (endpoint, i) =>
        new Replica(endpoint, {
          ...end,
          patience: this.patience,
          onDeath: (reason) => onDeath?.(i + 1, reason),
          onStuck: (reason) => onStuck?.(i + 1, reason),
        }),
    );
  }

  /** Waits until each worker has come up or died. The workers run `serveReplica` with a recipe that is built alike. */
  static async start(
    recipe: Recipe,
    endpoints: readonly WorkerEndpoint[],
    options: ReplicaGroupOptions = {},
  ): Promise<ReplicaGroup> {
    requireRecipe('ReplicaGroup', recipe);
    requireOptions('ReplicaGroup', options, optionNames);
    const group = new ReplicaGroup(recipe, endpoints, options);
    await Promise.all(
      group.replicas.map((replica, i) =>
        replica.start(group.shared ? { weights: group.weights, gradients: group.buffers[i]! } : undefined),
      ),
    );
    if (group.size === 0) {
      await group.dispose();
      throw new Error('ReplicaGroup: with local false a worker must come up, none did; onDeath is told why');
    }
    return group;
  }

  /** Threads that compute. */
  get size(): number {
    return this.first + this.replicas.filter(({ alive }) => alive).length;
  }

  private get isAdaptive(): boolean {
    return this.options.adaptive !== false && this.first === 1;
  }

  /** Loss and gradients of a step, from all threads; the gradients are the caller's. */
  async gradients(input: StepInput): Promise<StepGradients> {
    // The answer of one that was late is a message, and messages come in tasks of their own: a step that waits for nobody
    // would never let it in, and the worker would stay out for good.
    if (this.replicas.some(({ alive, idle }) => alive && !idle)) await nextTask();
    const { first } = this;
    const shares = evenShares(input.batch.imageShape[0], this.replicas.length + first);
    const pace = this.paceOf(input);
    this.mode = pace?.next ?? 'shared';
    if (this.mode === 'alone') this.alone++;
    const before = performance.now();
    for (const phase of this.phases) this.publish(phase);
    const step: Step = { input, begun: epochTime(), perSample: 0 };
    const asked = shares.map((share, i) => (i < first ? undefined : this.ask(i - first, step, share)));
    // What no worker does comes first, so that the workers have that much time.
    const own = shares.map((share, i) => (asked[i] ? undefined : this.own(step, share)));
    const flats = this.flats[input.phase]!;
    let sums: Map<string, tf.Tensor> | undefined;
    let loss = 0;
    const losses: (Float32Array | undefined)[] = [];
    for (const [i, share] of shares.entries()) {
      if (share.start === share.end) continue;
      const answer = await this.answerOf(i - first, asked[i], step, share);
      const part = answer ?? own[i] ?? this.own(step, share)!;
      loss += part.loss;
      losses.push(part.losses);
      if (part.gradients instanceof Map) {
        const values = new Map([...part.gradients, ...(part as StepGradients).state]);
        sums = sums ? sumOfTensors(sums, values) : values;
      } else {
        const flat = part.gradients ?? this.buffers[i - first]![input.phase]!;
        sums = sums ? flats.add(sums, flat) : flats.tensors(flat);
      }
    }
    pace?.note(performance.now() - before);
    const { variables } = phaseOf(this.recipe, input.phase);
    const [gradients, state] = [new Map<string, tf.Tensor>(), new Map<string, tf.Tensor>()];
    for (const [name, value] of sums ?? []) (variables.has(name) ? gradients : state).set(name, value);
    const told = losses.filter((some) => some !== undefined);
    return { loss, gradients, state, ...(told.length === losses.length && { losses: joined(told) }) };
  }

  /** Ends the workers, in a bounded time. */
  async dispose(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.end()));
  }

  /**
   * Hands out those weights of a phase that have changed since the last time: a variable that is assigned has new data.
   * Every step begins with it; called between steps, workers copy the weights while this thread goes on.
   */
  publish(phase: string): void {
    if (this.mode === 'alone') return;
    const { variables } = this.flats[phase]!;
    const known = this.published[phase]!;
    for (let from = 0; from < variables.length; from++) {
      let to = from;
      for (; to < variables.length && variables[to]!.dataId !== known[to]; to++) known[to] = variables[to]!.dataId;
      if (to === from) continue;
      this.flats[phase]!.readPart(this.flats[phase]!.part(this.weights[phase]!, from, to), from, to);
      const note = this.loadNote(phase, from, to);
      for (const replica of this.replicas) replica.load(note);
      from = to;
    }
  }

  /** The pace of steps like this one; undefined where there is nothing to choose. */
  private paceOf({ phase, batch, draw }: StepInput): Pace | undefined {
    if (!this.isAdaptive || !this.replicas.some(({ alive }) => alive)) return undefined;
    const kind = `${phase} ${batch.imageShape} ${Object.keys(draw ?? {})}`;
    const pace = this.paces.get(kind) ?? new Pace();
    this.paces.set(kind, pace);
    return pace;
  }

  /** Asks a worker for its share; undefined where it is dead or not done with an earlier one. */
  private ask(worker: number, step: Step, { start, end }: Share): Promise<ReplicaAnswer | undefined> | undefined {
    const replica = this.replicas[worker]!;
    if (start === end || this.mode === 'alone' || !replica.idle) return undefined;
    replica.catchUp((phase) => this.loadNote(phase, 0, this.flats[phase]!.variables.length));
    const noted = async (): Promise<ReplicaAnswer | undefined> => {
      const answer = await replica.step(shareOf(step.input, start, end));
      if (answer && step.perSample > 0) {
        this.overdue[worker]!.note((answer.finished - step.begun) / (step.perSample * (end - start)));
      }
      return answer;
    };
    return noted();
  }

  /** Computes a share on this thread; undefined where it is empty. */
  private own(step: Step, { start, end }: Share): StepGradients | undefined {
    if (start === end) return undefined;
    const begun = performance.now();
    const part = stepGradients(this.recipe, shareOf(step.input, start, end));
    const milliseconds = performance.now() - begun;
    this.patience.note(milliseconds);
    step.perSample ||= milliseconds / (end - start);
    return part;
  }

  /** The answer of a worker that was asked; undefined where it has died or is overdue. */
  private async answerOf(
    worker: number,
    asked: Promise<ReplicaAnswer | undefined> | undefined,
    step: Step,
    { start, end }: Share,
  ): Promise<ReplicaAnswer | undefined> {
    if (!asked || !this.isAdaptive || step.perSample === 0) return asked;
    const due = step.begun + this.overdue[worker]!.after * step.perSample * (end - start);
    if (await settlesWithin(asked, Math.max(LEAST_WAIT, due - epochTime()))) return asked;
    this.overtaken++;
    return undefined;
  }

  private loadNote(phase: string, from: number, to: number): LoadNote {
    const values = this.shared ? undefined : this.flats[phase]!.part(this.weights[phase]!, from, to).slice();
    return { kind: 'load', phase, from, to, ...(values && { values }) };
  }

  private flat(shared: boolean): Flat {
    return Object.fromEntries(
      Object.entries(this.flats).map(([phase, { size }]) => [
        phase,
        shared ? new Float32Array(new SharedArrayBuffer(4 * size)) : new Float32Array(size),
      ]),
    );
  }
}

interface Step {
  readonly input: StepInput;
  /** When the workers were asked. */
  readonly begun: number;
  /** Milliseconds that this thread took for a sample; 0 until it has computed any. */
  perSample: number;
}

/** The samples `start` to `end` of a batch. */
interface Share {
  readonly start: number;
  readonly end: number;
}

function evenShares(count: number, shares: number): Share[] {
  const bound = (i: number): number => Math.round((i * count) / shares);
  return Array.from({ length: shares }, (_, i) => ({ start: bound(i), end: bound(i + 1) }));
}

/** Milliseconds that every answer is waited for: a thread that has lost its core gets it back about then. */
const LEAST_WAIT = 50;

import { Worker } from 'node:worker_threads';
import {
  AdamWOptimizer,
  type Recipe,
  type RecipePhase,
  ReplicaGroup,
  type StepData,
  type StepInput,
  serveReplica,
} from '@medseg/training';
import type { NamedArray } from '@medseg/weights';
import { nodeWorkerEndpoint, nodeWorkerPort } from '@medseg/workers/node';
import * as tf from '@tensorflow/tfjs-core';
import type { StepReport } from './reports.ts';

/** The threads beside the main one: how many, and the program that calls {@link serveShares} in them. */
export interface ShareWorkers {
  readonly count: number;
  readonly script: URL;
  readonly workerData: unknown;
}

/** The tensors of a batch, maps channels last; t: [B, 1]. */
export interface BatchTensors {
  readonly x: tf.Tensor;
  readonly t: tf.Tensor;
  readonly image?: tf.Tensor;
  /** What is to be predicted. */
  readonly noise: tf.Tensor;
}

/** A network and the loss of its step. */
export interface TrainedNetwork {
  /** What is trained, by name. */
  readonly variables: Map<string, tf.Variable>;
  /** The running statistics of its batch normalisation, which a forward pass moves. */
  readonly state?: Map<string, tf.Variable>;
  loss(batch: BatchTensors): tf.Scalar;
}

/** Replicas as `medseg train` has them, on the loss of this benchmark. */
export async function startShares(
  network: TrainedNetwork,
  { count, script, workerData }: ShareWorkers,
): Promise<ReplicaGroup> {
  const endpoints = Array.from({ length: count }, () => nodeWorkerEndpoint(new Worker(script, { workerData })));
  const group = await ReplicaGroup.start(recipeOf(network), endpoints, {
    onDeath: (worker, reason) => {
      throw new Error(`training-step: worker ${worker} died: ${reason}`);
    },
  });
  if (group.size !== count + 1) throw new Error(`training-step: of ${count + 1} threads ${group.size} started`);
  return group;
}

/** Inside a worker. */
export function serveShares(network: TrainedNetwork): void {
  serveReplica(nodeWorkerPort(), recipeOf(network));
}

/** A step whose gradients are those of a group. */
export function createSharedStep(
  { variables, state: own }: TrainedNetwork,
  batch: ReadonlyMap<string, NamedArray>,
  { group, learningRate }: { group: ReplicaGroup; learningRate: number },
): () => Promise<StepReport> {
  const values = (key: string): Float32Array => batch.get(key)!.data as Float32Array;
  const image = batch.get('image') ?? batch.get('x')!;
  // The noise to predict stands where a mask does; x_t where the noise of x_t does.
  const input: StepInput = {
    phase: 'denoiser',
    batch: {
      images: image.data as Float32Array,
      masks: values('noise'),
      imageShape: image.shape as unknown as [number, number, number, number],
      maskShape: batch.get('noise')!.shape as unknown as [number, number, number, number],
    },
    draw: { t: Int32Array.from(values('t')), noise: values('x') },
  };
  const optimizer = new AdamWOptimizer(variables, { weightDecay: 0 });
  return async () => {
    const start = performance.now();
    const { loss, gradients, state } = await group.gradients(input);
    for (const [name, value] of state) own?.get(name)?.assign(value);
    optimizer.apply(gradients, learningRate, { updated: () => group.publish(input.phase) });
    const report = { loss, milliseconds: performance.now() - start };
    tf.dispose([...gradients.values(), ...state.values()]);
    return report;
  };
}

/** The network's loss as a phase: the noise to predict stands in the place of the masks. */
function recipeOf({ variables, state, loss }: TrainedNetwork): Recipe {
  type Prepared = { x: tf.Tensor; t: tf.Tensor };
  const prepare = ({ masks, draw }: StepData): Prepared => ({
    x: tf.tensor4d(draw.noise as Float32Array, masks.shape),
    t: tf.tensor2d(Float32Array.from(draw.t as Int32Array), [masks.shape[0], 1]),
  });
  const phase = {
    name: 'denoiser',
    variables,
    ...(state && { state }),
    prepare,
    loss: ({ masks: noise, images: image }: StepData, prepared: Prepared): tf.Scalar =>
      loss({ ...prepared, noise, image }),
  };
  return { network: { imageSize: [], maskChannels: 1, variables: () => variables }, phases: [phase as RecipePhase] };
}

import { Worker } from 'node:worker_threads';
import { variableGradients } from '@medseg/ops';
import {
  AdamWOptimizer,
  type PhaseVariables,
  ReplicaGroup,
  type StepGradients,
  type StepInput,
  serveGradients,
} from '@medseg/training';
import type { NamedArray } from '@medseg/weights';
import { nodeWorkerEndpoint, nodeWorkerPort } from '@medseg/workers/node';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { StepReport } from './reports.ts';

/** The threads beside the main one: how many, and the program that calls {@link serveShares} in them. */
export interface ShareWorkers {
  readonly count: number;
  readonly script: URL;
  readonly workerData: unknown;
}

export interface TrainedNetwork {
  readonly model: LayersModel;
  readonly variables: Map<string, tf.Variable>;
}

/** Replicas as `medseg train` has them, on the loss of this benchmark. */
export async function startShares(
  network: TrainedNetwork,
  { count, script, workerData }: ShareWorkers,
): Promise<ReplicaGroup> {
  const endpoints = Array.from({ length: count }, () => nodeWorkerEndpoint(new Worker(script, { workerData })));
  const group = await ReplicaGroup.startWith(phases(network), gradientsOf(network), endpoints, {
    onDeath: (worker, reason) => {
      throw new Error(`training-step: worker ${worker} died: ${reason}`);
    },
  });
  if (group.size !== count + 1) throw new Error(`training-step: of ${count + 1} threads ${group.size} started`);
  return group;
}

/** Inside a worker. */
export function serveShares(network: TrainedNetwork): void {
  serveGradients(nodeWorkerPort(), phases(network), gradientsOf(network));
}

/** A step whose gradients are those of a group. */
export function createSharedStep(
  variables: Map<string, tf.Variable>,
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
    const { loss, gradients } = await group.gradients(input);
    optimizer.apply(gradients, learningRate, { updated: () => group.publish(input.phase) });
    const report = { loss, milliseconds: performance.now() - start };
    tf.dispose([...gradients.values()]);
    return report;
  };
}

function phases({ variables }: TrainedNetwork): PhaseVariables {
  return { encoderVariables: () => new Map(), denoiserVariables: () => variables };
}

/** Weighted mean squared error on the noise, and its gradients. */
function gradientsOf({ model, variables }: TrainedNetwork): (input: StepInput) => StepGradients {
  return ({ batch, draw, weight = 1 }) => {
    const [count] = batch.imageShape;
    const x = tf.tensor4d(draw!.noise, [...batch.maskShape]);
    const noise = tf.tensor4d(batch.masks, [...batch.maskShape]);
    const t = tf.tensor2d(Float32Array.from(draw!.t), [count, 1]);
    const inputs: tf.Tensor[] = [x, t];
    if (model.inputs.length === 3) inputs.push(tf.tensor4d(batch.images, [...batch.imageShape]));
    const { value, grads } = variableGradients(
      () => tf.mul(tf.losses.meanSquaredError(noise, model.apply(inputs) as tf.Tensor), weight) as tf.Scalar,
      [...variables.values()],
    );
    const gradients = new Map([...variables].map(([key, variable]) => [key, grads[variable.name]!]));
    const loss = value.dataSync<'float32'>()[0]!;
    tf.dispose([value, noise, ...inputs]);
    return { loss, gradients };
  };
}

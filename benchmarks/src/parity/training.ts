import { basename } from 'node:path';
import { Worker } from 'node:worker_threads';
import '@tensorflow/tfjs-layers'; // registers the gradients
import type { Network } from '@medseg/diffusion';
import { ReplicaGroup, Trainer } from '@medseg/training';
import type { NamedArray } from '@medseg/weights';
import { nodeWorkerEndpoint } from '@medseg/workers/node';
import * as tf from '@tensorflow/tfjs-core';
import { type ParityBackend, startBackend } from './backends.ts';
import type { ParityCheck, ParityLine } from './line.ts';
import { readArrays, readFixture, recipeOf, stepData, trainingFixtures, weightsIn } from './training-fixture.ts';

/**
 * Whole trainings against those of the references: from their weights, on their batches, times and noise, every loss
 * relative to theirs, and how far the final weights are from theirs, as a share of the way that they went. On one thread
 * and on two; not on the slow cpu backend.
 */
export const checkTraining: ParityCheck = async function* (fixtures, backends) {
  for (const backend of backends.filter((other) => other !== 'cpu')) {
    await startBackend(backend);
    for (const path of trainingFixtures(fixtures)) {
      for (const threads of backend === 'wasm' ? [1, 2] : [1]) yield* checkOne(path, backend, threads);
    }
  }
};

async function* checkOne(path: string, backend: ParityBackend, threads: number): AsyncIterable<ParityLine> {
  const about = `training ${basename(path)} on ${backend}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const fixture = readFixture(path);
  const data = readArrays(path, 'data');
  let now = stepData(data, 0, fixture);
  const { network, recipe } = recipeOf(fixture, () => now.draw);
  const [initial, final] = (['init', 'final'] as const).map((part) =>
    weightsIn(network, fixture, readArrays(path, part)),
  );
  assign(network, initial!);
  const trainer = new Trainer(recipe, { seed: 0 });
  const group = threads === 1 ? undefined : await startGroup(path, recipe);
  for (let step = 0; step < fixture.steps; step++) {
    now = stepData(data, step, fixture);
    const { batch } = now;
    const { loss } = group ? await trainer.stepOn(group, batch, 0) : trainer.step(batch, 0);
    const wanted = fixture.losses.float32[step]!;
    yield {
      name: `${about}: loss of step ${step}`,
      error: Math.abs(loss / wanted - 1),
      tolerance: fixture.tolerance.loss,
    };
  }
  yield {
    name: `${about}: final weights`,
    error: shareOfTheWay(network, initial!, final!),
    tolerance: fixture.tolerance.weights,
  };
  await group?.dispose();
  trainer.dispose();
  network.dispose();
}

async function startGroup(path: string, recipe: ReturnType<typeof recipeOf>['recipe']): Promise<ReplicaGroup> {
  const worker = new Worker(new URL('./parity-worker.js', import.meta.url), { workerData: { path } });
  const group = await ReplicaGroup.start(recipe, [nodeWorkerEndpoint(worker)], { adaptive: false });
  if (group.size !== 2) throw new Error(`of 2 threads ${group.size} started`);
  return group;
}

function assign(network: Network, weights: ReadonlyMap<string, NamedArray>): void {
  const variables = network.variables();
  for (const [name, { data, shape }] of weights) {
    tf.tidy(() => variables.get(name)!.assign(tf.tensor(data as Float32Array, [...shape])));
  }
}

/** Distance of the weights from a reference's final ones, as a share of the distance that those went. */
function shareOfTheWay(
  network: Network,
  initial: ReadonlyMap<string, NamedArray>,
  final: ReadonlyMap<string, NamedArray>,
): number {
  let [off, way] = [0, 0];
  for (const [name, variable] of network.variables()) {
    const [from, to] = [initial.get(name)!.data as Float32Array, final.get(name)!.data as Float32Array];
    variable.dataSync<'float32'>().forEach((value, i) => {
      off += (value - to[i]!) ** 2;
      way += (to[i]! - from[i]!) ** 2;
    });
  }
  return Math.sqrt(off / way);
}

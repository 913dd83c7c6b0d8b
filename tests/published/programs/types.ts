// A stranger's program in TypeScript: what is typed wrong here does not compile in anybody's project.
import { type BackendDescription, describeBackend, register } from '@medseg/backend-wasm';
import { type Batch, createBatcher, type Sample } from '@medseg/datasets';
import { cosineSchedule, ddim, type Network } from '@medseg/diffusion';
import { decodeVolume, type Volume } from '@medseg/image-io';
import { readVolume } from '@medseg/image-io/node';
import { segment } from '@medseg/inference';
import { AnchoredDiffusion } from '@medseg/models';
import { createRandom } from '@medseg/random';
import { anchoredRecipe, Trainer, train } from '@medseg/training';
import * as tf from '@tensorflow/tfjs-core';

export async function learn(samples: readonly Sample[]): Promise<number[]> {
  await register({ variant: 'auto' });
  const backend: BackendDescription = describeBackend();
  const network = new AnchoredDiffusion({ imageSize: [16, 16], seed: backend.kernels.length });
  const trainer = new Trainer(anchoredRecipe(network, { schedule: cosineSchedule({ steps: 1000 }) }), { seed: 1 });
  const batcher = createBatcher(samples, { batchSize: 4, seed: 1 });
  const losses: number[] = [];
  for await (const event of train(trainer, {
    budget: { steps: 10 },
    batchAt: (step: number): Promise<Batch> => batcher.batchAt(step),
  }))
    losses.push(event.loss);
  return losses;
}

export async function probability(network: Network, image: tf.Tensor): Promise<Float32Array> {
  const random = createRandom(1);
  const scheduler = ddim(cosineSchedule(), { predictionType: 'sample', timestepSpacing: 'trailing' });
  const [result] = await segment(network, tf.mul(image, 2), {
    scheduler,
    steps: 3,
    members: 2,
    noise: (index: number, member: number) => random.fork(index).fork(member),
  });
  if (!result) throw new Error('no image');
  return result.probability;
}

export async function size(bytes: Uint8Array, file: string): Promise<number[]> {
  const volumes: Volume[] = [await decodeVolume(bytes), await readVolume(file)];
  // @ts-expect-error a volume has no such property
  volumes[0].sizes;
  return volumes.flatMap((volume) => [...volume.size]);
}

// What every runtime and every bundle computes: a network trains and segments on WASM, and DICOM files are decoded.
import '@tensorflow/tfjs-layers'; // registers the gradients of tfjs-core
import { describeBackend, register } from '@medseg/backend-wasm';
import { createBatcher, drawPhantomSlice, prepareScan } from '@medseg/datasets';
import { cosineSchedule, ddim } from '@medseg/diffusion';
import { decodeVolume } from '@medseg/image-io';
import { segment } from '@medseg/inference';
import { AnchoredDiffusion } from '@medseg/models';
import { createRandom } from '@medseg/random';
import { anchoredRecipe, Trainer, train } from '@medseg/training';
import * as tf from '@tensorflow/tfjs-core';

const size = 16;

/** A slice of the phantom as a sample of a batcher. */
function sampleOf(patient) {
  const { image, mask } = drawPhantomSlice({ seed: 1, patient, slice: 1, slices: 3, size });
  const scan = prepareScan(image, { imageSize: [size, size] });
  const sample = scan.at(scan.places[0]);
  return {
    id: `${patient}`,
    patient: `${patient}`,
    height: size,
    width: size,
    channels: sample.channels,
    classes: 1,
    image: sample.data,
    mask: Float32Array.from(mask.data, (value) => value / 255),
    originalSize: [size, size],
  };
}

/** Numbers that are the same wherever this runs. `dicomFiles`: name and content, from the end of their first 128 bytes on. */
export async function run(dicomFiles) {
  await register({ variant: 'simd128', timeout: 30_000 });
  const network = new AnchoredDiffusion({
    imageSize: [size, size],
    encoderChannels: [8, 16],
    denoiserChannels: [8, 16],
    groups: 4,
    timeChannels: 16,
    seed: 1,
  });
  const schedule = cosineSchedule({ steps: 1000 });
  const trainer = new Trainer(anchoredRecipe(network, { schedule }), { seed: 1 });
  const batcher = createBatcher([0, 1, 2, 3].map(sampleOf), { batchSize: 4, seed: 1 });
  const losses = [];
  const budget = { steps: 12 };
  for await (const { loss } of train(trainer, { budget, batchAt: (step) => batcher.batchAt(step) })) losses.push(loss);

  const { images, imageShape } = await batcher.batchAt(0);
  const random = createRandom(1);
  const [result] = await segment(network, tf.slice(tf.tensor4d(images, imageShape), 0, 1), {
    scheduler: ddim(schedule, { predictionType: 'sample', timestepSpacing: 'trailing' }),
    steps: 2,
    members: 2,
    noise: (image, member) => random.fork(image).fork(member),
  });

  const voxels = {};
  for (const { name, base64 } of dicomFiles) {
    const rest = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const bytes = new Uint8Array(128 + rest.length);
    bytes.set(rest, 128);
    voxels[name] = [...(await decodeVolume(bytes)).data];
  }
  return {
    backend: tf.getBackend(),
    variant: describeBackend().variant,
    losses,
    probability: [...result.probability],
    voxels,
  };
}

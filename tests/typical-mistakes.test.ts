import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-layers';
import { register } from '@medseg/backend-wasm';
import { createBatcher, type SampleSource } from '@medseg/datasets';
import { addNoise, cosineSchedule, type Denoiser, ddim, diceLoss, mseLoss, sampleToEnd } from '@medseg/diffusion';
import { decodeNifti } from '@medseg/image-io';
import { segment, summariseMembers } from '@medseg/inference';
import { Convolution, ResidualBlock } from '@medseg/layers';
import { bootstrapInterval, connectedComponents, dice, hausdorff, surfaceDistances, threshold } from '@medseg/metrics';
import { AnchoredDiffusion, UNet } from '@medseg/models';
import { conv2d, dispose, variableGradients } from '@medseg/ops';
import { exportModel, loadRun } from '@medseg/pipeline';
import { createRandom } from '@medseg/random';
import { renderRunReport } from '@medseg/report';
import {
  anchoredRecipe,
  encodeModel,
  encodeVariables,
  loadModel,
  loadVariables,
  Trainer,
  type TrainingBatch,
  train,
} from '@medseg/training';
import { decodeSafetensors } from '@medseg/weights';
import { JobPool } from '@medseg/workers';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

// What users get wrong, written as JavaScript lets them write it: `never` stands for what TypeScript would refuse. Each
// ends in one line that says what was asked, the rule and the value.

const schedule = cosineSchedule({ steps: 100 });
const scheduler = ddim(schedule, { predictionType: 'sample' });
const small = {
  imageSize: [16, 16],
  imageChannels: 1,
  encoderChannels: [8, 16],
  denoiserChannels: [8, 16],
  encoderBlocks: 1,
} as const;
const surfaces = surfaceDistances(Uint8Array.of(1), Uint8Array.of(1), { shape: [1, 1] });
const samples = {} as SampleSource;
const noise = (image: number, member: number) => createRandom(1).fork(image).fork(member);
const sampling = { scheduler, steps: 2, members: 1, noise };
const denoiser: Denoiser<null> = (x) => tf.tanh(x);
const drawn = { shape: [1, 8, 8, 1], condition: null, steps: 2, random: createRandom(1) } as const;

let network: AnchoredDiffusion;
let images: tf.Tensor;
let trainer: Trainer;

beforeAll(async () => {
  await tf.setBackend('cpu');
  network = new AnchoredDiffusion({ ...small, seed: 1 });
  images = tf.zeros([1, 16, 16, 1]);
  trainer = new Trainer(anchoredRecipe(network, { schedule }), { seed: 1 });
});
afterAll(() => {
  trainer.dispose();
  network.dispose();
  images.dispose();
});

const batch = (changed: Partial<TrainingBatch> = {}): TrainingBatch => ({
  images: new Float32Array(2 * 256),
  masks: new Float32Array(2 * 256),
  imageShape: [2, 16, 16, 1],
  maskShape: [2, 16, 16, 1],
  ids: ['a', 'b'],
  ...changed,
});
const trainOn = (changed: Partial<TrainingBatch>): unknown =>
  train(trainer, { budget: { steps: 1 }, batchAt: () => batch(changed) }).next();

/** The message of what `work` throws or rejects with. */
async function messageOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
}

const mistakes: Record<string, readonly [work: () => unknown, message: string]> = {
  'an image without its batch': [
    () => network.encode(tf.zeros([16, 16, 1])),
    'AnchoredDiffusion.encode: images must be [B, H, W, C], got [16,16,1]; tf.expandDims(tensor) makes a batch of one',
  ],
  'an image without its batch, to segment': [
    () => segment(network, tf.zeros([16, 16, 1]), sampling),
    'segment: images must be [B, 16, 16, 1] for this network, got [16, 16, 1]; tf.expandDims(tensor) makes a batch of one',
  ],
  'images of another size to segment': [
    () => segment(network, tf.zeros([2, 24, 16, 1]), sampling),
    'segment: images must be [B, 16, 16, 1] for this network, got [2, 24, 16, 1]',
  ],
  'images of other channels to segment': [
    () => segment(network, tf.zeros([1, 16, 16, 3]), sampling),
    'segment: images must be [B, 16, 16, 1] for this network, got [1, 16, 16, 3]',
  ],
  'no images to segment': [
    () => segment(network, tf.zeros([0, 16, 16, 1]), sampling),
    'segment: images must have at least one image, got [0, 16, 16, 1]',
  ],
  'images of other channels to train on': [
    () => trainOn({ images: new Float32Array(2 * 256 * 3), imageShape: [2, 16, 16, 3] }),
    'train: imageShape must be [2, 16, 16, 1] for this network, got [2, 16, 16, 3]',
  ],
  'a batch without images': [
    () => trainOn({ images: new Float32Array(0), imageShape: [0, 16, 16, 1] }),
    'train: a batch must have at least one image, got imageShape [0, 16, 16, 1]',
  ],
  'images of another number of channels': [
    () => network.encode(tf.zeros([1, 16, 16, 3])),
    'AnchoredDiffusion.encode: built for 16x16 images of 1 channels, got 16x16 of 3',
  ],
  'pixels as integers': [
    () => network.encode(tf.zeros([1, 16, 16, 1], 'int32')),
    "AnchoredDiffusion.encode: images must be a float32 tensor, got int32; convert it with tf.cast(tensor, 'float32')",
  ],
  'an array in the place of a tensor': [
    () => conv2d([[1, 2]] as never, tf.zeros([1, 1, 1, 1]), null),
    'conv2d: x must be a tensor [B, H, W, Cin], got an array of 1',
  ],
  'an image size that the levels do not divide': [
    () => new UNet({ imageSize: [60, 60] }),
    'UNet: imageSize must be a multiple of 8 for 4 levels, got 60x60',
  ],
  'an option of a network that is misspelt': [
    () => new UNet({ imageSizes: [64, 64] } as never),
    'UNet: options must be among imageSize, imageChannels, maskChannels, channels, blocks, heads, groups, headPadding, seed, got imageSizes; did you mean imageSize?',
  ],
  'one side for both': [
    () => new UNet({ imageSize: 64 } as never),
    'UNet: imageSize must be a list such as [64, 64], got 64',
  ],
  'an option of a layer that is misspelt': [
    () => new Convolution({ channels: 8, size: 3, stride: 2 } as never),
    'Convolution: options must be among name, seed, trainable, channels, size, strides, bias, deviation, got stride; did you mean strides?',
  ],
  'channels that the groups do not divide': [
    () => new ResidualBlock({ channels: 12, groups: 8 }).apply(tf.zeros([1, 4, 4, 8])),
    'ResidualBlock: channels must be a multiple of groups, got 12 channels in 8 groups',
  ],
  'a variant of the wasm kernels that does not exist': [
    () => register({ variant: 'simd' } as never),
    "register: variant must be 'auto', 'relaxed-simd' or 'simd128', got 'simd'; did you mean 'simd128'?",
  ],
  'a condition that is disposed': [
    () => {
      const condition = network.encode(images);
      dispose(condition);
      return network.denoise(images, tf.tensor1d([3], 'int32'), condition);
    },
    'AnchoredDiffusion.denoise: condition.anchor must be a tensor [..., C] that is not disposed, got a disposed one [1,16,16,1]',
  ],
  'no condition': [
    () => network.denoise(images, tf.tensor1d([3], 'int32'), undefined as never),
    'AnchoredDiffusion.denoise: the condition must be what encode() returns, got undefined',
  ],
  'a condition of one image for five samples': [
    () => network.denoise(tf.zeros([5, 16, 16, 1]), tf.fill([5], 3, 'int32'), network.encode(images)),
    'AnchoredDiffusion.denoise: condition.anchor must have one row for each of 5 samples, got [1,16,16,1]; repeatCondition() of @medseg/inference repeats it for the members of an ensemble',
  ],
  'one time step for several samples': [
    () => network.denoise(tf.zeros([2, 16, 16, 1]), tf.tensor1d([3], 'int32'), network.encode(images)),
    'AnchoredDiffusion.denoise: t must be one training step for each of 2 samples, got [1]',
  ],
  'a number in the place of the options of a schedule': [
    () => cosineSchedule(50 as never),
    'cosineSchedule: options must be among steps, offset, maxBeta, got 50',
  ],
  'nothing in the place of the options of a schedule': [
    () => cosineSchedule(null as never),
    'cosineSchedule: options must be among steps, offset, maxBeta, got null',
  ],
  'a time step that the schedule does not have': [
    () => addNoise(schedule, images, images, [100]),
    'addNoise: t must be a whole number from 0 to 99, got 100',
  ],
  'time steps as a tensor': [
    () => addNoise(schedule, images, images, tf.tensor1d([3], 'int32') as never),
    'addNoise: t must be an Int32Array or an array of whole numbers on the host, got Tensor',
  ],
  'more sampling steps than the schedule has': [
    () => segment(network, images, { ...sampling, steps: 500 }),
    'ddim: steps must be a whole number from 1 to 100, got 500',
  ],
  'no scheduler': [
    () => segment(network, images, { steps: 2, members: 1, noise } as never),
    'segment: scheduler must be one such as ddim(cosineSchedule()), got undefined',
  ],
  'a scheduler without a schedule': [
    () => ddim({ predictionType: 'sample' } as never),
    'ddim: the first argument must be a schedule, such as cosineSchedule(), got an object',
  ],
  'a scheduler for another prediction': [
    () => segment(network, images, { ...sampling, scheduler: ddim(schedule) }),
    "segment: the network predicts 'logits', so the scheduler's predictionType must be 'sample', got ddim with 'epsilon'",
  ],
  'an option of a scheduler that is misspelt': [
    () => ddim(schedule, { predictiontype: 'sample' } as never),
    'ddim: options must be among predictionType, timestepSpacing, stepsOffset, matchDiffusers, clipSample, clipSampleRange, thresholding, dynamicThresholdingRatio, sampleMaxValue, eta, setAlphaToOne, useClippedOutput, got predictiontype; did you mean predictionType?',
  ],
  'no noise': [
    () => segment(network, images, { scheduler, steps: 2, members: 1 } as never),
    'segment: noise must be a function from image and member to a source of normal numbers, such as (i, m) => createRandom(1).fork(i).fork(m), got undefined',
  ],
  'a source of noise in the place of a function': [
    () => segment(network, images, { ...sampling, noise: createRandom(1) as never }),
    'segment: noise must be a function from image and member to a source of normal numbers, such as (i, m) => createRandom(1).fork(i).fork(m), got an object',
  ],
  'no random': [
    () => sampleToEnd(denoiser, scheduler, { ...drawn, random: undefined as never }),
    'sample: random must be a source of normal numbers, such as createRandom(1) of @medseg/random, got undefined',
  ],
  'Math.random in the place of a source': [
    () => sampleToEnd(denoiser, scheduler, { ...drawn, random: Math.random as never }),
    'sample: random must be a source of normal numbers, such as createRandom(1) of @medseg/random, got a function',
  ],
  'a network in the place of a denoiser': [
    () => sampleToEnd(network as never, scheduler, drawn),
    'sample: the denoiser must be a function of x, t and the condition, got AnchoredDiffusion; for a network pass (x, t, condition) => network.denoise(x, t, condition)',
  ],
  'a denoiser that returns a promise': [
    () => sampleToEnd((async (x: tf.Tensor) => tf.clone(x)) as never, scheduler, drawn),
    "sample: the denoiser's output must be a tensor [B, H, W, C], got Promise",
  ],
  'no scheduler for training': [
    () => anchoredRecipe(network, {} as never),
    'diffusionPhase: schedule must be a schedule, such as cosineSchedule(), got undefined',
  ],
  'a network in the place of a recipe': [
    () => new Trainer(network as never, { seed: 1 }),
    'Trainer: a recipe must be { network, phases }, such as anchoredRecipe(network, { schedule }), got AnchoredDiffusion',
  ],
  'an option of training that is misspelt': [
    () => anchoredRecipe(network, { schedule, learningrate: 1e-3 } as never),
    'anchoredRecipe: options must be among optimizer, beta1, beta2, epsilon, momentum, weightDecay, decays, clipNorm, averageLimit, averageWarmUp, moreAverages, plateau, schedule, learningRate, recycling, activation, encoderShare, got learningrate; did you mean learningRate?',
  ],
  'a number in the place of a budget': [
    () => train(trainer, { budget: 100, batchAt: () => batch() } as never).next(),
    'train: budget must be { steps } or { minutes }, got 100',
  ],
  'no batches': [
    () => train(trainer, { budget: { steps: 1 } } as never).next(),
    'train: batchAt must be a function from a step to its batch, got undefined',
  ],
  'masks of fewer cases than images': [
    () => trainOn({ masks: new Float32Array(256), maskShape: [1, 16, 16, 1] }),
    'train: maskShape must be [2, 16, 16, 1] for this network, got [1, 16, 16, 1]',
  ],
  'masks shorter than their shape': [
    () => trainOn({ masks: new Float32Array(256) }),
    'train: masks must have 512 values for [2, 16, 16, 1], got 256',
  ],
  'class indices in the place of a channel per class': [
    () => trainOn({ masks: new Float32Array(512).fill(2) }),
    'train: masks must be from 0 to 1, got 2 of a; give each class of class indices a channel of its own',
  ],
  'masks of 0 to 255': [
    () => trainOn({ masks: new Float32Array(512).fill(255) }),
    'train: masks must be from 0 to 1, got 255 of a; divide masks of 0 to 255 by 255',
  ],
  'tensors in a batch': [
    () => trainOn({ images: images as never }),
    'train: images of a batch must be a Float32Array, got Tensor',
  ],
  'a target of another batch size': [
    () => diceLoss(tf.zeros([2, 8, 8, 1]), tf.zeros([1, 8, 8, 1])),
    'diceLoss: target must have the shape [2,8,8,1], got [1,8,8,1]',
  ],
  'a learning rate below 0': [
    () => anchoredRecipe(network, { schedule, learningRate: -1 }),
    'anchoredRecipe: learningRate must be a number of at least 0, got -1',
  ],
  'a learning rate in quotes': [
    () => anchoredRecipe(network, { schedule, learningRate: '1e-3' as never }),
    "anchoredRecipe: learningRate must be a number of at least 0, got '1e-3'",
  ],
  'gradients clipped to nothing': [
    () => new Trainer(anchoredRecipe(network, { schedule, clipNorm: 0 }), { seed: 1 }),
    'PhaseLearner: clipNorm must be a number above 0, got 0',
  ],
  'a decay of the mean above 1': [
    () => new Trainer(anchoredRecipe(network, { schedule, beta1: 9 }), { seed: 1 }),
    'AdamWOptimizer: beta1 must be a number of at least 0 and below 1, got 9',
  ],
  'a controller in the place of its signal': [
    () =>
      train(trainer, { budget: { steps: 1 }, batchAt: () => batch(), signal: new AbortController() as never }).next(),
    'train: signal must be an AbortSignal, got AbortController; give controller.signal',
  ],
  'a Dice in the place of what computes it': [
    () => train(trainer, { budget: { steps: 1 }, batchAt: () => batch(), validate: 0.5 as never }).next(),
    'train: validate must be a function that returns a Dice, got 0.5',
  ],
  'a controller for segment': [
    () => segment(network, images, { ...sampling, signal: new AbortController() as never }),
    'segment: signal must be an AbortSignal, got AbortController; give controller.signal',
  ],
  'a promise of a mask, not awaited': [
    () => dice(Promise.resolve(new Uint8Array(1)) as never, new Uint8Array(1)),
    'dice: prediction and truth must be arrays of the same shape, got Promise and 1 values; await promises and tensor.data()',
  ],
  'tensors in the place of masks': [
    () => dice(images as never, images as never),
    'dice: prediction and truth must be arrays of the same shape, got Tensor and Tensor values; await promises and tensor.data()',
  ],
  'no target': [() => mseLoss(images, undefined as never), 'mseLoss: target must be a tensor [..., C], got undefined'],
  'an ArrayBuffer, as fetch gives it': [
    () => loadModel(network, new ArrayBuffer(8) as never),
    'loadModel: bytes must be a Uint8Array, the content of the file, got ArrayBuffer; pass new Uint8Array(buffer)',
  ],
  'an ArrayBuffer of weights': [
    () => decodeSafetensors(new ArrayBuffer(8) as never),
    'decodeSafetensors: bytes must be a Uint8Array, the content of the file, got ArrayBuffer; pass new Uint8Array(buffer)',
  ],
  'weights without the network that they are for': [
    () => loadModel(new ArrayBuffer(8) as never, undefined as never),
    'loadModel: the first argument must be a network with variables(), got ArrayBuffer',
  ],
  'weights of another network': [
    () => loadVariables(network.variables(), encodeVariables(new Map())),
    'a model of this network must hold encoder.stem.weight',
  ],
  'an option of a schedule that is misspelt': [
    () => cosineSchedule({ stesp: 5 } as never),
    'cosineSchedule: options must be among steps, offset, maxBeta, got stesp',
  ],
  'an option of Dice that is misspelt': [
    () => dice(Uint8Array.of(1), Uint8Array.of(1), { emtpy: 'zero' } as never),
    'dice: options must be among empty, got emtpy',
  ],
  'an option of a metric that is misspelt': [
    () => hausdorff(surfaces, { percentil: 95 } as never),
    'hausdorff: options must be among percentile, direction, got percentil; did you mean percentile?',
  ],
  'an option of a decoder that is misspelt': [
    () => decodeNifti(new Uint8Array(8), 'brain.nii', { maxbytes: 1 } as never),
    'decodeNifti: options must be among voxels, maxBytes, got maxbytes',
  ],
  'an option of the batches that is misspelt': [
    () => createBatcher(samples, { batch: 4, seed: 1 } as never),
    'createBatcher: options must be among batchSize, seed, augment, prefetch, got batch',
  ],
  'no steps': [
    () => segment(network, images, { ...sampling, steps: undefined as never }),
    'ddim: steps must be a whole number or a list of timesteps, got undefined',
  ],
  'a layer without options': [
    () => new Convolution(undefined as never),
    'Convolution: options must be an object, got undefined',
  ],
  'a network in the place of its trainer': [
    () => encodeModel(network as never),
    'encodeModel: the first argument must be a Trainer, got AnchoredDiffusion; encodeVariables(network.variables()) takes a network',
  ],
  'workers that are none': [
    () => train(trainer, { budget: { steps: 1 }, batchAt: () => batch(), replicas: {} as never }).next(),
    'train: replicas must be what computes gradients, such as await ReplicaGroup.start(…), got an object',
  ],
  'a budget of steps and minutes': [
    () => train(trainer, { budget: { steps: 1, minutes: 1 } as never, batchAt: () => batch() }).next(),
    'train: budget must be { steps } or { minutes }, got {"steps":1,"minutes":1}',
  ],
  'a budget with anything else in it': [
    () => train(trainer, { budget: { steps: 1, epochs: 3 } as never, batchAt: () => batch() }).next(),
    'train: budget: options must be among steps, minutes, got epochs',
  ],
  'masks of -1 to 1': [
    () => trainOn({ masks: new Float32Array(512).fill(-1) }),
    'train: masks must be from 0 to 1, got -1 of a; masks of -1 to 1 become such by (mask + 1) / 2',
  ],
  'a worker that is not wrapped': [
    () => loadRun({}, { worker: { postMessage: () => {} } as never }),
    'loadRun: worker must be a WorkerEndpoint, got an object; wrap the worker with webWorkerEndpoint() or nodeWorkerEndpoint()',
  ],
  'a number of threads in the place of workers': [
    () => new JobPool(5 as never),
    'JobPool: endpoints must be a list of WorkerEndpoints, got 5',
  ],
  'a loaded run in the place of its run': [
    () => exportModel({ run: { readModel: () => {} } } as never),
    'exportModel: run must be a Run, as openRun() gives it, got an object; pass its member run',
  ],
  'an address that does not answer': [
    () => loadRun('http://127.0.0.1:1/run'),
    'http://127.0.0.1:1/run/run.json: the address must answer, got bad port',
  ],
  'masks in the place of surfaces': [
    () => hausdorff(Uint8Array.of(1) as never, Uint8Array.of(1) as never),
    'hausdorff: surfaces must be what surfaceDistances(prediction, truth, { shape }) gives, got Uint8Array',
  ],
  'a mask without its shape': [
    () => connectedComponents(Uint8Array.of(1), undefined as never),
    'connectedComponents: options must be an object, got undefined',
  ],
  'an interval without random numbers': [
    () => bootstrapInterval([1, 2], {} as never),
    'bootstrapInterval: random must be a function, got undefined',
  ],
  'a threshold of 0 to 255': [() => threshold(Float32Array.of(0.5), 50), 'threshold: level must lie in 0..1, got 50'],
  'a label that is an object': [
    () => createRandom(1).fork({ a: 1 } as never),
    'Random.fork: the label must be a string or a finite number, got Object',
  ],
  'members of different length': [
    () => summariseMembers([new Float32Array(2), new Float32Array(3)], { classes: 1, activation: 'sigmoid' }),
    'summariseMembers: members must have the same length; members[0] has 2 values, members[1] has 3',
  ],
  'members that are no probabilities': [
    () => summariseMembers([Float32Array.of(0, 7)], { classes: 1, activation: 'sigmoid' }),
    'summariseMembers: members[0][1] must be a probability from 0 to 1, got 7',
  ],
  'a report of nothing': [
    () => renderRunReport({} as never),
    'renderRunReport: report must be an object with title, split, unit and sizeUnit, got an object without title',
  ],
  'a network in the place of its variables': [
    () => loadVariables(network as never, new Uint8Array(8)),
    'loadVariables: variables must be a map of names, such as network.variables(), got AnchoredDiffusion',
  ],
};

describe('a mistake ends in one line that says what was asked, the rule and the value', () => {
  it.each(Object.entries(mistakes))('%s', async (_, [work, message]) => {
    expect(await messageOf(work)).toBe(message);
  });

  it('a gradient that nobody has registered', async () => {
    const config = tf.getGradient('Tanh');
    tf.unregisterGradient('Tanh');
    const weight = tf.variable(tf.scalar(1));
    try {
      expect(await messageOf(() => variableGradients(() => tf.tanh(weight), [weight]))).toBe(
        "variableGradients: no gradient is registered for Tanh; import '@tensorflow/tfjs-layers' once, which registers those of tfjs",
      );
    } finally {
      tf.registerGradient(config);
      weight.dispose();
    }
  });

  it('no backend', async () => {
    const engine = tf.engine();
    const registered = engine.registryFactory;
    Object.assign(engine, { registryFactory: {} });
    try {
      expect(await messageOf(() => new UNet())).toBe(
        "UNet: needs a backend of tfjs, got none; await register() of '@medseg/backend-wasm', or import '@tensorflow/tfjs-backend-cpu'",
      );
    } finally {
      Object.assign(engine, { registryFactory: registered });
    }
  });

  it('a backend that is still starting', async () => {
    const started = tf.setBackend('wasm');
    const message = await messageOf(() => new UNet());
    await started;
    await tf.setBackend('cpu');
    expect(message).toMatch(
      /^UNet: needs a backend that has started; await register\(\) of '@medseg\/backend-wasm', tf\.setBackend\(\) or tf\.ready\(\) first \(tfjs: Backend 'wasm' has not yet been initialized\..*\)$/,
    );
  });

  it('a page whose policy forbids WebAssembly', async () => {
    const compile = vi.spyOn(WebAssembly, 'compile').mockRejectedValue(new Error('blocked by CSP'));
    try {
      expect(await messageOf(() => register())).toBe(
        "register: WebAssembly does not compile here; a page with a Content-Security-Policy needs 'wasm-unsafe-eval' in script-src (blocked by CSP)",
      );
    } finally {
      compile.mockRestore();
    }
  });

  it('training on the wasm backend without its kernels', async () => {
    await tf.setBackend('wasm');
    const weight = tf.variable<tf.Rank.R4>(tf.ones([3, 3, 1, 1]));
    const loss = (): tf.Scalar => tf.sum(tf.conv2d(tf.ones([1, 4, 4, 1]) as tf.Tensor4D, weight, 1, 'same'));
    const message = await messageOf(() => variableGradients(loss, [weight]));
    weight.dispose();
    await tf.setBackend('cpu');
    expect(message).toBe(
      "variableGradients: the backend 'wasm' has no kernel Conv2DBackpropFilter; await register() of @medseg/backend-wasm, which adds it",
    );
  });
});

it('counts at least fifteen mistakes, each told on one line', () => {
  const messages = Object.values(mistakes).map(([, message]) => message);
  expect(messages.length).toBeGreaterThanOrEqual(15);
  expect(messages.filter((message) => message.includes('\n'))).toEqual([]);
});

import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import * as diffusion from '@medseg/diffusion';
import { anchorProbabilities, segment } from '@medseg/inference';
import * as layers from '@medseg/layers';
import { UNet } from '@medseg/models';
import * as ops from '@medseg/ops';
import { createRandom } from '@medseg/random';
import { maskPhase, type Recipe, stepGradients } from '@medseg/training';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';

// `tf.add(a, b)`, `tf.tanh`, `tf.randomNormal` and the like are plain `tf.Tensor` to TypeScript, whatever their rank. Every
// function of the packages takes them; `npm run typecheck` fails where one asks for a rank. What is returned has its rank.

beforeAll(() => tf.setBackend('cpu'));

/** A sum as a user has it: its rank is unknown to TypeScript. */
function sum(shape: number[], value = 0.5): tf.Tensor {
  const halves = tf.fill(shape, value / 2);
  const added = tf.add(halves, halves);
  return added;
}

const map = (channels = 4): tf.Tensor => sum([1, 4, 4, channels]);
const affine = () => ({ weight: sum([4], 1), bias: sum([4], 0) });
const convolution = (size: number, from: number, to: number) => ({
  weight: sum([size, size, from, to]),
  bias: sum([to], 0),
});
const linear = (from: number, to: number) => ({ weight: sum([from, to]), bias: sum([to], 0) });
const rank = (tensor: tf.Tensor): number => tensor.rank;

it('operations take tensors of any rank to TypeScript and return tensors of theirs', () => {
  const convolved: tf.Tensor4D = ops.conv2d(map(), sum([3, 3, 4, 4]), sum([4]), { offset: sum([1, 4]), plus: map() });
  const normalised: tf.Tensor4D = ops.groupNorm(map(), sum([4]), sum([4]), {
    groups: 2,
    scale: sum([1, 4]),
    shift: sum([1, 4]),
  });
  const rows: tf.Tensor2D = ops.dense(sum([2, 3]), sum([3, 4]), sum([4]), { before: 'silu' });
  const attended: tf.Tensor3D = ops.attention(sum([1, 5, 4]), sum([1, 6, 4]), sum([1, 6, 4]), { heads: 2 });
  const linearly: tf.Tensor3D = ops.linearAttention(sum([1, 5, 4]), sum([4, 12]), sum([4, 4]), sum([4]), { heads: 1 });
  const spectrum = ops.dft2d({ real: map(), imag: map() });
  const back: tf.Tensor4D = ops.idft2d({ real: map() }).real;
  const filtered: tf.Tensor4D = ops.spectralFilter(map(), sum([4, 4, 4]), sum([4, 4, 4]));
  const shuffled: tf.Tensor4D = ops.pixelShuffle(ops.pixelUnshuffle(map(), 2) as tf.Tensor, 2);
  const resampled: tf.Tensor4D = ops.averagePool(ops.upsampleNearest(map(), 2) as tf.Tensor, 2);
  const layered = ops.channelLayerNorm(map(), sum([4]), sum([4]));
  const weight = tf.variable(sum([4]));
  const { value } = ops.variableGradients(() => tf.mean(ops.silu(tf.mul(weight, 2))), [weight]);
  weight.dispose();
  const maps = [convolved, normalised, back, filtered, shuffled, resampled, layered, spectrum.real];
  expect([...maps, rows, attended, linearly, value].map(rank)).toEqual([...maps.map(() => 4), 2, 3, 3, 0]);
});

it('layers do, and so do their weights', () => {
  const norms = { normNoise: affine(), normCondition: affine() };
  const gain = { weight: sum([4], 1) };
  const parser = { map: sum([4, 4, 4], 1) };
  const attention = { norm: gain, qkv: { weight: sum([1, 1, 4, 12]) }, out: convolution(1, 4, 4) };
  const residual = { norm1: affine(), conv1: convolution(3, 4, 4), norm2: affine(), conv2: convolution(3, 4, 4) };
  const results: tf.Tensor4D[] = [
    layers.affinity(map(), map(), norms),
    layers.anchorAttention(map(), map(), { logDeviation: sum([4]), gate: convolution(1, 4, 1) }, { size: 3 }),
    layers.gaussianBlur(map(), sum([4]), 3),
    layers.attentiveFusion(map(), map(), { project: convolution(1, 4, 4), parser, ...norms }),
    layers.complexFFParser(map(), { map: sum([4, 3, 4, 2]) }),
    layers.convolutionBlock(map(), {
      conv: convolution(3, 4, 4),
      norm: { ...affine(), running_mean: sum([4]), running_var: sum([4]) },
    }),
    layers.dropout(map(), { rate: 0.5, random: createRandom(1) }),
    layers.ffParser(map(), parser),
    layers.highwayGate(map(), map(), {
      project: convolution(1, 4, 4),
      parser: { map: sum([4, 3, 4, 2]) },
      mask: convolution(1, 4, 1),
    }),
    layers.linearAttention(map(), { ...attention, outNorm: gain }, { heads: 1 }),
    layers.outputHead(map(), { norm: affine(), conv: convolution(3, 4, 1) }, { groups: 2 }),
    layers.pixelAttention(map(), attention, { heads: 2 }),
    layers.residualBlock(map(), sum([1, 8]), { ...residual, time: linear(8, 8), skip: undefined }, { groups: 2 }),
    layers.scaleShiftBlock(map(), sum([1, 8]), { ...residual, time: linear(8, 8), skip: undefined }, { groups: 2 }),
    layers.selfAttention(
      map(),
      { norm: affine(), qkv: convolution(1, 4, 12), out: convolution(1, 4, 4) },
      { heads: 2, groups: 2 },
    ),
    layers.feedForward(map(), { norm: gain, conv1: convolution(1, 4, 16), conv2: convolution(1, 16, 4) }),
    layers.upsampleLinear(map(), 2),
  ];
  expect(results.map(rank)).toEqual(results.map(() => 4));
  const times: tf.Tensor2D = layers.timeEmbedding(
    sum([2]),
    { linear1: linear(8, 4), linear2: linear(4, 4) },
    { frequencies: 8 },
  );
  expect(times.shape).toEqual([2, 4]);
});

it('the diffusion process does', async () => {
  const schedule = diffusion.cosineSchedule({ steps: 10 });
  const [x0, noise, xt, output] = [map(1), map(1), map(1), map(1)];
  const t = [3];
  const maps: tf.Tensor4D[] = [
    diffusion.addNoise(schedule, x0, noise, t),
    diffusion.velocity(schedule, x0, noise, t),
    diffusion.flowInterpolate(x0, noise, [0.5]),
    diffusion.flowTarget(x0, noise),
    diffusion.trainingTarget(schedule, 'epsilon', x0, noise, t),
    diffusion.predictXStart(schedule, 'epsilon', xt, output, t),
    diffusion.predictNoise(schedule, 'sample', xt, output, t),
    diffusion.predictVelocity(schedule, 'sample', xt, output, t),
    diffusion.posteriorMean(schedule, x0, xt, t),
    diffusion.learnedLogVariance(schedule, output, t),
    ...diffusion.splitMembers(diffusion.repeatForMembers(x0, 2), 2),
  ];
  const scalars: tf.Scalar[] = [
    diffusion.mseLoss(output, x0),
    diffusion.diceLoss(output, x0),
    diffusion.crossEntropyLoss(output, x0),
    diffusion.calibrationLoss(output, x0),
    diffusion.hybridLoss(schedule, map(2), x0, noise, xt, t),
  ];
  expect([...maps, ...scalars].map(rank)).toEqual([...maps.map(() => 4), ...scalars.map(() => 0)]);
  const denoiser: diffusion.Denoiser<tf.Tensor> = (x, _, condition) => {
    const logits = tf.add(x, condition);
    return logits;
  };
  const recycled: tf.Tensor4D = diffusion.recycledInput(denoiser, schedule, x0, t, {
    condition: map(1),
    noise,
    from: { t: [5], noise },
  });
  const scheduler = diffusion.ddim(schedule, { predictionType: 'sample' });
  const sampled: tf.Tensor4D = await diffusion.sampleToEnd(denoiser, scheduler, {
    shape: [1, 4, 4, 1],
    condition: map(1),
    initial: xt,
    steps: 2,
    random: createRandom(1),
  });
  const step = scheduler.plan(2);
  const { prev } = step.step(step.start(), output, xt);
  expect([recycled, sampled, prev].map(rank)).toEqual([4, 4, 4]);
});

it('networks, segmentation and training do', async () => {
  const network = new UNet({ imageSize: [8, 8], imageChannels: 1, channels: [8, 8], heads: 1 });
  const images = sum([2, 8, 8, 1]);
  const logits: tf.Tensor4D = network.denoise(sum([2, 8, 8, 1]), tf.fill([2], 3, 'int32'), network.encode(images));
  expect(logits.shape).toEqual([2, 8, 8, 1]);
  expect((await anchorProbabilities(logits as tf.Tensor)).length).toBe(2);
  const scheduler = diffusion.ddim(diffusion.cosineSchedule(), { predictionType: 'sample' });
  const noise = (image: number, member: number) => createRandom(1).fork(image).fork(member);
  expect((await segment(network, images, { scheduler, steps: 1, members: 1, noise })).length).toBe(2);
  const weight = tf.variable(sum([1], 2));
  const variables = new Map([['weight', weight]]);
  const phase = maskPhase((x) => tf.tanh(tf.mul(x, weight)), { variables });
  const recipe: Recipe = { network, phases: [phase] };
  const values = new Float32Array(128);
  const batch = { images: values, masks: values, imageShape: [2, 8, 8, 1], maskShape: [2, 8, 8, 1] } as const;
  expect(stepGradients(recipe, { phase: 'encoder', batch }).loss).toBeGreaterThan(0);
  weight.dispose();
  network.dispose();
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cosineSchedule, minSnrWeights, type Network } from '@medseg/diffusion';
import { DeepmancerUNet, deepmancerUNetConfigFrom, Lucidrains, lucidrainsConfigFrom } from '@medseg/models';
import { type Draw, diffusionPhase, type Recipe, type RecipePhase, type TrainingBatch } from '@medseg/training';
import { decodeSafetensors, importWeights, lucidrainsNames, type NamedArray, seedNames } from '@medseg/weights';
import * as tf from '@tensorflow/tfjs-core';

type Arrays = ReadonlyMap<string, NamedArray>;

/** What the description of a whole training of a reference says, as far as it is needed here. */
export interface TrainingFixture {
  readonly reference: 'lucidrains' | 'seed';
  readonly options: Readonly<Record<string, unknown>>;
  /** What the network sees of images from 0 to 1. */
  readonly images: string;
  readonly optimizer: {
    readonly rate: number;
    readonly betas: readonly [number, number];
    readonly eps: number;
    readonly weightDecay: number;
  };
  readonly timesteps: number;
  readonly prediction: 'epsilon' | 'v_prediction';
  readonly selfConditioned: boolean;
  readonly weighting?: 'min-snr';
  readonly steps: number;
  readonly losses: { readonly float32: readonly number[] };
  readonly tolerance: { readonly loss: number; readonly weights: number };
}

/** The trainings in a folder of fixtures, and in its folder `training`: the paths of their files, without an ending. */
export function trainingFixtures(fixtures: string): string[] {
  return [fixtures, join(fixtures, 'training')]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    .filter((file) => file.endsWith('.init.safetensors'))
    .map((file) => file.slice(0, -'.init.safetensors'.length))
    .sort();
}

export function readFixture(path: string): TrainingFixture {
  return JSON.parse(readFileSync(`${path}.json`, 'utf8')) as TrainingFixture;
}

export function readArrays(path: string, part: 'init' | 'data' | 'final'): Arrays {
  return decodeSafetensors(readFileSync(`${path}.${part}.safetensors`), `${path}.${part}.safetensors`).tensors;
}

/** The network of a fixture, and how it was trained; what is random in a step is drawn by `draw`. */
export function recipeOf(fixture: TrainingFixture, draw: () => Draw): { network: Network; recipe: Recipe } {
  const { reference, options, optimizer, timesteps, prediction: predictionType, selfConditioned, weighting } = fixture;
  const network: Network =
    reference === 'seed'
      ? new DeepmancerUNet({ ...deepmancerUNetConfigFrom(options), predictionType })
      : new Lucidrains({ ...lucidrainsConfigFrom(options), predictionType });
  const [beta1, beta2] = optimizer.betas;
  const { eps: epsilon, weightDecay, rate } = optimizer;
  const phase = diffusionPhase(network, {
    variables: network.variables(),
    schedule: cosineSchedule({ steps: timesteps }),
    selfConditioning: selfConditioned ? 0.5 : 0,
    ...(weighting && { weighting }),
    learner: { beta1, beta2, epsilon, weightDecay, decays: 'all', clipNorm: Number.POSITIVE_INFINITY },
    learningRate: () => rate,
  }) as RecipePhase;
  return { network, recipe: { network, phases: [{ ...phase, draw }] } };
}

/** A file of weights in our names and layout. */
export function weightsIn(network: Network, { reference }: TrainingFixture, arrays: Arrays): Map<string, NamedArray> {
  const shapes = new Map([...network.variables()].map(([name, { shape }]) => [name, shape]));
  const { weights, report } = importWeights(arrays, shapes, reference === 'seed' ? seedNames : lucidrainsNames);
  if (report.missing.length + report.leftOver.length > 0) {
    throw new RangeError(`weights missing: ${report.missing.join()}; left over: ${report.leftOver.join()}`);
  }
  return weights;
}

/** The batch of a step, and what was drawn for it. */
export function stepData(data: Arrays, step: number, fixture: TrainingFixture): { batch: TrainingBatch; draw: Draw } {
  const { images, timesteps, weighting, prediction } = fixture;
  const t = Int32Array.from(data.get(`t.${step}`)!.data as ArrayLike<number>, Number);
  const schedule = cosineSchedule({ steps: timesteps });
  const [image, imageShape] = channelsLast(data.get(`images.${step}`)!);
  const [mask, maskShape] = channelsLast(data.get(`masks.${step}`)!);
  const [noise] = channelsLast(data.get(`noise.${step}`)!);
  const isSelf = Number(data.get(`self.${step}`)?.data[0] ?? 0) === 1;
  return {
    batch: {
      images: images.startsWith('-1') ? image.map((value) => 2 * value - 1) : image,
      masks: mask,
      imageShape,
      maskShape,
      ids: [],
    },
    draw: {
      t,
      noise,
      ...(isSelf && { self: 1 }),
      ...(weighting && { weights: minSnrWeights(schedule, prediction, t) }),
    },
  };
}

function channelsLast({ data, shape }: NamedArray): [Float32Array, readonly [number, number, number, number]] {
  const tensor = tf.tidy(() => tf.transpose(tf.tensor(data as Float32Array, [...shape]), [0, 2, 3, 1]));
  const values = tensor.dataSync<'float32'>().slice();
  tensor.dispose();
  return [values, tensor.shape as [number, number, number, number]];
}

import {
  createLossHistory,
  type Denoiser,
  ddim,
  type LossHistory,
  linearSchedule,
  type SampleOptions,
  type Schedule,
  type Scheduler,
} from '@medseg/diffusion';
import { createRandom, type Random } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';

type Condition = tf.Tensor4D;

const filled = (channels: number, seed: number): tf.Tensor4D => {
  const values = createRandom(seed).fillNormal(new Float32Array(2 * 8 * 8 * channels));
  return tf.tensor4d(values, [2, 8, 8, channels]);
};

export const shape: [number, number, number, number] = [2, 8, 8, 1];
export const schedule: Schedule = linearSchedule();
export const scheduler: Scheduler = ddim(schedule);
export const random: Random = createRandom(1);
export const x: tf.Tensor4D = filled(1, 1);
export const x0: tf.Tensor4D = tf.clipByValue(filled(1, 2), -1, 1);
export const xt: tf.Tensor4D = filled(1, 3);
export const noise: tf.Tensor4D = filled(1, 4);
export const image: tf.Tensor4D = filled(1, 5);
export const condition: Condition = image;
export const logits: tf.Tensor4D = filled(1, 6);
export const mask: tf.Tensor4D = tf.cast(tf.greater(filled(1, 7), 0), 'float32') as tf.Tensor4D;
export const masks: tf.Tensor4D = tf.tile(mask, [5, 1, 1, 1]);
export const output: tf.Tensor4D = filled(1, 8);
/** Of a network that learns the variance: twice the channels. */
export const outputs: tf.Tensor4D = filled(2, 9);
export const target: tf.Tensor4D = noise;
export const calibration: tf.Tensor4D = filled(1, 10);
export const t: Int32Array = Int32Array.of(10, 900);
/** Noisier steps than `t`, and other noise. */
export const later: Int32Array = Int32Array.of(500, 999);
export const other: tf.Tensor4D = filled(1, 11);
export const sigma: Float32Array = Float32Array.of(0.25, 0.7);
export const losses: Float32Array = Float32Array.from({ length: 16 }, (_, i) => i / 16);
export const steps = 2;
export const denoiser: Denoiser<Condition> = (input) => tf.mul(input, 0.1);
export const options: SampleOptions<Condition> = { shape, condition, steps, random };
export const network = (input: tf.Tensor4D, _t: unknown): tf.Tensor4D => tf.mul(input, 0.1);
export const history: LossHistory = createLossHistory(schedule.steps);
export const store = (_text: string): void => {};
export const text: string = '{"_class_name": "DDIMScheduler", "num_train_timesteps": 1000}';

import type * as tf from '@tensorflow/tfjs-core';
import type { PredictionType } from '../process/prediction.ts';
import type { Schedule } from '../schedule/schedule.ts';

/** Where normal noise comes from; `createRandom` of `@medseg/random` is one. */
export interface NoiseSource {
  /** Fills an array with independent standard normal values and returns it. */
  fillNormal(values: Float32Array): Float32Array;
}

/** All that a scheduler remembers between two steps: nothing else is hidden anywhere. */
export interface SchedulerState {
  /** Network calls made so far. */
  readonly index: number;
  /** Earlier predictions that the method still needs, newest first; owned by whoever holds the state. */
  readonly history: readonly tf.Tensor4D[];
}

/** What one step gives. All tensors are new and belong to the caller. */
export interface StepResult {
  /** The state after the step. */
  readonly state: SchedulerState;
  /** The sample, one step less noisy. */
  readonly prev: tf.Tensor4D;
  /** The clean image as predicted at this step, clipped if the scheduler clips. */
  readonly x0: tf.Tensor4D;
}

/** How much signal and noise a sample holds: x = signal * x0 + noise * standard normal values. */
export interface NoiseLevel {
  /** Factor of x0. */
  readonly signal: number;
  /** Factor of the noise. */
  readonly noise: number;
}

/** A scheduler laid out for a number of steps: tables in float64, made once, and a step that is a function of its arguments. */
export interface SamplingPlan {
  /** What the network is told as t at each of its calls; whole numbers except with Euler, Heun and flow matching. */
  readonly timesteps: readonly number[];
  /** What the network's output means. */
  readonly predictionType: PredictionType | 'flow';
  /** Channels of the network's output for each channel of the sample: 2 where it also predicts a variance. */
  readonly outputsPerChannel: 1 | 2;
  /** The first sample is this times standard normal values. */
  readonly initialNoiseScale: number;
  /** What the sample is multiplied by on its way into the network at call `index`. */
  inputScale(index: number): number;
  /** Signal and noise of the sample that goes into call `index`, in this scheduler's own scale. */
  noiseLevel(index: number): NoiseLevel;
  /** The state before the first step. */
  start(): SchedulerState;
  /**
   * One step: from the network's output at call `state.index` and the sample x it was made for (unscaled) to the next
   * sample. Neither disposes nor keeps its arguments. `random` is needed by the stochastic methods alone.
   * Throws RangeError when the plan is at its end, shapes differ, or noise is needed and not given.
   */
  step(state: SchedulerState, output: tf.Tensor, x: tf.Tensor, random?: NoiseSource): StepResult;
}

/** A way to sample, made once from a schedule and options. */
export interface Scheduler {
  /** The method's name, for messages. */
  readonly name: string;
  /** What the network's output means: `segment` refuses a network that predicts something else. */
  readonly predictionType: PredictionType | 'flow';
  /** The schedule it samples, none for flow matching. */
  readonly schedule: Schedule | null;
  /** The options it was made with. */
  readonly options: object;
  /**
   * Lays the method out for a number of steps, or for training steps given one by one in falling order.
   * Throws RangeError when the schedule cannot be sampled in that many.
   */
  plan(steps: number | readonly number[]): SamplingPlan;
}

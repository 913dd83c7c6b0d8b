import type * as tf from '@tensorflow/tfjs-core';
import type { SchedulerState } from '../schedulers/scheduler.ts';

/** One step of `sample`. Its tensors belong to the generator and live until the next iteration: clone to keep. */
export interface SampleStep {
  /** Steps done, 1..total. */
  readonly step: number;
  /** Steps of the whole plan. */
  readonly total: number;
  /** The training step that the network was just asked about. */
  readonly t: number;
  /** The sample after the step, [B, H, W, C]. */
  readonly x: tf.Tensor4D;
  /** The clean image as predicted at this step, [B, H, W, C]. */
  readonly x0: tf.Tensor4D;
  /** What the scheduler remembers: with x and the random source's state all that a resumed run needs. */
  readonly state: SchedulerState;
}

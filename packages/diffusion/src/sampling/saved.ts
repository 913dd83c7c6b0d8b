import { requireObject } from '@medseg/arguments';
import { requireOptions } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { SamplingPlan, SchedulerState } from '../schedulers/scheduler.ts';
import type { SampleStep } from './step.ts';

/** A sampling run between two steps, as plain numbers: JSON or a structured clone keeps it. */
export interface SavedSampling {
  /** Network calls made. */
  readonly index: number;
  /** Network calls of the whole plan. */
  readonly total: number;
  /** Shape of the sample, [B, H, W, C]. */
  readonly shape: readonly number[];
  /** The sample, value by value. */
  readonly x: ArrayLike<number>;
  /** The clean image as last predicted, value by value. */
  readonly x0: ArrayLike<number>;
  /** Earlier predictions that the scheduler still needs, newest first. */
  readonly history: readonly ArrayLike<number>[];
}

/** Options of {@link saveSampling}. */
export interface SaveOptions {
  /** Whether the arrays are plain ones, for JSON.stringify. Default false: Float32Array. */
  readonly json?: boolean;
}

/**
 * Saves a run so that `sample(…, { resume })` goes on from it, to the same numbers as a run left alone. The random
 * source has a state of its own: save it at the same moment. With `json` the arrays are plain, ready for JSON.
 *
 * @example
 * for await (const step of sample(denoiser, scheduler, options)) {
 *   store(JSON.stringify({ sampling: await saveSampling(step, { json: true }), random: random.state() }));
 * }
 */
export async function saveSampling(sampleStep: SampleStep, options: SaveOptions = {}): Promise<SavedSampling> {
  requireObject('saveSampling: sampleStep', sampleStep, ['step', 'total', 't', 'x']);
  const { step, total, x, x0, state } = sampleStep;
  requireOptions('saveSampling', options, { json: true });
  const { json = false } = options;
  const values = async (tensor: tf.Tensor): Promise<ArrayLike<number>> => {
    const data = (await tensor.data()) as Float32Array;
    return json ? Array.from(data) : data.slice();
  };
  const [savedX, savedX0, ...history] = await Promise.all([x, x0, ...state.history].map(values));
  return { index: step, total, shape: x.shape.slice(), x: savedX!, x0: savedX0!, history };
}

/** Tensors of a saved run. Throws RangeError when it was saved from another shape or number of steps. */
export function restoreSampling(
  { index, total, shape, x, x0, history }: SavedSampling,
  plan: SamplingPlan,
  expected: [number, number, number, number],
): { x: tf.Tensor4D; x0: tf.Tensor4D; state: SchedulerState } {
  if (total !== plan.timesteps.length || !Number.isInteger(index) || index < 0 || index > total) {
    throw new RangeError(
      `sample: resume is at call ${index} of ${total}, which does not fit a plan of ${plan.timesteps.length} calls`,
    );
  }
  const size = expected.reduce((a, b) => a * b, 1);
  if (shape.join() !== expected.join() || [x, x0, ...history].some((values) => values.length !== size)) {
    throw new RangeError(`sample: resume must have the shape [${expected}], got [${shape}]`);
  }
  const tensor = (values: ArrayLike<number>): tf.Tensor4D => tf.tensor4d(Float32Array.from(values), expected);
  return { x: tensor(x), x0: tensor(x0), state: { index, history: history.map(tensor) } };
}

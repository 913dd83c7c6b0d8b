import { kindOf, requireNormalSource, requireOptions, requireTensor } from '@medseg/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { NoiseSource, Scheduler } from '../schedulers/scheduler.ts';

/** The options that are looked at. */
interface Given {
  readonly random: unknown;
  readonly initial?: tf.Tensor;
  readonly resume?: unknown;
}

/** Throws where `sample` lacks an argument or is given one that is something else. */
export function requireSampleOptions(
  denoiser: unknown,
  scheduler: Scheduler,
  options: Given,
  names: Readonly<Record<string, true>>,
): void {
  if (typeof denoiser !== 'function') {
    throw new TypeError(
      `sample: the denoiser must be a function of x, t and the condition, got ${kindOf(denoiser)}; for a network pass (x, t, condition) => network.denoise(x, t, condition)`,
    );
  }
  if (typeof (scheduler as Partial<Scheduler> | null | undefined)?.plan !== 'function') {
    throw new TypeError(`sample: the scheduler must be one such as ddim(cosineSchedule()), got ${kindOf(scheduler)}`);
  }
  requireOptions('sample', options, names);
  const { random, initial, resume } = options;
  // A sampling that goes on from an image, without noise of its own, still needs them where the method draws noise.
  if (random !== undefined || (initial === undefined && resume === undefined)) {
    for (const source of Array.isArray(random) ? random : [random]) {
      requireNormalSource('sample: random', source as NoiseSource);
    }
  }
  if (initial !== undefined) requireTensor('sample: initial', initial, '[B, H, W, C]');
}

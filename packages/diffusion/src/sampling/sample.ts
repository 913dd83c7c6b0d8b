import { dispose, nextTask, normalTensor, type OptionNames, requireTensor, tidy } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { requireInteger } from '../schedule/check.ts';
import type { NoiseSource, SamplingPlan, Scheduler, SchedulerState } from '../schedulers/scheduler.ts';
import { combine } from '../tensors.ts';
import type { Denoiser } from './denoiser.ts';
import { memberNoise } from './ensemble.ts';
import { requireSampleOptions } from './require-sample-options.ts';
import { restoreSampling, type SavedSampling } from './saved.ts';
import type { SampleStep } from './step.ts';

/** Options of {@link sample}. */
export interface SampleOptions<Condition> {
  /** Shape of the sample, [B, H, W, C]. */
  readonly shape: readonly number[];
  /** Handed to the denoiser at every call. */
  readonly condition: Condition;
  /** Sampling steps, or the training steps to visit in falling order. */
  readonly steps: number | readonly number[];
  /**
   * Where the first sample and the noise of stochastic methods come from. An array of B sources gives each sample of the
   * batch its own, so that a member of an ensemble is the same alone and in company.
   */
  readonly random: NoiseSource | readonly NoiseSource[];
  /** Stops before the next step: the generator then throws the signal's reason. Default none. */
  readonly signal?: AbortSignal;
  /**
   * Classifier-free guidance (Ho & Salimans 2022, eq. 6): output = u + scale (c - u), u for `unconditional`. Default:
   * no guidance.
   */
  readonly guidance?: {
    /** 0 leaves the condition out of account, 1 is the condition alone, more pulls further away from the unconditional. */
    readonly scale: number;
    /** The condition that says nothing, of the same form. */
    readonly unconditional: Condition;
  };
  /** Extra calls at each step, each on x0 as just predicted and noised anew to the same level (after Fu et al. 2023). Default 0. */
  readonly recycling?: number;
  /**
   * Starts here instead of from noise; already at the noise level of the first step. Not disposed. Default: noise of
   * `random`.
   */
  readonly initial?: tf.Tensor;
  /**
   * Goes on from what `saveSampling` gave; shape, scheduler and steps must be those of then. Default: from the
   * beginning.
   */
  readonly resume?: SavedSampling;
}

const optionNames: OptionNames<SampleOptions<unknown>> & { readonly onStep: true } = {
  shape: true,
  condition: true,
  steps: true,
  random: true,
  signal: true,
  guidance: true,
  recycling: true,
  initial: true,
  resume: true,
  onStep: true,
};

/**
 * Samples step by step, from noise to x0. Memory stays flat: every tensor is the generator's, which disposes it at the
 * next iteration and at the end (also when the loop is left early). Between steps the event loop has its turn: frames are
 * drawn, and an abort is heard before the next step. Throws RangeError for arguments that do not fit and
 * for a network that returns NaN or infinity, naming the step; throws the signal's reason when aborted.
 *
 * @example
 * for await (const { step, total, x0 } of sample(denoiser, ddim(schedule), { shape, condition, steps: 10, random })) {
 *   console.log(step, total, await x0.data());
 * }
 */
export async function* sample<Condition>(
  denoiser: Denoiser<Condition>,
  scheduler: Scheduler,
  options: SampleOptions<Condition>,
): AsyncGenerator<SampleStep, void, void> {
  requireSampleOptions(denoiser, scheduler, options, optionNames);
  const { steps, signal, recycling = 0, guidance } = options;
  const shape = requireShape(options.shape);
  requireInteger('sample: recycling', recycling, 0);
  if (guidance !== undefined && !Number.isFinite(guidance.scale)) {
    throw new RangeError(`sample: guidance.scale must be a finite number, got ${guidance.scale}`);
  }
  const plan = scheduler.plan(steps);
  const total = plan.timesteps.length;
  const random = memberNoise(options.random, shape[0]);
  const held = begin(plan, shape, options, random);
  try {
    while (held.state.index < total) {
      signal?.throwIfAborted();
      const { index } = held.state;
      const t = plan.timesteps[index]!;
      const next = tidy(() => {
        let { x, x0 } = held;
        let output = predict(denoiser, plan, index, x, x0, options);
        for (let pass = 0; pass < recycling; pass++) {
          const guess = plan.step(held.state, output, x, random).x0;
          const level = plan.noiseLevel(index);
          x = combine([level.signal, guess], [level.noise, normalTensor<tf.Rank.R4>(random, shape)]);
          x0 = guess;
          output = predict(denoiser, plan, index, x, x0, options);
        }
        const finite = tf.sum(tf.mul(output, 0)); // 0, or NaN if any value is NaN or infinite
        return { ...plan.step(held.state, output, x, random), finite };
      });
      const [finite] = await next.finite.data();
      next.finite.dispose();
      release(held);
      Object.assign(held, { x: next.prev, x0: next.x0, state: next.state });
      if (finite !== 0) {
        throw new RangeError(
          `sample: the denoiser must return finite numbers, got NaN or infinity at step ${index + 1} of ${total} (t = ${t})`,
        );
      }
      yield { step: index + 1, total, t, x: held.x, x0: next.x0, state: held.state };
      await nextTask();
    }
  } finally {
    release(held);
  }
}

/**
 * Samples to the end and returns the last prediction of x0, [B, H, W, C], which is the caller's to dispose.
 * `onStep` is told of each step. Errors as {@link sample}.
 *
 * @example const mask = await sampleToEnd(denoiser, scheduler, { shape, condition, steps: 3, random });
 */
export async function sampleToEnd<Condition>(
  denoiser: Denoiser<Condition>,
  scheduler: Scheduler,
  options: SampleOptions<Condition> & {
    /** Told of each step; its tensors live until the next one. Default none. */
    readonly onStep?: (step: SampleStep) => void;
  },
): Promise<tf.Tensor4D> {
  let result: tf.Tensor4D | undefined;
  try {
    for await (const step of sample(denoiser, scheduler, options)) {
      options.onStep?.(step);
      if (step.step === step.total) result = tf.clone(step.x0);
    }
  } catch (error) {
    result?.dispose();
    throw error;
  }
  if (result === undefined) throw new RangeError('sampleToEnd: the saved sampling was already at its end, got no step');
  return result;
}

interface Held {
  x: tf.Tensor4D;
  x0: tf.Tensor4D | null;
  state: SchedulerState;
}

type Shape = [batch: number, height: number, width: number, channels: number];

function requireShape(shape: readonly number[] | undefined): Shape {
  if (shape?.length !== 4 || shape.some((size) => !Number.isInteger(size) || size < 1)) {
    throw new RangeError(`sample: shape must be [batch, height, width, channels], each at least 1, got [${shape}]`);
  }
  return [...shape] as Shape;
}

function begin<Condition>(
  plan: SamplingPlan,
  shape: Shape,
  options: SampleOptions<Condition>,
  random: NoiseSource,
): Held {
  const { resume, initial } = options;
  if (resume !== undefined) return restoreSampling(resume, plan, shape);
  if (initial !== undefined && initial.shape.join() !== shape.join()) {
    throw new RangeError(`sample: initial must have the shape [${shape}], got [${initial.shape}]`);
  }
  const x = tf.tidy(() =>
    initial === undefined
      ? combine([plan.initialNoiseScale, normalTensor<tf.Rank.R4>(random, shape)])
      : (tf.clone(initial) as tf.Tensor4D),
  );
  return { x, x0: null, state: plan.start() };
}

function predict<Condition>(
  denoiser: Denoiser<Condition>,
  plan: SamplingPlan,
  index: number,
  x: tf.Tensor4D,
  x0: tf.Tensor4D | null,
  { condition, guidance }: SampleOptions<Condition>,
): tf.Tensor4D {
  const input = combine([plan.inputScale(index), x]);
  const t = plan.timesteps[index]!;
  const whole = plan.timesteps.every(Number.isInteger);
  const time = tf.tensor1d(new Array<number>(x.shape[0]).fill(t), whole ? 'int32' : 'float32');
  const previous = x0 ?? tf.zerosLike(x);
  const call = (given: Condition): tf.Tensor4D => {
    const output = denoiser(input, time, given, previous);
    requireTensor("sample: the denoiser's output", output, '[B, H, W, C]');
    return output;
  };
  const conditional = call(condition);
  if (guidance === undefined) return conditional;
  return combine([guidance.scale, conditional], [1 - guidance.scale, call(guidance.unconditional)]);
}

function release(held: Held): void {
  dispose([held.x, held.x0, held.state.history]);
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  addNoise,
  linearSchedule,
  type NoiseSource,
  readSchedulerConfig,
  type Schedule,
  type Scheduler,
  type SchedulerConfig,
  type StepOptions,
  velocity,
} from '@medseg/diffusion';
import { tidy } from '@medseg/ops';
import * as tf from '@tensorflow/tfjs-core';
import { startBackend } from './backends.ts';
import type { ParityCheck, ParityLine } from './line.ts';

interface Run {
  readonly scheduler: string;
  readonly config: SchedulerConfig;
  readonly steps: number;
  readonly step_options?: Readonly<Record<string, number | boolean>>;
  readonly timesteps: readonly number[];
  readonly noises_used?: number;
  readonly trajectory: readonly (readonly number[])[];
  readonly trajectory_indices: readonly number[];
  readonly tolerance: number;
}

interface Table {
  readonly config: SchedulerConfig;
  readonly betas: readonly number[];
  readonly alphas_cumprod: readonly number[];
  readonly indices: readonly number[];
}

interface Fixture {
  readonly start: readonly number[];
  readonly noises: readonly (readonly number[])[];
  readonly forward?: {
    readonly config: SchedulerConfig;
    readonly samples: readonly { t: number; add_noise: readonly number[]; velocity: readonly number[] }[];
  };
  readonly schedules?: Readonly<Record<string, Table>>;
  readonly runs: readonly Run[];
}

/** Every table, forward sample, timestep list and trajectory of a folder's scheduler fixtures against `@medseg/diffusion`. */
export const checkSchedulers: ParityCheck = async function* (fixtures, backends) {
  await startBackend(backends[0]!); // small tensors of one shape: one backend shows it
  for (const file of readdirSync(fixtures).sort()) {
    if (file.endsWith('.json')) yield* checkFixture(join(fixtures, file));
  }
};

async function* checkFixture(file: string): AsyncGenerator<ParityLine> {
  // Python writes NaN and Infinity, which JSON does not know.
  const text = readFileSync(file, 'utf8').replace(/(?<=[[:,\s])(-?Infinity|NaN)(?=[\],}\s])/g, '"$1"');
  const fixture = JSON.parse(text) as Fixture;
  if (!Array.isArray(fixture.runs) || !Array.isArray(fixture.noises)) return; // a fixture of another kind
  for (const [name, table] of Object.entries(fixture.schedules ?? {})) yield* checkTable(name, table);
  if (fixture.forward !== undefined) yield* checkForward(fixture, fixture.forward);
  for (const run of fixture.runs as readonly Run[]) {
    try {
      yield* checkRun(fixture, run);
    } catch (error) {
      const name = `${nameOf(run)}: refused: ${error instanceof Error ? error.message : String(error)}`;
      // Where the reference goes on with NaN or infinities, saying so is right; where it gives numbers, it is not.
      const breaksDown = run.trajectory.some((x) => x.some((value) => !Number.isFinite(Number(value))));
      yield { name, error: breaksDown ? 0 : Number.POSITIVE_INFINITY, tolerance: run.tolerance };
    }
  }
}

/** Largest absolute difference, over the largest absolute reference or 1. */
function trajectoryError(ours: ArrayLike<number>, reference: ArrayLike<number>): number {
  let difference = ours.length === reference.length ? 0 : Number.NaN;
  let scale = 1;
  for (let i = 0; i < reference.length; i++) {
    const expected = Number(reference[i]);
    if (!Number.isFinite(expected)) continue; // the reference itself breaks down here
    const error = Math.abs(ours[i]! - expected);
    if (!(error <= difference)) difference = error;
    scale = Math.max(scale, Math.abs(expected));
  }
  return difference / scale;
}

function* checkTable(name: string, { config, betas, alphas_cumprod, indices }: Table): Generator<ParityLine> {
  const schedule = scheduleOf(config);
  const relative = (ours: Float64Array, reference: readonly number[]): number =>
    indices.reduce((worst, at, i) => {
      const error = Math.abs(ours[at]! - reference[i]!) / Math.max(Math.abs(reference[i]!), Number.MIN_VALUE);
      return Math.max(worst, error);
    }, 0);
  yield { name: `schedule ${name}: betas`, error: relative(schedule.betas, betas), tolerance: 1e-4 };
  yield {
    name: `schedule ${name}: alphasCumprod`,
    error: relative(schedule.alphasCumprod, alphas_cumprod),
    tolerance: 1e-4,
  };
}

function* checkForward(fixture: Fixture, forward: NonNullable<Fixture['forward']>): Generator<ParityLine> {
  const schedule = scheduleOf(forward.config);
  const [start, noise] = [tensorOf(fixture.start), tensorOf(fixture.noises[0]!)];
  for (const sample of forward.samples) {
    const noisy = addNoise(schedule, start, noise, [sample.t]);
    const v = velocity(schedule, start, noise, [sample.t]);
    yield {
      name: `add noise at ${sample.t}`,
      error: trajectoryError(noisy.dataSync(), sample.add_noise),
      tolerance: 1e-5,
    };
    yield { name: `velocity at ${sample.t}`, error: trajectoryError(v.dataSync(), sample.velocity), tolerance: 1e-5 };
    tf.dispose([noisy, v]);
  }
  tf.dispose([start, noise]);
}

function* checkRun(fixture: Fixture, run: Run): Generator<ParityLine> {
  const name = nameOf(run);
  const scheduler = schedulerOf(run);
  const plan = scheduler.plan(run.steps);
  // diffusers cuts the timesteps of spaced sigmas down to whole numbers: 998.99999 or 999 by the last bit of a float32.
  const spaced = ['use_karras_sigmas', 'use_exponential_sigmas', 'use_beta_sigmas', 'use_lu_lambdas'];
  const cut = spaced.some((key) => run.config[key] === true);
  const tolerance = cut ? 1.001 / Math.max(1, ...run.timesteps) : 1e-4;
  yield { name: `${name}: timesteps`, error: trajectoryError(plan.timesteps, run.timesteps), tolerance };
  const recorded = new Map(run.trajectory_indices.map((index, i) => [index, run.trajectory[i]!]));
  let draws = 0;
  const random: NoiseSource = {
    fillNormal: (values) => {
      values.set(fixture.noises[draws++]!);
      return values;
    },
  };
  let x = tf.tidy(() => tf.mul<tf.Tensor4D>(tensorOf(fixture.start), plan.initialNoiseScale));
  let state = plan.start();
  const ours: number[] = [];
  const reference: number[] = [];
  const record = (index: number): void => {
    const expected = recorded.get(index);
    if (expected === undefined) return;
    ours.push(...x.dataSync());
    reference.push(...expected);
  };
  record(0);
  for (let index = 0; index < plan.timesteps.length; index++) {
    const next = tidy(() => {
      const output = standIn(tf.mul(x, plan.inputScale(index)), plan.timesteps[index]!);
      return plan.step(state, output, x, random);
    });
    tf.dispose([x, next.x0, ...state.history]);
    ({ prev: x, state } = next);
    record(index + 1);
  }
  tf.dispose([x, ...state.history]);
  yield { name: `${name}: trajectory`, error: trajectoryError(ours, reference), tolerance: run.tolerance };
  if (run.noises_used !== undefined) {
    yield { name: `${name}: draws`, error: Math.abs(draws - run.noises_used), tolerance: 0 };
  }
}

function nameOf(run: Run): string {
  const options = Object.entries({ ...run.config, ...run.step_options, steps: run.steps })
    .filter(([key]) => !['num_train_timesteps', 'beta_start', 'beta_end'].includes(key))
    .map(([key, value]) => `${key} ${Array.isArray(value) ? `(${value.length})` : JSON.stringify(value)}`);
  return `${run.scheduler} ${options.join(', ')}`;
}

/** The analytic network of the fixture: f(x, t) = 0.6 x + 0.3 sin(3 x) + 0.2 cos(t / 90). */
function standIn(x: tf.Tensor4D, t: number): tf.Tensor4D {
  const values = x.dataSync().map((v) => 0.6 * v + 0.3 * Math.sin(3 * v) + 0.2 * Math.cos(t / 90));
  return tf.tensor4d(values, x.shape);
}

function schedulerOf({ scheduler, config, step_options = {} }: Run): Scheduler {
  const names: Record<string, keyof StepOptions> = {
    eta: 'eta',
    use_clipped_model_output: 'useClippedOutput',
    s_churn: 'churn',
    s_noise: 'churnNoise',
    mu: 'mu',
  };
  const { s_tmin: from = 0, s_tmax: to = Number.POSITIVE_INFINITY, ...rest } = step_options;
  const options = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => {
      const ours = names[key];
      if (ours === undefined) throw new RangeError(`parity: step option ${key} is not known`);
      return [ours, value];
    }),
  );
  return readSchedulerConfig(
    { ...config, _class_name: scheduler },
    scheduler === 'EulerDiscreteScheduler' ? { ...options, churnRange: [Number(from), Number(to)] } : options,
  );
}

function scheduleOf(config: SchedulerConfig): Schedule {
  return readSchedulerConfig({ ...config, _class_name: 'DDPMScheduler' }).schedule ?? linearSchedule();
}

function tensorOf(values: readonly number[]): tf.Tensor4D {
  return tf.tensor4d(Float32Array.from(values), [1, 1, values.length, 1]);
}

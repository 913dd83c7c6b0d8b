import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import {
  cosineSchedule,
  ddim,
  ddpm,
  dpmSolver,
  linearSchedule,
  type PredictionType,
  type Schedule,
  type Scheduler,
  scaledLinearSchedule,
  unipc,
} from '@medseg/diffusion';

/** The diffusion process that a network was trained on. */
export interface ProcessInfo {
  /** Name of the noise schedule. */
  readonly schedule: ScheduleName;
  /** Training steps T. */
  readonly timesteps: number;
  /** What the network's output means. */
  readonly prediction: PredictionType;
}

/** The process that `train` trains on. */
export const ANCHORED_PROCESS: ProcessInfo = { schedule: 'cosine', timesteps: 1000, prediction: 'sample' };

const SCHEDULES = {
  cosine: (steps: number) => cosineSchedule({ steps }),
  linear: (steps: number) => linearSchedule({ steps }),
  'linear-scaled': (steps: number) => linearSchedule({ steps, scaleToSteps: true }),
  quadratic: (steps: number) => scaledLinearSchedule({ steps }),
} satisfies Record<string, (steps: number) => Schedule>;

/** The name of a noise schedule. */
export type ScheduleName = keyof typeof SCHEDULES;
/** The names of all noise schedules. */
export const SCHEDULE_NAMES = Object.keys(SCHEDULES) as [ScheduleName, ...ScheduleName[]];

/** Of the samplers, `ddim` draws noise once, `ddpm` at every step, the solvers want fewer steps for the same path. */
export const SCHEDULER_NAMES = ['ddim', 'ddpm', 'dpm-solver', 'unipc'] as const;
/** The name of a sampler. */
export type SchedulerName = (typeof SCHEDULER_NAMES)[number];

/** Throws RangeError where the schedule cannot have so many steps. */
export function createSchedule(processInfo: ProcessInfo): Schedule {
  requireObject('createSchedule: processInfo', processInfo, ['schedule', 'timesteps', 'prediction']);
  const { schedule, timesteps } = processInfo;
  return SCHEDULES[schedule](timesteps);
}

const createSchedulerOptionNames: OptionNames<NonNullable<Parameters<typeof createScheduler>[2]>> = {
  learnedVariance: true,
};

/** A sampler over a process, with trailing spacing, which suits few steps. `learnedVariance`: the network returns one. */
export function createScheduler(
  name: SchedulerName,
  process: ProcessInfo,
  given: {
    /** Whether the network returns a variance, which `ddpm` then takes. Default false. */
    learnedVariance?: boolean;
  } = {},
): Scheduler {
  requireObject('createScheduler: process', process, ['schedule', 'timesteps', 'prediction']);
  requireOptions('createScheduler', given, createSchedulerOptionNames);
  const { learnedVariance = false } = given;
  const schedule = createSchedule(process);
  const options = { predictionType: process.prediction, timestepSpacing: 'trailing', clipSample: true } as const;
  switch (name) {
    case 'ddim':
      return ddim(schedule, options);
    case 'ddpm':
      return ddpm(schedule, { ...options, varianceType: learnedVariance ? 'learned_range' : 'fixed_small' });
    case 'dpm-solver':
      return dpmSolver(schedule, options);
    case 'unipc':
      return unipc(schedule, options);
  }
}

/** The schedule whose betas these are, to float32's precision; undefined where it is none of ours. */
export function recogniseSchedule(betas: ArrayLike<number>): ScheduleName | undefined {
  return SCHEDULE_NAMES.find((name) => {
    let schedule: Schedule;
    try {
      schedule = SCHEDULES[name](betas.length);
    } catch {
      return false; // a schedule that cannot have so few steps
    }
    return schedule.betas.every((beta, i) => Math.abs(beta - betas[i]!) <= 1e-6 * beta + 1e-9);
  });
}

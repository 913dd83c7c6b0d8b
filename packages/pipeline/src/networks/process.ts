import { requireObject, requireOneOf } from '@medseg/arguments';
import {
  cosineSchedule,
  linearSchedule,
  type PredictionType,
  rescaleZeroTerminalSnr,
  type Schedule,
  scaledLinearSchedule,
  shiftForResolution,
} from '@medseg/diffusion';

/** The diffusion process that a network was trained on. */
export interface ProcessInfo {
  /** Name of the noise schedule. */
  readonly schedule: ScheduleName;
  /** Training steps T. */
  readonly timesteps: number;
  /** What samplers take the network's output for: of mask logits it is `sample`. */
  readonly prediction: PredictionType | 'flow';
  /** Whether the last step holds no signal (Lin et al. 2023). Default false. */
  readonly zeroTerminalSnr?: boolean | undefined;
  /** Sides of the images that the schedule was made for and is used for (Hoogeboom et al. 2023). Default: not shifted. */
  readonly shift?:
    | {
        /** Side of the images that the schedule was made for. */
        readonly from: number;
        /** Side of the images that are noised. */
        readonly to: number;
      }
    | undefined;
}

/** The process that `train` trains its default network on. */
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

/** Throws RangeError where the schedule cannot have so many steps. */
export function createSchedule(processInfo: ProcessInfo): Schedule {
  requireObject('createSchedule: processInfo', processInfo, ['schedule', 'timesteps', 'prediction']);
  const { schedule, timesteps, zeroTerminalSnr = false, shift } = processInfo;
  requireOneOf('createSchedule: schedule', schedule, SCHEDULE_NAMES);
  const plain = SCHEDULES[schedule](timesteps);
  const shifted = shift ? shiftForResolution(plain, shift) : plain;
  return zeroTerminalSnr ? rescaleZeroTerminalSnr(shifted) : shifted;
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

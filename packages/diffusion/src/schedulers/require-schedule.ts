import { kindOf } from '@medseg/ops';
import type { Schedule } from '../schedule/schedule.ts';

/** Throws TypeError where a scheduler is not given a schedule, such as its options in the schedule's place. */
export function requireSchedule(name: string, schedule: Schedule): void {
  if ((schedule as Partial<Schedule> | null | undefined)?.alphasCumprod instanceof Float64Array) return;
  throw new TypeError(
    `${name}: the first argument must be a schedule, such as cosineSchedule(), got ${kindOf(schedule)}`,
  );
}

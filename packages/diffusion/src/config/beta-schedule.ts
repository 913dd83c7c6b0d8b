import { cosineSchedule } from '../schedule/cosine.ts';
import { exponentialSchedule, laplaceSchedule } from '../schedule/laplace.ts';
import { linearSchedule, scaledLinearSchedule } from '../schedule/linear.ts';
import { type Schedule, scheduleFromBetas } from '../schedule/schedule.ts';
import { sigmoidBetaSchedule } from '../schedule/sigmoid.ts';
import { rescaleZeroTerminalSnr } from '../schedule/zero-terminal-snr.ts';
import type { ConfigValue, SchedulerConfig } from './fields.ts';

/** The schedule that a `scheduler_config.json` describes, with diffusers' defaults. Throws RangeError for one it cannot mean. */
export function scheduleFromConfig(config: SchedulerConfig): Schedule {
  const lcm = config._class_name === 'LCMScheduler';
  const late = lcm || config._class_name === 'HeunDiscreteScheduler';
  const steps = numberOf(config, 'num_train_timesteps', 1000);
  const range = {
    steps,
    betaStart: numberOf(config, 'beta_start', late ? 0.00085 : 1e-4),
    betaEnd: numberOf(config, 'beta_end', late ? 0.012 : 0.02),
  };
  const name = config.beta_schedule ?? (lcm ? 'scaled_linear' : 'linear');
  const makers: Record<string, () => Schedule> = {
    linear: () => linearSchedule(range),
    scaled_linear: () => scaledLinearSchedule(range),
    squaredcos_cap_v2: () => cosineSchedule({ steps }),
    sigmoid: () => sigmoidBetaSchedule(range),
    laplace: () => laplaceSchedule({ steps }),
    exp: () => exponentialSchedule({ steps }),
  };
  const make = Object.hasOwn(makers, String(name)) ? makers[String(name)] : undefined;
  if (make === undefined) {
    throw new RangeError(
      `scheduler config: beta_schedule must be one of ${Object.keys(makers).join(', ')}, got ${String(name)}`,
    );
  }
  const trained = config.trained_betas;
  const schedule = Array.isArray(trained)
    ? scheduleFromBetas(trained.map((beta: ConfigValue) => Number(beta)))
    : make();
  return config.rescale_betas_zero_snr === true ? rescaleZeroTerminalSnr(schedule) : schedule;
}

/** The keys that describe a schedule: by name where it has one, else beta by beta. */
export function configOfSchedule({ steps, betas, recipe }: Schedule): Record<string, ConfigValue> {
  if (recipe === undefined) return { num_train_timesteps: steps, trained_betas: Array.from(betas) };
  const { betaSchedule, betaStart, betaEnd, zeroTerminalSnr = false } = recipe;
  return {
    num_train_timesteps: steps,
    beta_schedule: betaSchedule,
    ...(betaStart === undefined ? {} : { beta_start: betaStart }),
    ...(betaEnd === undefined ? {} : { beta_end: betaEnd }),
    ...(zeroTerminalSnr ? { rescale_betas_zero_snr: true } : {}),
  };
}

function numberOf(config: SchedulerConfig, key: string, fallback: number): number {
  const value = config[key] ?? fallback;
  if (typeof value !== 'number')
    throw new RangeError(`scheduler config: ${key} must be a number, got ${String(value)}`);
  return value;
}

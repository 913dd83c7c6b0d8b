import { requireObject } from '@medseg/arguments';
import { type OptionNames, requireOptions } from '@medseg/ops';
import type { Schedule } from '../schedule/schedule.ts';
import { ddim, ddimOptionNames } from '../schedulers/ddim.ts';
import { ddimInversion, ddimInversionOptionNames } from '../schedulers/ddim-inversion.ts';
import { ddpm, ddpmOptionNames } from '../schedulers/ddpm.ts';
import { dpmSolver, dpmSolverOptionNames } from '../schedulers/dpm-solver.ts';
import { euler, eulerOptionNames } from '../schedulers/euler.ts';
import { eulerAncestral, eulerAncestralOptionNames } from '../schedulers/euler-ancestral.ts';
import { type FlowMatchingOptions, flowMatching, flowMatchingOptionNames } from '../schedulers/flow-matching.ts';
import { heun, heunOptionNames } from '../schedulers/heun.ts';
import { lcm, lcmOptionNames } from '../schedulers/lcm.ts';
import type { Scheduler } from '../schedulers/scheduler.ts';
import { unipc, unipcOptionNames } from '../schedulers/unipc.ts';
import { configOfSchedule, scheduleFromConfig } from './beta-schedule.ts';
import { type ConfigValue, type Field, fieldsOf, fromTheirs, type SchedulerConfig, toTheirs } from './fields.ts';
import { formatPythonJson, parsePythonJson } from './python-json.ts';

/** Our schedulers by diffusers' class names. */
const classes: Readonly<Record<string, (schedule: Schedule, options: object) => Scheduler>> = {
  DDPMScheduler: ddpm,
  DDIMScheduler: ddim,
  DDIMInverseScheduler: ddimInversion,
  DPMSolverMultistepScheduler: dpmSolver,
  UniPCMultistepScheduler: unipc,
  EulerDiscreteScheduler: euler,
  EulerAncestralDiscreteScheduler: eulerAncestral,
  HeunDiscreteScheduler: heun,
  LCMScheduler: lcm,
  FlowMatchEulerDiscreteScheduler: (_, options) => flowMatching(options),
};

const nameOf: Readonly<Record<string, string>> = {
  DDPMScheduler: 'ddpm',
  DDIMScheduler: 'ddim',
  DDIMInverseScheduler: 'ddimInversion',
  DPMSolverMultistepScheduler: 'dpmSolver',
  UniPCMultistepScheduler: 'unipc',
  EulerDiscreteScheduler: 'euler',
  EulerAncestralDiscreteScheduler: 'eulerAncestral',
  HeunDiscreteScheduler: 'heun',
  LCMScheduler: 'lcm',
  FlowMatchEulerDiscreteScheduler: 'flowMatching',
};

const optionNamesOf: Readonly<Record<string, Readonly<Record<string, true>>>> = {
  ddpm: ddpmOptionNames,
  ddim: ddimOptionNames,
  ddimInversion: ddimInversionOptionNames,
  dpmSolver: dpmSolverOptionNames,
  unipc: unipcOptionNames,
  euler: eulerOptionNames,
  eulerAncestral: eulerAncestralOptionNames,
  heun: heunOptionNames,
  lcm: lcmOptionNames,
  flowMatching: flowMatchingOptionNames,
};

const spacedBy = {
  karras: 'use_karras_sigmas',
  exponential: 'use_exponential_sigmas',
  beta: 'use_beta_sigmas',
  lu: 'use_lu_lambdas',
};

/** What diffusers passes to each step or to `set_timesteps` and so does not write to its configuration. */
export interface StepOptions {
  /** DDIM: see `DdimOptions.eta`. Default 0. */
  readonly eta?: number;
  /** DDIM: see `DdimOptions.useClippedOutput`. Default false. */
  readonly useClippedOutput?: boolean;
  /** Euler: see `EulerOptions.churn`. Default 0. */
  readonly churn?: number;
  /** Euler: see `EulerOptions.churnRange`. Default [0, Infinity]. */
  readonly churnRange?: readonly [number, number];
  /** Euler: see `EulerOptions.churnNoise`. Default 1. */
  readonly churnNoise?: number;
  /**
   * Flow matching: see `FlowMatchingOptions.dynamicShift`. Needed where the configuration has `use_dynamic_shifting`.
   * Default none.
   */
  readonly mu?: number;
}

const stepOptionNames: OptionNames<StepOptions> = {
  eta: true,
  useClippedOutput: true,
  churn: true,
  churnRange: true,
  churnNoise: true,
  mu: true,
};

/** Marks, under a name that diffusers passes over in silence, the configuration of a scheduler that keeps to our own numbers. */
const ownNumbers = '_own_numbers';

/**
 * Makes the scheduler that a `scheduler_config.json` of diffusers describes: parsed, or its text as Python writes it, with
 * `-Infinity`, `Infinity` and `NaN`, which JSON.parse does not know. Missing keys get diffusers' defaults, keys that its
 * class does not have are passed over, as there. Throws RangeError for a class that is not here, naming those that are,
 * for values out of range, and for text that is no JSON object.
 * The scheduler follows diffusers to the letter (`DiscreteOptions.matchDiffusers`), unless `writeSchedulerConfig` wrote
 * the configuration of one that does not and marked it so.
 *
 * @example const scheduler = readSchedulerConfig(await readFile('scheduler_config.json', 'utf8'));
 */
export function readSchedulerConfig(configOrText: SchedulerConfig | string, stepOptions: StepOptions = {}): Scheduler {
  const config = typeof configOrText === 'string' ? parseConfig(configOrText) : configOrText;
  requireObject('readSchedulerConfig: config', config, []);
  const className = String(config._class_name);
  const make = Object.hasOwn(classes, className) ? classes[className] : undefined;
  const name = nameOf[className];
  if (make === undefined || name === undefined) {
    throw new RangeError(
      `scheduler config: _class_name must be one of ${Object.keys(classes).join(', ')}, got ${className}`,
    );
  }
  requireOptions('readSchedulerConfig', stepOptions, stepOptionNames);
  const { mu, ...rest } = stepOptions;
  const known = optionNamesOf[name]!;
  const options: Record<string, unknown> = {};
  if ('matchDiffusers' in known) options.matchDiffusers = config[ownNumbers] !== true;
  for (const field of fieldsOf[name]!) {
    const value = fromTheirs(field, config[field.key] === undefined ? field.fallback : config[field.key]!);
    if (value !== undefined) options[field.option] = value;
  }
  for (const [spacing, key] of Object.entries(spacedBy)) {
    if (config[key] !== true || !('sigmaSpacing' in known)) continue;
    if (options.sigmaSpacing !== undefined) {
      throw new RangeError(
        `scheduler config: ${key} and ${spacedBy[options.sigmaSpacing as 'karras']} exclude each other, got both`,
      );
    }
    options.sigmaSpacing = spacing;
  }
  const isFlow = 'flowShift' in known;
  if (isFlow && config.use_flow_sigmas === true) options.flowShift = config.flow_shift ?? 1;
  if (name === 'flowMatching') return flowMatching({ ...options, ...rest, ...dynamicShiftOf(config, mu) });
  if (isFlow && config.use_dynamic_shifting === true && mu !== undefined) options.flowShift = Math.exp(mu);
  return make(scheduleFromConfig(config), { ...options, ...rest });
}

function parseConfig(text: string): SchedulerConfig {
  const config = parsePythonJson(text);
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new RangeError(`scheduler config: must be a JSON object, got ${JSON.stringify(text.slice(0, 60))}`);
  }
  return config as SchedulerConfig;
}

function dynamicShiftOf(config: SchedulerConfig, mu: number | undefined): Pick<FlowMatchingOptions, 'dynamicShift'> {
  if (config.use_dynamic_shifting !== true) return {};
  if (mu === undefined) throw new RangeError('scheduler config: use_dynamic_shifting needs mu, got none');
  return { dynamicShift: { mu, type: config.time_shift_type === 'linear' ? 'linear' : 'exponential' } };
}

/**
 * The `scheduler_config.json` of a scheduler, for diffusers to read. What diffusers does not keep there (eta, churn)
 * is left out, and so is a default that JSON has no number for (the minus infinity of `lambda_min_clipped`), so that
 * JSON.stringify may write it. Throws RangeError for options that diffusers cannot express.
 *
 * @example const { prediction_type } = writeSchedulerConfig(scheduler);
 */
export function writeSchedulerConfig(scheduler: Scheduler): SchedulerConfig {
  requireObject('writeSchedulerConfig: scheduler', scheduler, ['name', 'predictionType', 'schedule', 'options']);
  const config = configOf(scheduler);
  const isWritten = ([key, value]: [string, ConfigValue]): boolean =>
    typeof value !== 'number' ||
    Number.isFinite(value) ||
    !fieldsOf[scheduler.name]!.some((field) => field.key === key && field.fallback === value);
  return Object.fromEntries(Object.entries(config).filter(isWritten));
}

/**
 * The text of the `scheduler_config.json` of a scheduler as diffusers itself writes it: every key, sorted, and minus
 * infinity as Python's `-Infinity`. Throws RangeError for options that diffusers cannot express.
 *
 * @example await writeFile('scheduler_config.json', formatSchedulerConfig(scheduler));
 */
export function formatSchedulerConfig(scheduler: Scheduler): string {
  requireObject('formatSchedulerConfig: scheduler', scheduler, ['name', 'predictionType', 'schedule', 'options']);
  return `${formatPythonJson(configOf(scheduler))}\n`;
}

function configOf(scheduler: Scheduler): SchedulerConfig {
  const className = Object.keys(nameOf).find((key) => nameOf[key] === scheduler.name);
  if (className === undefined) throw new RangeError(`scheduler config: diffusers has no class for ${scheduler.name}`);
  const options = scheduler.options as Readonly<Record<string, ConfigValue | undefined>>;
  const config: Record<string, ConfigValue> = { _class_name: className };
  if (scheduler.schedule !== null) Object.assign(config, configOfSchedule(scheduler.schedule));
  const fields = fieldsOf[scheduler.name]!;
  for (const field of fields) {
    const ours = options[field.option];
    config[field.key] = ours === undefined ? field.fallback : toTheirs(field, ours);
  }
  if (scheduler.name === 'ddimInversion') config.clip_sample = options.clipSample ?? false;
  if (scheduler.schedule !== null && options.matchDiffusers !== true) config[ownNumbers] = true;
  requireExpressible(className, fields, options);
  const { sigmaSpacing, flowShift } = options;
  if (typeof sigmaSpacing === 'string') config[spacedBy[sigmaSpacing as keyof typeof spacedBy]] = true;
  if (typeof flowShift === 'number') Object.assign(config, { use_flow_sigmas: true, flow_shift: flowShift });
  const dynamicShift = (scheduler.options as FlowMatchingOptions).dynamicShift;
  if (dynamicShift !== undefined) {
    Object.assign(config, { use_dynamic_shifting: true, time_shift_type: dynamicShift.type ?? 'exponential' });
  }
  return config;
}

const unwritten = ['matchDiffusers', 'eta', 'useClippedOutput', 'churn', 'churnRange', 'churnNoise'];
const elsewhere = ['sigmaSpacing', 'flowShift', 'dynamicShift'];

function requireExpressible(
  className: string,
  fields: readonly Field[],
  options: Readonly<Record<string, ConfigValue | undefined>>,
): void {
  const known = new Set([...fields.map((field) => field.option), ...unwritten, ...elsewhere]);
  const lost = Object.keys(options).filter(
    (key) => !known.has(key) && options[key] !== undefined && options[key] !== false,
  );
  if (lost.length > 0) {
    throw new RangeError(
      `scheduler config: ${className} cannot hold ${lost.join(', ')}; in place of clipSample, thresholding with sampleMaxValue 1 clips to ±1`,
    );
  }
}

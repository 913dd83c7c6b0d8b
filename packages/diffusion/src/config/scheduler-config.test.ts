import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { cosineSchedule, linearSchedule } from '../schedule.ts';
import { ddim } from '../schedulers/ddim.ts';
import { ddimInversion } from '../schedulers/ddim-inversion.ts';
import { ddpm } from '../schedulers/ddpm.ts';
import { dpmSolver } from '../schedulers/dpm-solver.ts';
import { euler } from '../schedulers/euler.ts';
import { eulerAncestral } from '../schedulers/euler-ancestral.ts';
import { flowMatching } from '../schedulers/flow-matching.ts';
import { heun } from '../schedulers/heun.ts';
import { lcm } from '../schedulers/lcm.ts';
import type { Scheduler } from '../schedulers/scheduler.ts';
import { unipc } from '../schedulers/unipc.ts';
import type { ConfigValue, SchedulerConfig } from './fields.ts';
import { formatSchedulerConfig, readSchedulerConfig, writeSchedulerConfig } from './scheduler-config.ts';

const schedule = linearSchedule();

describe('readSchedulerConfig of a text', () => {
  it('takes what Python writes', () => {
    const text = `{
  "_class_name": "DPMSolverMultistepScheduler",
  "_diffusers_version": "0.42.1",
  "beta_schedule": "squaredcos_cap_v2",
  "lambda_min_clipped": -Infinity,
  "prediction_type": "v_prediction",
  "solver_type": "midpoint",
  "trained_betas": null
}
`;
    expect(readSchedulerConfig(text).options).toMatchObject({
      lambdaMinClipped: Number.NEGATIVE_INFINITY,
      predictionType: 'v_prediction',
      solverType: 'midpoint',
    });
    const clipped = readSchedulerConfig(text.replace('-Infinity', '-5.1'));
    expect(clipped.options).toMatchObject({ lambdaMinClipped: -5.1 });
  });

  it('reads the tokens outside of strings alone', () => {
    const tokens = '[Infinity, -Infinity,NaN, -1e3, "NaN", "a\\"Infinity", "\\\\", "sNaN"]';
    const text = `{"_class_name": "DDIMScheduler", "sNaN": {"__proto__": NaN}, "prediction_type": "-Infinity", "x": ${tokens}}`;
    expect(() => readSchedulerConfig(text)).toThrow(/predictionType.*got -Infinity/i);
    const options = { ...readSchedulerConfig(text.replace('"-Infinity"', '"sample"')).options };
    expect(options).toMatchObject({ predictionType: 'sample' });
  });

  it.each([
    ['', /must be JSON as Python writes it, got "" of 0 characters/],
    ['{"_class_name": "DDIMScheduler"', /must be JSON as Python writes it/],
    ['{"_class_name": 1NaN}', /must be JSON as Python writes it/],
    ['[]', /must be a JSON object, got "\[\]"/],
    ['NaN', /must be a JSON object, got "NaN"/],
    ['{"_class_name": "constructor"}', /_class_name must be one of .*, got constructor/],
    [
      '{"_class_name": "DDIMScheduler", "beta_schedule": "constructor"}',
      /beta_schedule must be one of .*, got constructor/,
    ],
  ])('refuses %j', (text, message) => {
    expect(() => readSchedulerConfig(text)).toThrow(RangeError);
    expect(() => readSchedulerConfig(text)).toThrow(message);
  });

  it.each<[SchedulerConfig, object]>([
    [{ _class_name: 'EulerDiscreteScheduler', prediction_type: 'original_sample' }, { predictionType: 'sample' }],
    [{ _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'deis' }, { algorithm: 'dpmsolver++' }],
    [{ _class_name: 'DPMSolverMultistepScheduler', solver_type: 'logrho' }, { solverType: 'midpoint' }],
    [{ _class_name: 'DPMSolverMultistepScheduler', variance_type: 'learned_range' }, { learnedVariance: true }],
    [
      { _class_name: 'DPMSolverMultistepScheduler', lambda_min_clipped: '-Infinity' },
      { lambdaMinClipped: Number.NEGATIVE_INFINITY },
    ],
    [
      { _class_name: 'DPMSolverMultistepScheduler', lambda_min_clipped: null },
      { lambdaMinClipped: Number.NEGATIVE_INFINITY },
    ],
    [{ _class_name: 'UniPCMultistepScheduler', solver_type: 'midpoint' }, { solverType: 'bh2' }],
  ])('reads %j, which diffusers takes too', (config, options) => {
    expect(readSchedulerConfig(config).options).toMatchObject(options);
  });
});

/** Schedulers, with what diffusers must find in their configurations. */
const written: readonly [Scheduler, Record<string, ConfigValue>][] = [
  [ddpm(schedule, { predictionType: 'sample' }), { prediction_type: 'sample' }],
  [ddim(cosineSchedule(), { predictionType: 'sample' }), { prediction_type: 'sample' }],
  [ddimInversion(schedule, { predictionType: 'v_prediction' }), { prediction_type: 'v_prediction' }],
  [
    dpmSolver(schedule, { predictionType: 'sample', learnedVariance: true }),
    { prediction_type: 'sample', algorithm_type: 'dpmsolver++', solver_type: 'midpoint', variance_type: 'learned' },
  ],
  [
    dpmSolver(schedule, { algorithm: 'sde-dpmsolver++', solverType: 'heun', lambdaMinClipped: -5.1 }),
    { algorithm_type: 'sde-dpmsolver++', solver_type: 'heun', lambda_min_clipped: -5.1, variance_type: null },
  ],
  [unipc(schedule, { predictionType: 'sample' }), { prediction_type: 'sample', solver_type: 'bh2' }],
  [unipc(schedule, { solverType: 'bh1' }), { prediction_type: 'epsilon', solver_type: 'bh1' }],
  [
    euler(schedule, { predictionType: 'sample', logLinear: true }),
    { prediction_type: 'sample', interpolation_type: 'log_linear', timestep_type: 'discrete' },
  ],
  [eulerAncestral(schedule), { prediction_type: 'epsilon' }],
  [heun(schedule), { prediction_type: 'epsilon' }],
  [lcm(schedule, { predictionType: 'sample' }), { prediction_type: 'sample' }],
  [flowMatching({ shift: 3 }), { shift: 3 }],
];

describe('a configuration that is written', () => {
  it.each(written)('$name has the names of diffusers: %#', (scheduler, expected) => {
    const config = writeSchedulerConfig(scheduler);
    expect(config).toMatchObject(expected);
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
    const text = formatSchedulerConfig(scheduler);
    expect(formatSchedulerConfig(readSchedulerConfig(text))).toBe(text);
  });

  it('holds minus infinity as Python does, and JSON leaves it to diffusers', () => {
    const scheduler = dpmSolver(schedule);
    expect(formatSchedulerConfig(scheduler)).toContain('\n  "lambda_min_clipped": -Infinity,\n');
    expect(writeSchedulerConfig(scheduler)).not.toHaveProperty('lambda_min_clipped');
  });

  it('is laid out as diffusers lays it out', () => {
    expect(formatSchedulerConfig(unipc(schedule, { disableCorrector: [0, 2] }))).toBe(`{
  "_class_name": "UniPCMultistepScheduler",
  "_own_numbers": true,
  "beta_end": 0.02,
  "beta_schedule": "linear",
  "beta_start": 0.0001,
  "disable_corrector": [
    0,
    2
  ],
  "dynamic_thresholding_ratio": 0.995,
  "final_sigmas_type": "zero",
  "lower_order_final": true,
  "num_train_timesteps": 1000,
  "predict_x0": true,
  "prediction_type": "epsilon",
  "sample_max_value": 1,
  "sigma_max": null,
  "sigma_min": null,
  "solver_order": 2,
  "solver_type": "bh2",
  "steps_offset": 0,
  "thresholding": false,
  "timestep_spacing": "linspace"
}
`);
  });

  it('is accepted by diffusers, where MEDSEG_PYTHON names a Python that has it', () => {
    if (process.env.MEDSEG_PYTHON === undefined) return;
    const forms = [formatSchedulerConfig, (scheduler: Scheduler) => JSON.stringify(writeSchedulerConfig(scheduler))];
    const input = JSON.stringify(forms.flatMap((form) => written.map(([scheduler]) => form(scheduler))));
    const { status, stdout, stderr } = spawnSync(process.env.MEDSEG_PYTHON, ['-c', program], {
      input,
      encoding: 'utf8',
    });
    if (/No module named 'diffusers'/.test(stderr)) return;
    expect(status, stderr).toBe(0);
    const configs = JSON.parse(stdout) as SchedulerConfig[];
    const expected = written.map(([, config]) => config);
    expect(configs).toMatchObject([...expected, ...expected]);
  });
});

/** Makes the scheduler of each text and its timesteps, and writes what the schedulers keep as their configurations. */
const program = `
import json, sys, diffusers
configs = []
for text in json.load(sys.stdin):
    config = json.loads(text)
    scheduler = getattr(diffusers, config["_class_name"]).from_config(config)
    scheduler.set_timesteps(5)
    kept = {k: None if v == float("-inf") else v for k, v in scheduler.config.items() if not k.startswith("_")}
    configs.append(kept)
json.dump(configs, sys.stdout)
`;

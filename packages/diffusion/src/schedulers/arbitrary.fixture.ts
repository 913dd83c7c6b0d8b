import fc from 'fast-check';
import type { PredictionType } from '../process/prediction.ts';
import { cosineSchedule, linearSchedule, type Schedule, scaledLinearSchedule } from '../schedule.ts';
import { ddim } from './ddim.ts';
import { ddpm } from './ddpm.ts';
import { dpmSolver } from './dpm-solver.ts';
import { euler } from './euler.ts';
import { eulerAncestral } from './euler-ancestral.ts';
import { flowMatching } from './flow-matching.ts';
import { heun } from './heun.ts';
import { lcm } from './lcm.ts';
import type { Scheduler } from './scheduler.ts';
import { unipc } from './unipc.ts';

/** Schedules for property tests. */
export const anySchedule: fc.Arbitrary<Schedule> = fc.constantFrom(
  linearSchedule(),
  scaledLinearSchedule({ betaStart: 0.00085, betaEnd: 0.012 }),
  cosineSchedule({ steps: 100 }),
);

const predictionType = fc.constantFrom<PredictionType>('epsilon', 'sample', 'v_prediction');
const timestepSpacing = fc.constantFrom('leading' as const, 'linspace' as const, 'trailing' as const);
const sigmaSpacing = fc.constantFrom('karras' as const, 'exponential' as const, 'beta' as const, null);
const order = fc.integer({ min: 1, max: 3 });
const sigmas = fc
  .record({ predictionType, timestepSpacing, sigmaSpacing })
  .map(({ sigmaSpacing: rule, ...rest }) => (rule === null ? rest : { ...rest, sigmaSpacing: rule }));

/** Every scheduler, with random options; x0 is not clipped, and sampling ends at no noise. */
export const anyScheduler: fc.Arbitrary<Scheduler> = anySchedule.chain((schedule) =>
  fc.oneof(
    fc
      .record({
        predictionType,
        timestepSpacing,
        varianceType: fc.constantFrom('fixed_small' as const, 'fixed_large' as const),
      })
      .map((options) => ddpm(schedule, { ...options, clipSample: false })),
    fc
      .record({ predictionType, timestepSpacing, eta: fc.double({ min: 0, max: 1, noNaN: true }) })
      .map((options) => ddim(schedule, { ...options, clipSample: false })),
    fc
      .record({
        order,
        algorithm: fc.constantFrom('dpmsolver++' as const, 'sde-dpmsolver++' as const),
        solverType: fc.constantFrom('midpoint' as const, 'heun' as const),
        base: sigmas,
      })
      .map(({ base, ...options }) => dpmSolver(schedule, { ...base, ...options })),
    fc
      .record({ order, solverType: fc.constantFrom('bh1' as const, 'bh2' as const), base: sigmas })
      .map(({ base, ...options }) => unipc(schedule, { ...base, ...options })),
    sigmas.map((options) => euler(schedule, options)),
    sigmas.map((options) => eulerAncestral(schedule, options)),
    sigmas.map((options) => heun(schedule, options)),
    predictionType.map((type) => lcm(schedule, { predictionType: type })),
    fc
      .record({ shift: fc.double({ min: 0.3, max: 5, noNaN: true }), stochastic: fc.boolean() })
      .map((options) => flowMatching(options)),
  ),
);

import { z } from 'zod';
import { currentSchedulerName, SCHEDULER_NAMES, VARIANCE_TYPES } from '../../networks/samplers.ts';

const count = z.int().positive();
/** Members of an ensemble: more take days and tell nothing more. */
export const MOST_MEMBERS = 1000;

const scheduler = z.preprocess(
  (name) => (typeof name === 'string' ? currentSchedulerName(name) : name),
  z.enum(SCHEDULER_NAMES),
);

const how = {
  eta: z.number().min(0).max(1).default(0).describe('of ddim: share of ddpm’s noise that each step draws'),
  limit: z
    .enum(['clip', 'threshold', 'none'])
    .default('clip')
    .describe('how x_0 is kept in its range: clipped, by dynamic thresholding (Saharia et al. 2022), or not'),
  variance: z.enum(VARIANCE_TYPES).optional().describe('of ddpm; by default learned where the network has learned one'),
  guidance: z
    .number()
    .nonnegative()
    .default(1)
    .describe('scale of classifier-free guidance; 1: none. Needs objective.conditionDropout'),
  timestepSpacing: z
    .enum(['trailing', 'leading', 'linspace'])
    .default('trailing')
    .describe('which training steps are visited; trailing suits few'),
};

/** How masks are drawn, in a configuration: what is left out suits what the network predicts. */
export const samplingSchema = z.strictObject({
  scheduler: scheduler.optional().describe('ddim draws noise once, ddpm at every step, the solvers need fewer steps'),
  steps: count.max(1000).optional().describe('sampling steps'),
  members: count.max(MOST_MEMBERS).default(5).describe('members of the ensemble'),
  ...how,
});

/** How masks are drawn, as a run records it. */
export const recordedSamplingSchema = z.strictObject({
  scheduler: scheduler.default('ddim'),
  steps: count.max(1000).default(3),
  members: count.max(MOST_MEMBERS).default(5),
  ...how,
});

/** How masks are drawn, resolved. */
export type SamplingConfig = z.output<typeof recordedSamplingSchema>;

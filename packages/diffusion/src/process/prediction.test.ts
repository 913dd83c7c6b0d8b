import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { cosineSchedule } from '../schedule.ts';
import { ddim } from '../schedulers/ddim.ts';
import { ddimInversion } from '../schedulers/ddim-inversion.ts';
import { ddpm } from '../schedulers/ddpm.ts';
import { dpmSolver } from '../schedulers/dpm-solver.ts';
import { euler } from '../schedulers/euler.ts';
import { eulerAncestral } from '../schedulers/euler-ancestral.ts';
import { heun } from '../schedulers/heun.ts';
import { lcm } from '../schedulers/lcm.ts';
import { unipc } from '../schedulers/unipc.ts';
import { trainingTarget } from './objective.ts';
import type { NetworkPrediction } from './prediction.ts';

beforeAll(() => tf.setBackend('cpu'));

const schedule = cosineSchedule({ steps: 100 });
const logits: NetworkPrediction = 'logits';

it.each(Object.entries({ ddim, ddimInversion, ddpm, euler, eulerAncestral, heun, lcm }))(
  '%s takes the prediction of a network, and refuses logits and flows with what to give',
  (name, scheduler) => {
    const sample: NetworkPrediction = 'sample';
    expect(scheduler(schedule, { predictionType: sample }).predictionType).toBe('sample');
    expect(() => scheduler(schedule, { predictionType: logits })).toThrow(
      `${name}: predictionType must be one of epsilon, sample, v_prediction, got logits; of the masks that logits stand for it is 'sample'`,
    );
    expect(() => scheduler(schedule, { predictionType: 'flow' })).toThrow(/v_prediction, got flow$/);
  },
);

it.each(Object.entries({ dpmSolver, unipc }))('%s follows flows too', (name, solver) => {
  expect(solver(schedule, { predictionType: 'flow', flowShift: 1 }).predictionType).toBe('flow');
  expect(() => solver(schedule, { predictionType: logits })).toThrow(
    `${name}: predictionType must be one of epsilon, sample, v_prediction, flow, got logits; of the masks`,
  );
});

it('so do training targets', () => {
  const x0 = tf.zeros([1, 2, 2, 1]);
  expect(() => trainingTarget(schedule, logits, x0, x0, [1])).toThrow(
    /^trainingTarget: predictionType must be .* got logits; /,
  );
});

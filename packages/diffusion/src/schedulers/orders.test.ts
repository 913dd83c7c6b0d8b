import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { scaledLinearSchedule, spacedTimesteps } from '../schedule.ts';
import { ddim } from './ddim.ts';
import { dpmSolver } from './dpm-solver.ts';
import { euler } from './euler.ts';
import { heun } from './heun.ts';
import type { SamplingPlan } from './scheduler.ts';
import { unipc } from './unipc.ts';

// Data from N(0, s^2): the probability flow keeps x / sqrt(s^2 + sigma^2) constant (Karras et al. 2022, appendix B).
const deviation = 0.5;
const schedule = scaledLinearSchedule({ betaStart: 0.00085, betaEnd: 0.012 });

/** Relative error of the sample on arrival at the last level that is not zero. */
function errorOf(plan: SamplingPlan): number {
  return tf.tidy(() => {
    const [first, last] = [0, plan.timesteps.length - 1].map((index) => plan.noiseLevel(index));
    let x = tf.fill([1, 1, 1, 1], 0.7 * first!.noise) as tf.Tensor4D;
    let state = plan.start();
    const begin = x.dataSync()[0]! / first!.signal;
    while (state.index < lastCall(plan)) {
      const { signal, noise } = plan.noiseLevel(state.index);
      const variance = (signal * deviation) ** 2 + noise ** 2;
      ({ state, prev: x } = plan.step(state, tf.mul(x, noise / variance), x)); // the noise that is expected in x
    }
    const sigma = (level: { signal: number; noise: number }): number => level.noise / level.signal;
    const ratio = Math.hypot(deviation, sigma(last!)) / Math.hypot(deviation, sigma(first!));
    return Math.abs(x.dataSync()[0]! / last!.signal / (begin * ratio) - 1);
  });
}

const lastCall = (plan: SamplingPlan): number => plan.timesteps.length - 1;

describe('orders of convergence', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });
  const fine = { sigmaSpacing: 'exponential', lowerOrderFinal: false } as const;
  const evenly = (steps: number): number[] =>
    Array.from(spacedTimesteps({ trainSteps: 1000, steps, spacing: 'linspace' }));
  const methods: [string, number, (steps: number) => SamplingPlan, [number, number]][] = [
    ['DDIM', 1, (n) => ddim(schedule, { clipSample: false }).plan(evenly(n)), [32, 128]],
    ['Euler', 1, (n) => euler(schedule, { sigmaSpacing: 'karras' }).plan(n), [32, 128]],
    ['Heun', 2, (n) => heun(schedule, { sigmaSpacing: 'karras' }).plan(n), [16, 64]],
    ['DPM-Solver++ 1', 1, (n) => dpmSolver(schedule, { ...fine, order: 1 }).plan(n), [32, 128]],
    ['DPM-Solver++ 2', 2, (n) => dpmSolver(schedule, { ...fine, order: 2 }).plan(n), [16, 64]],
    // With many steps its first step, of the first order, is what is left of the error.
    ['DPM-Solver++ 3', 3, (n) => dpmSolver(schedule, { ...fine, order: 3 }).plan(n), [6, 16]],
    ['UniPC 1', 2, (n) => unipc(schedule, { ...fine, order: 1 }).plan(n), [16, 64]],
    ['UniPC 2', 3, (n) => unipc(schedule, { ...fine, order: 2 }).plan(n), [12, 36]],
  ];
  it.each(methods)('%s has order %d', (_, order, plan, [few, many]) => {
    const slope = Math.log(errorOf(plan(few)) / errorOf(plan(many))) / Math.log(many / few);
    expect(slope).toBeGreaterThan(order - 0.3);
    expect(slope).toBeLessThan(order + 0.9);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { ANCHORED_PROCESS } from './process.ts';
import { createScheduler, currentSchedulerName, SCHEDULER_NAMES } from './samplers.ts';

beforeAll(() => tf.setBackend('cpu'));

const process = { ...ANCHORED_PROCESS, prediction: 'epsilon' } as const;

describe('createScheduler', () => {
  it.each(SCHEDULER_NAMES)('makes %s, and takes the name that the library gives it', (name) => {
    const of = name === 'flow-matching' ? ({ ...process, prediction: 'flow' } as const) : process;
    expect(createScheduler(name, of).plan(4).timesteps.length).toBeGreaterThan(3);
    expect(currentSchedulerName(name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()))).toBe(name);
  });

  it('limits x_0 by clipping, by a dynamic threshold, or not', () => {
    const x0 = tf.tensor4d([4, -2, 0.5, 0.1], [1, 2, 2, 1]);
    const limited = (limit: 'clip' | 'threshold' | 'none'): number[] => {
      // Of a network that predicts x_0 the first step shows what became of it.
      const scheduler = createScheduler('ddim', ANCHORED_PROCESS, { limit });
      const plan = scheduler.plan(1);
      const { x0: found } = plan.step(plan.start(), x0, tf.zerosLike(x0));
      return [...found.dataSync()];
    };
    expect(limited('clip')).toEqual([1, -1, 0.5, expect.closeTo(0.1, 6)]);
    expect(limited('none')).toEqual([4, -2, 0.5, expect.closeTo(0.1, 6)]);
    const threshold = limited('threshold');
    expect(threshold[0]).toBeCloseTo(1, 2);
    expect(threshold[2]).toBeLessThan(0.2); // divided by the threshold, and not cut
  });
});

import { normalTensor } from '@medseg/ops';
import { describeOnBackends, randomTensor } from '@medseg/test-support';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSchedulerConfig, writeSchedulerConfig } from '../config/scheduler-config.ts';
import { sample, sampleToEnd } from '../sampling/sample.ts';
import { saveSampling } from '../sampling/saved.ts';
import { cosineSchedule, linearSchedule, rescaleZeroTerminalSnr } from '../schedule.ts';
import { anySchedule, anyScheduler } from './arbitrary.fixture.ts';
import { ddim } from './ddim.ts';
import { ddimInversion } from './ddim-inversion.ts';
import { ddpm } from './ddpm.ts';
import { dpmSolver } from './dpm-solver.ts';
import { euler } from './euler.ts';
import { eulerAncestral } from './euler-ancestral.ts';
import { flowMatching } from './flow-matching.ts';
import { heun } from './heun.ts';
import { lcm } from './lcm.ts';
import { limiter } from './limit.ts';
import type { NoiseLevel, NoiseSource, SamplingPlan, Scheduler } from './scheduler.ts';
import { unipc } from './unipc.ts';

const shape: [number, number, number, number] = [2, 1, 3, 1];
const image = [0.5, -1, 0.25, 1, -0.75, 0];

function source(seed: number): NoiseSource {
  let draws = 0;
  return {
    fillNormal: (values) => {
      const noise = randomTensor<tf.Rank.R1>([values.length], seed * 1000 + draws++);
      values.set(noise.dataSync());
      noise.dispose();
      return values;
    },
  };
}

/** What a network that knows x0 returns for x at a noise level. */
function perfect(plan: SamplingPlan, { signal, noise }: NoiseLevel, x: tf.Tensor4D): tf.Tensor4D {
  const x0 = tf.tensor4d(image, shape);
  const e = tf.div<tf.Tensor4D>(tf.sub(x, tf.mul(x0, signal)), noise);
  // sigma-space schedulers ask about x scaled to unit variance: there v has signal and noise divided alike.
  const length = Math.hypot(signal, noise);
  if (plan.predictionType === 'epsilon') return e;
  if (plan.predictionType === 'sample') return x0;
  if (plan.predictionType === 'flow') return tf.sub(e, x0);
  return tf.sub(tf.mul(e, signal / length), tf.mul(x0, noise / length));
}

function runPerfect(scheduler: Scheduler, steps: number, seed: number): { x: Float32Array; x0: Float32Array } {
  return tf.tidy(() => {
    const plan = scheduler.plan(steps);
    const random = source(seed);
    let x: tf.Tensor4D = tf.mul(normalTensor<tf.Rank.R4>(random, shape), plan.initialNoiseScale);
    let state = plan.start();
    let x0 = x;
    while (state.index < plan.timesteps.length) {
      const output = perfect(plan, plan.noiseLevel(state.index), x);
      ({ state, prev: x, x0 } = plan.step(state, output, x, random));
    }
    return { x: x.dataSync() as Float32Array, x0: x0.dataSync() as Float32Array };
  });
}

describeOnBackends('every scheduler', (backend) => {
  const numRuns = backend === 'cpu' ? 120 : 30;

  it('reaches x0 with a perfect predictor, in any number of steps', () => {
    fc.assert(
      fc.property(anyScheduler, fc.integer({ min: 1, max: 40 }), fc.nat(1000), (scheduler, steps, seed) => {
        const { x, x0 } = runPerfect(scheduler, steps, seed);
        image.forEach((value, i) => {
          expect(x0[i]).toBeCloseTo(value, 2);
        });
        // With trailing spacing DDPM and DDIM end above step 0, their sample a little noisy.
        if (scheduler.name === 'ddim' || scheduler.name === 'ddpm') return;
        image.forEach((value, i) => {
          expect(x[i]).toBeCloseTo(value, 2);
        });
      }),
      { numRuns },
    );
  });

  it('goes on from a saved state to the same numbers as a run left alone', async () => {
    const denoiser = (x: tf.Tensor4D): tf.Tensor4D => tf.mul(tf.sin(x), 0.8);
    await fc.assert(
      fc.asyncProperty(anyScheduler, fc.integer({ min: 2, max: 8 }), fc.nat(), async (scheduler, steps, cut) => {
        const options = { shape, condition: null, steps };
        const before = tf.memory().numTensors;
        const whole = await sampleToEnd(denoiser, scheduler, { ...options, random: source(1) });
        const random = source(1);
        for await (const step of sample(denoiser, scheduler, { ...options, random })) {
          if (step.step === step.total) break;
          if (step.step <= cut % (step.total - 1)) continue;
          const resume = JSON.parse(JSON.stringify(await saveSampling(step, { json: true })));
          const resumed = await sampleToEnd(denoiser, scheduler, { ...options, random, resume });
          expect(resumed.dataSync()).toEqual(whole.dataSync());
          resumed.dispose();
          break;
        }
        whole.dispose();
        expect(tf.memory().numTensors).toBe(before);
      }),
      { numRuns: numRuns / 3 },
    );
  });
});

describeOnBackends('single schedulers', () => {
  const random = (seed = 3): NoiseSource => source(seed);

  it('DDIM with eta 1 is DDPM', () => {
    fc.assert(
      fc.property(anySchedule, fc.nat(98), (schedule, at) => {
        tf.tidy(() => {
          const options = { clipSample: false, predictionType: 'v_prediction' } as const;
          const [a, b] = [ddim(schedule, { ...options, eta: 1 }), ddpm(schedule, options)].map((scheduler) => {
            const plan = scheduler.plan(100);
            const x = randomTensor<tf.Rank.R4>(shape, 7);
            return plan.step({ index: at, history: [] }, tf.cos(x), x, random()).prev.dataSync();
          });
          a!.forEach((value, i) => {
            expect(value).toBeCloseTo(b![i]!, 4);
          });
        });
      }),
      { numRuns: 20 },
    );
  });

  it('DDIM turns the noise that its inversion finds back into the image', async () => {
    const schedule = linearSchedule();
    const denoiser = (x: tf.Tensor4D): tf.Tensor4D => tf.mul(x, 0.3);
    const initial = tf.tensor4d(image, shape);
    const options = { shape, condition: null, steps: 200, random: random() };
    let noise = initial;
    for await (const step of sample(denoiser, ddimInversion(schedule), { ...options, initial })) {
      if (step.step === step.total) noise = tf.clone(step.x);
    }
    const back = await sampleToEnd(denoiser, ddim(schedule, { clipSample: false }), { ...options, initial: noise });
    expect(Math.max(...noise.dataSync().map((v, i) => Math.abs(v - image[i]!)))).toBeGreaterThan(0.05);
    back.dataSync().forEach((value, i) => {
      expect(value).toBeCloseTo(image[i]!, 1);
    });
  });

  it('flow matching along a straight path is exact in one step', () => {
    tf.tidy(() => {
      const plan = flowMatching().plan(1);
      const noise = randomTensor<tf.Rank.R4>(shape, 9);
      const { prev } = plan.step(plan.start(), tf.sub(noise, tf.tensor4d(image, shape)), noise);
      prev.dataSync().forEach((value, i) => {
        expect(value).toBeCloseTo(image[i]!, 6);
      });
    });
  });

  it('thresholding is clipping at a quantile of each sample', () => {
    const values = [0.1, -3, 2, 1.2, 0.5, -0.2];
    const limited = limiter('test', { thresholding: true, dynamicThresholdingRatio: 0.6, sampleMaxValue: 2.5 })(
      tf.tensor4d(values, [2, 1, 3, 1]),
    ).dataSync();
    // Of |0.1, 3, 2| the 0.6 quantile is 2 + 0.2 (3 - 2) = 2.2; of |1.2, 0.5, 0.2| it is 0.64, held to 1.
    const expected = [0.1 / 2.2, -1, 2 / 2.2, 1, 0.5, -0.2];
    expected.forEach((value, i) => {
      expect(limited[i]).toBeCloseTo(value, 5);
    });
  });

  it('a learned variance lies between the fixed ones', () => {
    const schedule = linearSchedule({ steps: 20 });
    const x = randomTensor<tf.Rank.R4>(shape, 4);
    const spread = (scheduler: Scheduler, output: tf.Tensor4D): number => {
      const plan = scheduler.plan(20);
      const still = { fillNormal: (values: Float32Array) => values.fill(0) };
      const one = { fillNormal: (values: Float32Array) => values.fill(1) };
      const [a, b] = [one, still].map((r) => plan.step({ index: 5, history: [] }, output, x, r).prev.dataSync()[0]!);
      return a! - b!;
    };
    const learned = (v: number): number =>
      spread(ddpm(schedule, { varianceType: 'learned_range' }), tf.concat([x, tf.fill(shape, v)], 3) as tf.Tensor4D);
    const small = spread(ddpm(schedule, { varianceType: 'fixed_small' }), x);
    const large = spread(ddpm(schedule, { varianceType: 'fixed_large' }), x);
    expect(learned(-1)).toBeCloseTo(small, 5);
    expect(learned(1)).toBeCloseTo(large, 5);
    expect(learned(0)).toBeCloseTo(Math.sqrt(small * large), 5);
  });

  it('refuses tensors that do not fit, missing noise and steps past the end', () => {
    const plan = ddpm(cosineSchedule({ steps: 10 })).plan(3);
    const x = tf.zeros<tf.Rank.R4>([1, 2, 2, 1]);
    const wide = tf.zeros<tf.Rank.R4>([1, 2, 2, 3]);
    expect(() => plan.step(plan.start(), wide, x, random())).toThrow(/output must be \[1,2,2,1\], got \[1,2,2,3\]/);
    expect(() => plan.step(plan.start(), x, x)).toThrow(/pass random/);
    expect(() => plan.step({ index: 3, history: [] }, x, x, random())).toThrow(/steps 0 to 2, got 3/);
    const learned = ddpm(cosineSchedule({ steps: 10 }), { varianceType: 'learned' }).plan(3);
    expect(() => learned.step(learned.start(), x, x, random())).toThrow(/prediction and variance/);
    const second = heun(linearSchedule()).plan(3);
    expect(() => second.step({ index: 1, history: [] }, x, x)).toThrow(/first half/);
  });
});

describe('options', () => {
  it('survive scheduler_config.json', () => {
    fc.assert(
      fc.property(anyScheduler, fc.integer({ min: 1, max: 30 }), (scheduler, steps) => {
        const text = JSON.stringify(writeSchedulerConfig(scheduler));
        const { eta } = scheduler.options as { eta?: number };
        const again = readSchedulerConfig(JSON.parse(text), eta === undefined ? {} : { eta });
        expect(again.name).toBe(scheduler.name);
        expect(again.plan(steps).timesteps).toEqual(scheduler.plan(steps).timesteps);
        expect(writeSchedulerConfig(again)).toEqual(JSON.parse(text));
      }),
      { numRuns: 60 },
    );
  });

  it('take custom timesteps', () => {
    expect(ddim(cosineSchedule()).plan([999, 500, 20]).timesteps).toEqual([999, 500, 20]);
  });

  const schedule = linearSchedule();
  const short = linearSchedule({ steps: 10 });
  const refused: [string, () => unknown][] = [
    ['eta above 1', () => ddim(schedule, { eta: 1.1 })],
    ['an unknown prediction', () => ddim(schedule, { predictionType: 'noise' as 'epsilon' })],
    ['an unknown variance', () => ddpm(schedule, { varianceType: 'small' as 'learned' })],
    ['a variance that is not a number', () => ddpm(schedule, { varianceType: 'fixed_large_log' })],
    ['a quantile above 1', () => ddpm(schedule, { thresholding: true, dynamicThresholdingRatio: 2 })],
    ['clipping at nothing', () => ddim(schedule, { clipSampleRange: 0 })],
    ['no steps', () => ddpm(schedule).plan(0)],
    ['more steps than training', () => ddpm(short).plan(11)],
    ['timesteps that rise', () => ddim(schedule).plan([5, 10])],
    ['timesteps past the schedule', () => ddim(schedule).plan([1000])],
    ['no timesteps', () => euler(schedule).plan([])],
    ['timesteps beside spaced sigmas', () => heun(schedule, { sigmaSpacing: 'karras' }).plan([10, 5])],
    [
      'noise prediction without signal',
      () => ddim(rescaleZeroTerminalSnr(schedule), { timestepSpacing: 'trailing' }).plan(5),
    ],
    ['order 4', () => dpmSolver(schedule, { order: 4 })],
    [
      'order 3 of a method that has 2',
      () => dpmSolver(schedule, { algorithm: 'sde-dpmsolver', finalSigma: 'sigma_min', order: 3 }),
    ],
    ['noise equations down to no noise', () => dpmSolver(schedule, { algorithm: 'dpmsolver' })],
    ['a lambda above all', () => dpmSolver(schedule, { lambdaMinClipped: 100 }).plan(3)],
    ['an unknown solver', () => unipc(schedule, { solverType: 'midpoint' as 'bh1' })],
    ['noise equations down to no noise in UniPC', () => unipc(schedule, { predictX0: false })],
    ['a corrector step of -1', () => unipc(schedule, { disableCorrector: [-1] })],
    ['sigmas the wrong way round', () => eulerAncestral(schedule, { sigmaMin: 5, sigmaMax: 1 })],
    ['negative churn', () => euler(schedule, { churn: -1 })],
    ['more steps than were distilled', () => lcm(schedule).plan(51)],
    ['more distilled than trained', () => lcm(short)],
    ['a shift of 0', () => flowMatching({ shift: 0 })],
    ['a time above 1', () => flowMatching().plan([1001])],
    ['inversion of noise unknown', () => ddimInversion(schedule, { predictionType: 'x' as 'sample' })],
    ['a class that is not here', () => readSchedulerConfig({ _class_name: 'PNDMScheduler' })],
    ['a schedule that is not here', () => readSchedulerConfig({ _class_name: 'DDIMScheduler', beta_schedule: 'odd' })],
    [
      'two spacings of sigmas',
      () =>
        readSchedulerConfig({ _class_name: 'EulerDiscreteScheduler', use_karras_sigmas: true, use_beta_sigmas: true }),
    ],
    ['what diffusers cannot hold', () => writeSchedulerConfig(euler(schedule, { clipSample: true }))],
  ];
  it.each(refused)('refuse %s', (_, make) => {
    expect(make).toThrow(RangeError);
  });
});

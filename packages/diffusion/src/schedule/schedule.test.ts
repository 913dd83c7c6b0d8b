import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cosineSchedule,
  exponentialSchedule,
  laplaceSchedule,
  linearSchedule,
  minSnrWeights,
  posteriorCoefficients,
  rescaleZeroTerminalSnr,
  respace,
  type Schedule,
  scaledLinearSchedule,
  scheduleFromAlphasCumprod,
  scheduleFromBetas,
  shiftForResolution,
  sigmaTable,
  sigmoidBetaSchedule,
  sigmoidSchedule,
  snr,
  spacedSigmas,
  spacedTimesteps,
} from '../schedule.ts';
import { betaQuantile } from './beta-quantile.ts';
import { roundHalfEven } from './timesteps.ts';

const steps = fc.integer({ min: 25, max: 1200 });
const anySchedule: fc.Arbitrary<Schedule> = fc.oneof(
  steps.map((n) => cosineSchedule({ steps: n })),
  steps.map((n) => linearSchedule({ steps: n, scaleToSteps: true })),
  steps.map((n) => linearSchedule({ steps: n })),
  steps.map((n) => scaledLinearSchedule({ steps: n, betaStart: 0.00085, betaEnd: 0.012 })),
  steps.map((n) => sigmoidSchedule({ steps: n })),
  steps.map((n) => sigmoidBetaSchedule({ steps: n })),
  steps.map((n) => laplaceSchedule({ steps: n })),
  steps.map((n) => exponentialSchedule({ steps: n })),
  steps.map((n) => rescaleZeroTerminalSnr(linearSchedule({ steps: n }))),
  fc
    .tuple(steps, fc.integer({ min: 16, max: 1024 }))
    .map(([n, to]) => shiftForResolution(cosineSchedule({ steps: n }), { to })),
);

describe('schedules', () => {
  it('leave ever less signal, and their tables agree with each other', () => {
    fc.assert(
      fc.property(anySchedule, ({ steps: count, betas, alphas, alphasCumprod }) => {
        let before = 1;
        for (let t = 0; t < count; t++) {
          expect(alphasCumprod[t]!).toBeLessThan(before);
          expect(alphas[t]! + betas[t]!).toBeCloseTo(1, 12);
          expect(alphasCumprod[t]! / (before * alphas[t]! || 1)).toBeCloseTo(before * alphas[t]! === 0 ? 0 : 1, 9);
          before = alphasCumprod[t]!;
        }
        expect(before).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 40 },
    );
  });

  it('equal diffusers at the ends (schedulers.json)', () => {
    expect(linearSchedule().alphasCumprod[999]).toBeCloseTo(4.035830352222547e-5, 9);
    expect(cosineSchedule().betas[0]).toBeCloseTo(4.128422369831242e-5, 11);
    expect(cosineSchedule().alphasCumprod[500]).toBeCloseTo(0.4922850430011749, 6);
    expect(scaledLinearSchedule({ betaStart: 0.00085, betaEnd: 0.012 }).alphasCumprod[999]).toBeCloseTo(
      0.00466009508,
      8,
    );
  });

  it('come back from their own products', () => {
    fc.assert(
      fc.property(anySchedule, (schedule) => {
        const again = scheduleFromAlphasCumprod(schedule.alphasCumprod);
        for (let t = 0; t < schedule.steps; t += 7) expect(again.betas[t]!).toBeCloseTo(schedule.betas[t]!, 9);
      }),
      { numRuns: 20 },
    );
  });

  it('rescaling ends in no signal and keeps the first step', () => {
    const before = linearSchedule();
    const { alphasCumprod } = rescaleZeroTerminalSnr(before);
    expect(alphasCumprod[999]).toBe(0);
    expect(alphasCumprod[0]).toBeCloseTo(before.alphasCumprod[0]!, 12);
    expect(sigmaTable(rescaleZeroTerminalSnr(before))[999]).toBeCloseTo(Math.sqrt(2 ** 24 - 1), 6);
  });

  it('the resolution shift divides the signal-to-noise ratio', () => {
    const schedule = cosineSchedule();
    const shifted = shiftForResolution(schedule, { from: 64, to: 256 });
    for (const t of [0, 10, 500, 990]) expect(snr(shifted, t) / snr(schedule, t)).toBeCloseTo(1 / 16, 9);
  });

  it('respacing keeps the signal of each kept step', () => {
    fc.assert(
      fc.property(anySchedule, fc.integer({ min: 1, max: 25 }), (schedule, count) => {
        const timesteps = spacedTimesteps({ trainSteps: schedule.steps, steps: count, spacing: 'trailing' }).reverse();
        const { schedule: short, timestepMap } = respace(schedule, timesteps);
        timestepMap.forEach((t, i) => {
          expect(short.alphasCumprod[i]).toBe(schedule.alphasCumprod[t]);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('min-SNR weights are those of the paper', () => {
    const schedule = cosineSchedule();
    const t = Int32Array.of(5, 500, 980);
    const ratios = Array.from(t, (step) => snr(schedule, step));
    expect(Array.from(minSnrWeights(schedule, 'sample', t))).toEqual(ratios.map((r) => Math.min(r, 5)));
    const noise = minSnrWeights(schedule, 'epsilon', t);
    const v = minSnrWeights(schedule, 'v_prediction', t);
    for (const [i, ratio] of ratios.entries()) {
      expect(noise[i]).toBeCloseTo(Math.min(ratio, 5) / ratio, 12);
      expect(v[i]).toBeCloseTo(Math.min(ratio, 5) / (ratio + 1), 12);
    }
  });

  it('the posterior is that of two normal distributions multiplied', () => {
    const schedule = linearSchedule({ steps: 100 });
    for (const t of [1, 7, 99]) {
      const { xStart, xt, variance } = posteriorCoefficients(schedule, t);
      // q(x_t | x_(t-1)) q(x_(t-1) | x_0) as a function of x_(t-1): precisions add up.
      const beta = schedule.betas[t]!;
      const before = schedule.alphasCumprod[t - 1]!;
      const precision = (1 - beta) / beta + 1 / (1 - before);
      expect(variance).toBeCloseTo(1 / precision, 12);
      expect(xt).toBeCloseTo(Math.sqrt(1 - beta) / beta / precision, 10);
      expect(xStart).toBeCloseTo(Math.sqrt(before) / (1 - before) / precision, 10);
    }
  });
});

describe('timesteps', () => {
  it('fall, fit and have the count asked for, in every spacing', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.constantFrom('leading', 'linspace', 'trailing' as const),
        (a, b, spacing) => {
          const [count, trainSteps] = [Math.min(a, b), Math.max(a, b)];
          const t = spacedTimesteps({ trainSteps, steps: count, spacing: spacing as 'leading' });
          expect(t.length).toBe(count);
          for (let i = 0; i < count; i++) {
            expect(t[i]).toBeGreaterThanOrEqual(0);
            expect(t[i]).toBeLessThan(i === 0 ? trainSteps : t[i - 1]!);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('rounds halves to even', () => {
    expect([0.5, 1.5, 2.5, -1.5, 2.4, 2.6].map(roundHalfEven)).toEqual([0, 2, 2, -2, 2, 3]);
  });
});

describe('sigmas', () => {
  it('quantiles of the beta distribution equal SciPy', () => {
    // scipy.stats.beta.ppf(p, 0.6, 0.6)
    const expected: [number, number][] = [
      [0, 0],
      [0.1, 0.03958440558878085],
      [0.5, 0.5],
      [0.9, 0.9604155944112192],
      [1, 1],
    ];
    for (const [p, x] of expected) expect(betaQuantile(p, 0.6, 0.6)).toBeCloseTo(x, 12);
  });

  it('lie between their ends and fall', () => {
    for (const rule of ['karras', 'exponential', 'beta', 'lu'] as const) {
      const sigmas = spacedSigmas(rule, 80, 0.002, 18);
      expect(sigmas[0]).toBeCloseTo(80, 9);
      expect(sigmas[17]).toBeCloseTo(0.002, 9);
      for (let i = 1; i < 18; i++) expect(sigmas[i]!).toBeLessThan(sigmas[i - 1]!);
    }
  });
});

describe('what schedules refuse', () => {
  const cases: [string, () => unknown][] = [
    ['no steps', () => cosineSchedule({ steps: 0 })],
    ['half a step', () => linearSchedule({ steps: 2.5 })],
    ['a beta of 0', () => linearSchedule({ betaStart: 0 })],
    ['a beta above 1', () => linearSchedule({ betaEnd: 1.5 })],
    ['scaling so few steps that a beta passes 1', () => linearSchedule({ steps: 10, scaleToSteps: true })],
    ['betas of 1 before the end', () => scheduleFromBetas([1, 0.5])],
    ['NaN', () => scheduleFromBetas([Number.NaN])],
    ['products that rise', () => scheduleFromAlphasCumprod([0.5, 0.6])],
    ['a negative offset', () => cosineSchedule({ offset: -1 })],
    ['a sigmoid that runs backwards', () => sigmoidSchedule({ start: 3, end: -3 })],
    ['more sampling than training steps', () => spacedTimesteps({ trainSteps: 10, steps: 11, spacing: 'linspace' })],
    ['an offset past the end', () => spacedTimesteps({ trainSteps: 10, steps: 10, spacing: 'leading', offset: 1 })],
    ['a spacing that is none', () => spacedTimesteps({ trainSteps: 10, steps: 1, spacing: 'cosine' as 'linspace' })],
    ['respacing backwards', () => respace(cosineSchedule(), [10, 5])],
    ['an SNR outside the schedule', () => snr(cosineSchedule({ steps: 10 }), 10)],
    ['a resolution of 0', () => shiftForResolution(cosineSchedule(), { to: 0 })],
  ];
  it.each(cases)('%s', (_, make) => {
    expect(make).toThrow(RangeError);
  });
});

describe('@medseg/diffusion/schedule', () => {
  it('imports nothing but its own files and @medseg/arguments, which imports nothing', () => {
    const folder = new URL('./', import.meta.url);
    const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
    const sources = [...files.map((file) => new URL(file, folder)), new URL('../schedule.ts', import.meta.url)];
    const imports = sources.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/from '(.*?)'/g)].map((m) => m[1]!),
    );
    const others = imports.filter((name) => !/^\.\/(schedule\/)?[a-z-]+\.ts$/.test(name));
    expect([...new Set(others)]).toEqual(['@medseg/arguments']);
    const its = readFileSync(new URL('../../../arguments/package.json', folder), 'utf8');
    expect(JSON.parse(its).dependencies).toBeUndefined();
  });
});

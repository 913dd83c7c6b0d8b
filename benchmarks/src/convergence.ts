import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import '@tensorflow/tfjs-backend-cpu';
import {
  ddim,
  ddpm,
  dpmSolver,
  euler,
  eulerAncestral,
  flowMatching,
  heun,
  type SamplingPlan,
  type Scheduler,
  scaledLinearSchedule,
  spacedTimesteps,
  unipc,
} from '@medseg/diffusion';
import { createRandom } from '@medseg/random';
import * as tf from '@tensorflow/tfjs-core';
import { energyDistance } from './convergence/energy-distance.ts';
import { logPlot, type Series } from './convergence/log-plot.ts';
import { expectedClean, mixtureSample } from './convergence/mixture.ts';

// How far each scheduler is from the truth after N calls of the network, on a distribution in the plane whose score is
// known in closed form. Left: the path of the same starting noise, on arrival at the last level above zero. Right:
// whether samples of the stochastic methods are distributed as the data.

const { values } = parseArgs({ options: { out: { type: 'string', default: 'docs/diffusion-convergence.svg' } } });
await tf.setBackend('cpu');
const schedule = scaledLinearSchedule({ betaStart: 0.00085, betaEnd: 0.012 });
const evenly = (steps: number): number[] =>
  Array.from(spacedTimesteps({ trainSteps: 1000, steps, spacing: 'linspace' }));
const fine = { sigmaSpacing: 'exponential', lowerOrderFinal: false } as const;

/** What a perfect network returns for x at a call of the plan. */
function perfectOutput(plan: SamplingPlan, index: number, x: tf.Tensor4D): tf.Tensor4D {
  const { signal, noise } = plan.noiseLevel(index);
  const points = x.dataSync();
  const output = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 2) {
    const clean = expectedClean([points[i]!, points[i + 1]!], signal, noise);
    for (const axis of [0, 1] as const) {
      const e = (points[i + axis]! - signal * clean[axis]) / noise;
      output[i + axis] = plan.predictionType === 'flow' ? e - clean[axis] : e;
    }
  }
  return tf.tensor4d(output, x.shape);
}

/** Runs a plan from `start` (standard normal points) and returns x / signal before the last call, or at the very end. */
function run(plan: SamplingPlan, start: Float32Array, toEnd: boolean): Float64Array {
  const random = createRandom(11);
  // Along a path every method starts from the same point, whatever it takes pure noise to be.
  const scale = toEnd ? plan.initialNoiseScale : plan.noiseLevel(0).noise;
  const calls = plan.timesteps.length - (toEnd ? 0 : 1);
  let result = new Float64Array(start.length);
  tf.tidy(() => {
    let x = tf.tensor4d(
      start.map((v) => v * scale),
      [start.length / 2, 1, 1, 2],
    );
    let state = plan.start();
    while (state.index < calls) {
      const next = plan.step(state, perfectOutput(plan, state.index, x), x, random);
      ({ state, prev: x } = next);
    }
    const { signal } = toEnd ? { signal: 1 } : plan.noiseLevel(calls);
    result = Float64Array.from(x.dataSync(), (v) => v / signal);
  });
  return result;
}

const rootMeanSquare = (a: Float64Array, b: Float64Array): number =>
  Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]!) ** 2, 0) / a.length);

const start = createRandom(5).fillNormal(new Float32Array(2 * 128));
// All but flow matching start and end at the same levels, so that one fine solution is the truth for all.
const truth = run(heun(schedule, { sigmaSpacing: 'karras' }).plan(600), start, false);
const flowTruth = run(flowMatching().plan(1000), start, true);
const counts = [6, 9, 13, 19, 27, 40, 60, 90];
const paths: [string, (steps: number) => SamplingPlan][] = [
  ['DDIM', (n) => ddim(schedule, { clipSample: false }).plan(evenly(n))],
  ['Euler', (n) => euler(schedule, { sigmaSpacing: 'karras' }).plan(n)],
  ['Heun', (n) => heun(schedule, { sigmaSpacing: 'karras' }).plan(Math.ceil((n + 1) / 2))],
  ['DPM-Solver++ 2', (n) => dpmSolver(schedule, { ...fine, order: 2 }).plan(n)],
  ['DPM-Solver++ 3', (n) => dpmSolver(schedule, { ...fine, order: 3 }).plan(n)],
  ['UniPC 2', (n) => unipc(schedule, { ...fine, order: 2 }).plan(n)],
  ['UniPC 3', (n) => unipc(schedule, { ...fine, order: 3 }).plan(n)],
];
const left: Series[] = paths.map(([name, plan]) => ({
  name,
  points: counts.map((n) => [plan(n).timesteps.length, rootMeanSquare(run(plan(n), start, false), truth)] as const),
}));
left.push({
  name: 'flow matching',
  points: counts.map((n) => [n, rootMeanSquare(run(flowMatching().plan(n), start, true), flowTruth)] as const),
});

const many = createRandom(6).fillNormal(new Float32Array(2 * 1500));
const data = mixtureSample(createRandom(7), 1500);
const floor = energyDistance(mixtureSample(createRandom(8), 1500), data);
const stochastic: [string, Scheduler][] = [
  ['DDPM', ddpm(schedule, { clipSample: false, timestepSpacing: 'linspace' })],
  ['DDIM, eta 1', ddim(schedule, { clipSample: false, eta: 1, timestepSpacing: 'trailing' })],
  ['Euler ancestral', eulerAncestral(schedule)],
  ['SDE-DPM-Solver++ 2', dpmSolver(schedule, { algorithm: 'sde-dpmsolver++' })],
  ['DDIM', ddim(schedule, { clipSample: false, timestepSpacing: 'trailing' })],
];
const right: Series[] = stochastic.map(([name, scheduler]) => ({
  name,
  points: [4, 8, 16, 32, 64, 128].map((n) => [n, energyDistance(run(scheduler.plan(n), many, true), data)] as const),
}));

for (const { name, points } of [...left, ...right]) {
  const slopes = points.slice(1).map(([n, error], i) => Math.log(points[i]![1] / error) / Math.log(n / points[i]![0]));
  const line = points.map(([n, error]) => `${n}: ${error.toExponential(1)}`).join('  ');
  console.log(`${name.padEnd(20)} ${line}   slopes ${slopes.map((s) => s.toFixed(1)).join(' ')}`);
}
console.log(`two samples of the data are ${floor.toExponential(1)} apart`);
const svg = logPlot([
  {
    title: 'Same noise, same path: error on arrival',
    xLabel: 'network calls',
    yLabel: 'root mean square error',
    series: left,
  },
  {
    title: 'Samples against data',
    xLabel: 'network calls',
    yLabel: 'energy distance',
    series: right,
    line: { name: 'two samples of the data', y: floor },
  },
]);
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, svg);
console.log(`${values.out}: ${Math.round(svg.length / 1000)} kB`);

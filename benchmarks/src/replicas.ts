import '@tensorflow/tfjs-layers'; // registers the gradients of tfjs-core
import { parseArgs } from 'node:util';
import { isMainThread, workerData } from 'node:worker_threads';
import { register } from '@medseg/backend-wasm';
import { type ReplicaGroup, serveReplica, type Trainer } from '@medseg/training';
import { disableIncrementalMarking } from '@medseg/training/node';
import { nodeWorkerPort } from '@medseg/workers/node';
import { underLoad } from './replicas/under-load.ts';
import { BATCH, type BenchPhase, batchOf, groupOf, recipe, trainerOf } from './replicas/workload.ts';

// `npm run bench -- replicas [WORKERS]`: training steps of our network at batch 16 on one thread and on several, in
// turns. Prints the median of the rounds' ratios, which must be at least 1.7 for two, and the largest difference of the
// losses. A step of the denoiser is of one of two lengths by a coin that both sides share, so ratios are of one round.
//
// `npm run bench -- replicas [WORKERS] --load N [--rounds N] [--warm-up N] [--phase encoder|denoiser]`: the same beside N
// processes that compute without end, also without what adapts to it. Replicas must take at most 1.2 times as long as one
// thread.

/** Until V8 has compiled all that a worker runs, which takes it some 45 rounds; then those that count for the times. */
const WARM_UP = 60;
const ROUNDS = 40;
/** Rounds from the first on that the losses are compared in: later the paths of the weights part, as rounding has it. */
const COMPARED = 12;
const TARGET = 1.7;
const PHASES: readonly BenchPhase[] = ['encoder', 'denoiser'];
const script = new URL(import.meta.url);

if (isMainThread) process.exitCode = await main();
else {
  await register(workerData);
  serveReplica(nodeWorkerPort(), recipe());
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      load: { type: 'string' },
      rounds: { type: 'string', default: '40' },
      'warm-up': { type: 'string', default: '40' },
      phase: { type: 'string', multiple: true },
    },
  });
  const threads = Number(positionals[0] ?? 2);
  disableIncrementalMarking(); // as `medseg` does
  await register();
  const phases = PHASES.filter((phase) => values.phase?.includes(phase) ?? true);
  if (values.load !== undefined) {
    const [load, rounds, warmUp] = [Number(values.load), Number(values.rounds), Number(values['warm-up'])];
    let isFine = true;
    for (const phase of phases) {
      isFine = (await underLoad(phase, { threads, load, rounds, warmUp, script })) && isFine;
    }
    return isFine ? 0 : 1;
  }
  console.log(
    `network of 64 x 64 pixels, batch ${BATCH}, ${threads} threads, medians of ${ROUNDS} steps in turns after ${WARM_UP}`,
  );
  let slowest = Number.POSITIVE_INFINITY;
  for (const phase of phases) slowest = Math.min(slowest, await comparePhase(phase, threads));
  const enough = threads !== 2 || slowest >= TARGET;
  console.log(`ratio ${slowest.toFixed(2)}${threads === 2 ? ` (at least ${TARGET}: ${enough ? 'yes' : 'no'})` : ''}`);
  return enough ? 0 : 1;
}

/** Prints what was measured in one phase and returns the ratio. */
async function comparePhase(phase: BenchPhase, threads: number): Promise<number> {
  const trainers: [Trainer, Trainer] = [trainerOf(phase), trainerOf(phase)];
  const group = await groupOf(trainers[1], threads, script);
  const { one, several, ratio, difference } = await compare(trainers, group);
  const { overtaken } = group;
  await group.dispose();
  for (const trainer of trainers) trainer.dispose();
  console.log(
    `${phase.padEnd(9)} one ${one.toFixed(0).padStart(5)} ms  ${threads} threads ${several.toFixed(0).padStart(5)} ms  ratio ${ratio.toFixed(2)}  losses differ by ${difference.toExponential(1)}  ${overtaken} shares of late workers computed twice`,
  );
  return ratio;
}

async function compare(
  [single, spread]: [Trainer, Trainer],
  group: ReplicaGroup,
): Promise<{ one: number; several: number; ratio: number; difference: number }> {
  const times: { one: number; several: number; ratio: number }[] = [];
  let difference = 0;
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const batch = batchOf(round);
    const before = performance.now();
    const a = single.step(batch, 0.5);
    const between = performance.now();
    const b = await spread.stepOn(group, batch, 0.5);
    const after = performance.now();
    if (round < COMPARED) difference = Math.max(difference, Math.abs(a.loss / b.loss - 1));
    if (round < WARM_UP) continue;
    const [one, several] = [between - before, after - between];
    times.push({ one, several, ratio: one / several });
  }
  const median = (key: 'one' | 'several' | 'ratio'): number =>
    times.map((time) => time[key]).sort((x, y) => x - y)[times.length >> 1]!;
  return { one: median('one'), several: median('several'), ratio: median('ratio'), difference };
}

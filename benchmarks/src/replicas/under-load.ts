import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import type { ReplicaGroup, TrainedStep } from '@medseg/training';
import { type BenchPhase, type BenchTrainer, batchOf, groupOf, trainerOf } from './workload.ts';

/** Steps that a side does one after another; the first is not timed. */
const TURN = 4;
/** Milliseconds between two turns: a worker that is late still computes. */
const PAUSE = 300;
/** What a step may take of one thread's time at most where others have the cores. */
const LIMIT = 1.2;

interface Side {
  readonly name: string;
  readonly trainer: BenchTrainer;
  readonly group?: ReplicaGroup;
  readonly times: number[];
  readonly losses: number[];
  step: number;
}

/**
 * Steps beside so many processes that do nothing but compute: on one thread, on several that wait for each other, and on
 * several whose work this thread does where that is quicker. Returns whether the last took little more than one thread.
 */
export async function underLoad(
  phase: BenchPhase,
  {
    threads,
    load,
    turns,
    warmUp,
    script,
  }: { threads: number; load: number; turns: number; warmUp: number; script: URL },
): Promise<boolean> {
  const sides = await Promise.all(
    [{ name: 'one thread' }, { name: 'waiting', options: { adaptive: false } }, { name: 'adaptive', options: {} }].map(
      async ({ name, options }): Promise<Side> => {
        const trainer = trainerOf(phase);
        const group = options && (await groupOf(trainer, threads, script, options));
        return { name, trainer, ...(group && { group }), times: [], losses: [], step: 0 };
      },
    ),
  );
  for (let turn = 0; turn < warmUp; turn++) for (const side of sides) await takeTurn(side);
  for (const side of sides) side.times.length = 0;
  const { overtaken, alone } = sides[2]!.group!;
  const loops = startLoops(load);
  try {
    await setTimeout(1000);
    for (let turn = 0; turn < turns; turn++) {
      for (const side of sides) {
        await takeTurn(side);
        await setTimeout(PAUSE);
      }
    }
  } finally {
    for (const loop of loops) loop.kill('SIGKILL');
  }
  const [one, waiting, ahead] = sides.map(({ times }) => quantiles(times)) as [Quantiles, Quantiles, Quantiles];
  const equal = sides[1]!.losses.every((loss, i) => loss === sides[2]!.losses[i]);
  const { group } = sides[2]!;
  const steps = TURN * turns;
  const share = (count: number): string => `${((100 * count) / steps).toFixed(0)} %`;
  const text = ({ median, high }: Quantiles): string => `${median.toFixed(0)} (${high.toFixed(0)})`;
  console.log(
    `${phase.padEnd(9)} load ${load}: one ${text(one)} ms, waiting ${text(waiting)}, adaptive ${text(ahead)}: ${(ahead.median / one.median).toFixed(2)} of one thread's time; ${share(group!.alone - alone)} of the steps on one thread, late shares in ${share(group!.overtaken - overtaken)}; losses ${equal ? 'equal' : 'DIFFER'}`,
  );
  for (const { trainer, group: threadsOf } of sides) {
    await threadsOf?.dispose();
    trainer.dispose();
  }
  return equal && ahead.median <= LIMIT * one.median;
}

async function takeTurn(side: Side): Promise<void> {
  for (let step = 0; step < TURN; step++) {
    const batch = batchOf(side.step++);
    const before = performance.now();
    const report: TrainedStep = side.group
      ? await side.trainer.stepOn(side.group, batch, 0.5)
      : side.trainer.step(batch, 0.5);
    if (step > 0) side.times.push(performance.now() - before);
    side.losses.push(report.loss);
  }
}

function startLoops(count: number): ChildProcess[] {
  // Each in a session of its own, as programs of others are: Linux divides time among sessions first.
  return Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', 'for(;;);'], { stdio: 'ignore', detached: true }),
  );
}

interface Quantiles {
  readonly median: number;
  readonly high: number;
}

/** Median and ninth decile. */
function quantiles(times: readonly number[]): Quantiles {
  const sorted = [...times].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1]!, high: sorted[Math.floor(0.9 * sorted.length)]! };
}

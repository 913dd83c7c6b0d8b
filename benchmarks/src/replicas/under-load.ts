import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import type { ReplicaGroup, Trainer } from '@medseg/training';
import { type BenchPhase, batchOf, groupOf, trainerOf } from './workload.ts';

/** What a step may take of one thread's time at most where others have the cores. */
const LIMIT = 1.2;

export interface LoadOptions {
  readonly threads: number;
  /** Processes that compute beside this one. */
  readonly load: number;
  readonly rounds: number;
  /** Rounds before the load begins. */
  readonly warmUp: number;
  readonly script: URL;
}

interface Side {
  readonly trainer: Trainer;
  readonly group?: ReplicaGroup;
  readonly times: number[];
  readonly losses: number[];
}

/**
 * Steps beside so many processes that do nothing but compute: on one thread, on several that wait for each other, and on
 * several whose work this thread does where that is quicker. A round is a step of each, in turns, so that ratios are of
 * about the same time. Returns whether the last took little more than one thread.
 */
export async function underLoad(
  phase: BenchPhase,
  { threads, load, rounds, warmUp, script }: LoadOptions,
): Promise<boolean> {
  const sides = await Promise.all(
    [undefined, { adaptive: false }, {}].map(async (options): Promise<Side> => {
      const trainer = trainerOf(phase);
      const group = options && (await groupOf(trainer, threads, script, options));
      return { trainer, ...(group && { group }), times: [], losses: [] };
    }),
  );
  for (let round = 0; round < warmUp; round++) await takeSteps(sides, round);
  const { overtaken, alone } = sides[2]!.group!;
  const loops = startLoops(load);
  try {
    await setTimeout(1000);
    for (let round = warmUp; round < warmUp + rounds; round++) await takeSteps(sides, round);
  } finally {
    for (const loop of loops) loop.kill('SIGKILL');
  }
  const times = sides.map((side) => side.times.slice(warmUp));
  const [one, waiting, adaptive] = times as [number[], number[], number[]];
  const ratio = (side: readonly number[]): number => median(side.map((time, i) => time / one[i]!));
  const milliseconds = (side: readonly number[]): string => `${median(side).toFixed(0)} ms`;
  const share = (count: number): string => `${((100 * count) / rounds).toFixed(0)} %`;
  const group = sides[2]!.group!;
  const isEqual = sides[1]!.losses.every((loss, i) => loss === sides[2]!.losses[i]);
  console.log(
    `${phase.padEnd(9)} load ${load}: one ${milliseconds(one)}, waiting ${milliseconds(waiting)} (${ratio(waiting).toFixed(2)} of one), adaptive ${milliseconds(adaptive)} (${ratio(adaptive).toFixed(2)}); ${share(group.alone - alone)} of the steps on one thread, late shares in ${share(group.overtaken - overtaken)}; losses ${isEqual ? 'equal' : 'DIFFER'}`,
  );
  for (const side of sides) {
    await side.group?.dispose();
    side.trainer.dispose();
  }
  return isEqual && ratio(adaptive) <= LIMIT;
}

/** A step of each side; each comes first as often as the others. */
async function takeSteps(sides: readonly Side[], round: number): Promise<void> {
  const batch = batchOf(round);
  for (let turn = 0; turn < sides.length; turn++) {
    const { trainer, group, times, losses } = sides[(round + turn) % sides.length]!;
    const before = performance.now();
    const report = group ? await trainer.stepOn(group, batch, 0.5) : trainer.step(batch, 0.5);
    times.push(performance.now() - before);
    losses.push(report.loss);
  }
}

/** Processes that end with this one, each in a session of its own: Linux divides time among sessions first. */
function startLoops(count: number): ChildProcess[] {
  const program = `for (let i = 0; ; i++) if (i % 1e8 === 0 && process.ppid !== ${process.pid}) process.exit();`;
  return Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', program], { stdio: 'ignore', detached: true }),
  );
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

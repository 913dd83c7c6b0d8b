import { Worker } from 'node:worker_threads';
import type { Case } from '@medseg/datasets';
import { evaluateCases } from './evaluate-cases.ts';
import type { CaseResult } from './evaluation/score-case.ts';
import type { Spacing } from './evaluation/scores.ts';
import type { RunNetwork } from './networks/run-network.ts';
import { output } from './output.ts';
import type { RunFolder } from './run-folder.ts';
import type { EnsembleOptions } from './segment-scans.ts';

/** What a thread of `medseg evaluate` is given. */
export interface EvaluationShare {
  readonly run: string;
  readonly cases: readonly Case[];
  readonly classNames: readonly string[];
  readonly options: EnsembleOptions & { readonly spacing?: Spacing };
}

/** A thread's answers: a result for each case in order, or why it cannot go on. */
export type EvaluationReply = { readonly result: CaseResult } | { readonly failed: string };

/**
 * Evaluates cases on this thread and on others at once, every thread with each n-th case. `done` is told of each result;
 * returned in the order of the cases. What a thread that dies has left undone is evaluated on this one.
 */
export async function evaluateOnWorkers(
  run: RunFolder,
  network: RunNetwork,
  cases: readonly Case[],
  classNames: readonly string[],
  { workers, options, done }: { workers: number; options: EvaluationShare['options']; done(): void },
): Promise<CaseResult[]> {
  const threads = Math.min(workers, cases.length);
  const results = new Array<CaseResult>(cases.length);
  const placesOf = (thread: number): number[] => [...cases.keys()].filter((i) => i % threads === thread);
  const own = async (places: readonly number[]): Promise<void> => {
    let at = 0;
    for await (const result of evaluateCases(
      network,
      places.map((i) => cases[i]!),
      classNames,
      options,
    )) {
      results[places[at++]!] = result;
      done();
    }
  };
  const others = Array.from({ length: threads - 1 }, (_, i) => {
    const places = placesOf(i + 1);
    const share = { run: run.path, cases: places.map((p) => cases[p]!), classNames, options };
    return startThread(share, (result, at) => {
      results[places[at]!] = result;
      done();
    });
  });
  try {
    await own(placesOf(0));
    for (const [i, { ended }] of others.entries()) {
      const reason = await ended;
      const left = placesOf(i + 1).filter((place) => results[place] === undefined);
      if (left.length === 0) continue;
      output.remark(`worker ${i + 1} died (${reason}); its ${left.length} cases are evaluated by the main thread`);
      await own(left);
    }
  } finally {
    await Promise.all(others.map(({ worker }) => worker.terminate()));
  }
  return results;
}

/** `ended` resolves, and never rejects, with the way in which the thread ended. */
function startThread(
  share: EvaluationShare,
  onResult: (result: CaseResult, at: number) => void,
): { worker: Worker; ended: Promise<string> } {
  const worker = new Worker(new URL('./evaluation-worker.js', import.meta.url), { workerData: share });
  let reason = '';
  let at = 0;
  const ended = new Promise<string>((resolve) => {
    worker.on('message', (reply: EvaluationReply) => {
      if ('failed' in reply) reason = reply.failed;
      else onResult(reply.result, at++);
    });
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', (code) => resolve(reason || `exit code ${code}`));
  });
  return { worker, ended };
}

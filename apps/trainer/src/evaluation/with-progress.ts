import { annotatorCount, type Case } from '@medseg/datasets';
import type { CaseResult } from '@medseg/metrics';
import { plural } from '@medseg/metrics';
import type { EnsembleOptions, Run, RunModel, SegmentScansOptions, Spacing } from '@medseg/pipeline';
import { evaluateCases, evaluateOnPool, nounOf, placesAtOnce, poolSampler } from '@medseg/pipeline';
import { loadTruths } from '../run/load-truth.ts';
import { checkDrawingMemory } from '../segmentation/check-drawing-memory.ts';
import { orAborted } from '../terminal/or-aborted.ts';
import { createProgress, timeLeft } from '../terminal/progress.ts';
import { drawingThreads } from '../workers/drawing-threads.ts';
import { startRunPool } from '../workers/run-pool.ts';

export interface SpreadOptions {
  readonly workers: number;
  readonly options: EnsembleOptions & { readonly spacing?: Spacing };
  readonly signal?: AbortSignal;
}

/** Evaluates cases of a run on several threads, where there are to be several, under a progress display. */
export async function evaluateWithProgress(
  run: Run,
  model: RunModel,
  cases: readonly Case[],
  { workers: asked, options, signal }: SpreadOptions,
): Promise<CaseResult[]> {
  const workers = drawingThreads(asked);
  checkDrawingMemory(run, options, workers, keptPixels(cases, options));
  const classNames = run.info.classes.names;
  if (workers === 1) return evaluateHere(model, cases, { ...options, classNames, ...(signal && { signal }) });
  const pool = startRunPool(run, workers);
  try {
    if (cases.length < workers) {
      const sampler = poolSampler(pool, model);
      return await evaluateHere(model, cases, { ...options, classNames, sampler, ...(signal && { signal }) });
    }
    const display = evaluationProgress(cases);
    let count = 0;
    const done = (results: number): void => {
      count += results;
      display.update(count);
    };
    // Few enough that the threads end together, and not more than a thread draws at once.
    const size = Math.max(1, Math.min(placesAtOnce(options), Math.ceil(cases.length / (4 * workers))));
    try {
      return await orAborted(
        () =>
          evaluateOnPool(
            pool,
            model,
            { cases, classNames, options },
            { size, loadTruths, done, ...(signal && { signal }) },
          ),
        signal,
      );
    } finally {
      display.stop();
    }
  } finally {
    await pool.dispose();
  }
}

/** Pixels of the largest case whose members are kept until it is scored. */
function keptPixels(cases: readonly Case[], { fuse = 'mean', method }: EnsembleOptions): number {
  if (method === 'anchor') return 0;
  const kept = cases.filter((c) => fuse !== 'mean' || annotatorCount(c) > 1);
  return Math.max(0, ...kept.map(({ facts }) => facts?.size.reduce<number>((n, side) => n * side, 1) ?? 0));
}

async function evaluateHere(
  model: RunModel,
  cases: readonly Case[],
  options: SegmentScansOptions & { readonly classNames: readonly string[]; readonly spacing?: Spacing },
): Promise<CaseResult[]> {
  const display = evaluationProgress(cases);
  const results: CaseResult[] = [];
  // Several cases are drawn at once: the shares of those that are not scored yet.
  const begun = new Map<string, number>();
  const onPlace = (id: string, done: number, of: number): void => {
    begun.set(id, done / of);
    display.update(
      results.length,
      [...begun.values()].reduce((sum, share) => sum + share, 0),
    );
  };
  try {
    for await (const result of evaluateCases(model, loadTruths(cases), { ...options, onPlace })) {
      results.push(result);
      begun.delete(result.id);
      display.update(results.length);
    }
  } finally {
    display.stop();
  }
  return results;
}

/** Shows how many cases are scored, and how long the others will take. */
function evaluationProgress(cases: readonly Case[]): { update(scored: number, begun?: number): void; stop(): void } {
  const progress = createProgress('evaluating');
  const started = performance.now();
  return {
    update: (scored, begun = 0) => {
      const share = Math.min(1, (scored + begun) / cases.length);
      progress.update(share, [
        timeLeft((performance.now() - started) / 1000, share),
        `${scored} of ${plural(cases.length, nounOf(cases))}`,
      ]);
    },
    stop: () => progress.stop(),
  };
}

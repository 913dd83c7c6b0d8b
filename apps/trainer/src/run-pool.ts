import type { Case } from '@medseg/datasets';
import { type Segmentation, summariseMembers } from '@medseg/inference';
import { drawPlaces, type EnsembleOptions, type PlaceDrawer, type PlaceInput } from './draw-places.ts';
import { evaluateCases } from './evaluate-cases.ts';
import type { CaseResult } from './evaluation/score-case.ts';
import type { Spacing } from './evaluation/scores.ts';
import type { RunNetwork } from './networks/run-network.ts';
import { oneLine, output } from './output.ts';
import type { RunFolder } from './run-folder.ts';
import { type DoJob, WorkPool } from './work-pool.ts';

/** Members of the ensembles of some places. */
interface DrawJob {
  readonly kind: 'draw';
  readonly inputs: readonly PlaceInput[];
  readonly options: EnsembleOptions & { readonly firstMember: number; readonly keepMembers: boolean };
}

/** The scores of some cases. */
interface EvaluateJob {
  readonly kind: 'evaluate';
  readonly cases: readonly Case[];
  readonly classNames: readonly string[];
  readonly options: EnsembleOptions & { readonly spacing?: Spacing };
}

export type RunJob = DrawJob | EvaluateJob;
export type RunAnswer = { readonly segmentations: Segmentation[] } | { readonly results: CaseResult[] };

type RunPool = WorkPool<RunJob, RunAnswer>;

/** Threads with the network of a run; a thread that dies is told of, and the others do its work. */
export function startRunPool(run: RunFolder, threads: number): RunPool {
  return new WorkPool<RunJob, RunAnswer>({
    threads,
    script: new URL('./run-worker.js', import.meta.url), // beside the built command
    workerData: run.path,
    onDeath: (thread, reason) =>
      output.remark(`worker ${thread} of ${threads - 1} died (${oneLine(reason)}); its work is done by the others`),
  });
}

/** What does jobs on this thread; alive after each sampling step and with each case. */
export function runJobsWith(network: RunNetwork): DoJob<RunJob, RunAnswer> {
  return async (job, alive) => {
    if (job.kind === 'draw') {
      return { segmentations: await drawPlaces(network, job.inputs, { ...job.options, onStep: alive }) };
    }
    const results: CaseResult[] = [];
    for await (const result of evaluateCases(network, job.cases, job.classNames, { ...job.options, onStep: alive })) {
      results.push(result);
      alive();
    }
    return { results };
  };
}

/** Evaluates cases on the threads of a pool, `size` of them a job; results are in the order of the cases. */
export async function evaluateOnPool(
  pool: RunPool,
  network: RunNetwork,
  { cases, ...common }: Omit<EvaluateJob, 'kind'>,
  { size, done }: { size: number; done(results: number): void },
): Promise<CaseResult[]> {
  const jobs: RunJob[] = [];
  for (let at = 0; at < cases.length; at += size)
    jobs.push({ kind: 'evaluate', cases: cases.slice(at, at + size), ...common });
  const answers = await pool.run(jobs, {
    local: runJobsWith(network),
    done: (answer) => done(resultsOf(answer).length),
  });
  return answers.flatMap(resultsOf);
}

/** Spreads what is drawn at once over the threads of a pool: by places, or by members where that is more even. */
export function poolDrawer(pool: RunPool, network: RunNetwork): PlaceDrawer {
  const threads = pool.size;
  return {
    threads,
    draw: async (inputs, { scheduler, steps, members, seed, preparation }) => {
      // By name: what else the caller has in its options, such as callbacks, cannot be sent.
      const options: EnsembleOptions = { scheduler, steps, members, seed, preparation };
      const places = inputs.length;
      const byMembers = places * Math.ceil(members / threads) < members * Math.ceil(places / threads);
      const shares = evenShares(byMembers ? members : places, threads);
      const jobs = shares.map(
        ([from, to]): RunJob => ({
          kind: 'draw',
          inputs: byMembers ? inputs : inputs.slice(from, to),
          options: {
            ...options,
            ...(byMembers ? { members: to - from, firstMember: from } : { firstMember: 0 }),
            keepMembers: byMembers,
          },
        }),
      );
      const parts = (await pool.run(jobs, { local: runJobsWith(network) })).map(segmentationsOf);
      return byMembers
        ? inputs.map((_, i) =>
            joined(
              parts.map((part) => part[i]!),
              network,
            ),
          )
        : parts.flat();
    },
  };
}

/** The ensemble of several parts of its members. */
function joined(parts: readonly Segmentation[], { activation }: RunNetwork): Segmentation {
  const { members: _, ...first } = parts[0]!;
  const members = parts.flatMap((part) => part.members!);
  return { ...first, ...summariseMembers(members, { classes: first.classes, activation }) };
}

/** Cuts `count` things into at most `parts` runs [from, to) of nearly equal length, none empty. */
function evenShares(count: number, parts: number): [number, number][] {
  const n = Math.min(count, parts);
  return Array.from({ length: n }, (_, i) => [Math.round((i * count) / n), Math.round(((i + 1) * count) / n)]);
}

function resultsOf(answer: RunAnswer): CaseResult[] {
  if ('results' in answer) return answer.results;
  throw new TypeError('run pool: the answer to a job of cases has no results');
}

function segmentationsOf(answer: RunAnswer): Segmentation[] {
  if ('segmentations' in answer) return answer.segmentations;
  throw new TypeError('run pool: the answer to a job of places has no segmentations');
}

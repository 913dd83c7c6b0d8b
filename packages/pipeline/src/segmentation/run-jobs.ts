import { type OptionNames, requireObject, requireOptions } from '@medseg/arguments';
import type { Case } from '@medseg/datasets';
import type { CaseResult } from '@medseg/metrics';
import type { DoJob, JobPool } from '@medseg/workers';
import type { Spacing } from '../evaluation/case-units.ts';
import { evaluateCases } from '../evaluation/evaluate-cases.ts';
import type { TruthCase } from '../evaluation/truth.ts';
import type { RunModel } from '../networks/run-model.ts';
import type { DrawnPlace } from './emerging-maps.ts';
import {
  type EnsembleOptions,
  joinMembers,
  type PlaceInput,
  type PlaceSampler,
  samplePlaces,
} from './sample-places.ts';

/** Members of the ensembles of some places. */
interface SampleJob {
  readonly kind: 'sample';
  readonly inputs: readonly PlaceInput[];
  readonly options: EnsembleOptions & {
    readonly firstMember: number;
    readonly keepMembers: boolean;
    readonly keepSteps?: boolean;
  };
}

/** The scores of some cases. */
interface EvaluateJob {
  readonly kind: 'evaluate';
  readonly cases: readonly Case[];
  readonly classNames: readonly string[];
  readonly options: EnsembleOptions & { readonly spacing?: Spacing };
}

/** What a thread of a {@link RunPool} is asked: members of ensembles, or the scores of cases. */
export type RunJob = SampleJob | EvaluateJob;
/** What a thread answers a {@link RunJob} with. */
export type RunAnswer =
  | {
      /** One for each place that was asked for. */
      readonly segmentations: DrawnPlace[];
    }
  | {
      /** One for each case that was asked for. */
      readonly results: CaseResult[];
    };

/** Threads with the network of a run. */
export type RunPool = JobPool<RunJob, RunAnswer>;

/** Reads cases with their reference masks, one after another. */
export type LoadTruths = (cases: readonly Case[]) => AsyncIterable<TruthCase>;

const runJobsWithOptionNames: OptionNames<NonNullable<Parameters<typeof runJobsWith>[2]>> = { signal: true };

/** Does jobs on this thread; signs of life come after each sampling step and with each case. A signal ends cases early. */
export function runJobsWith(
  model: RunModel,
  loadTruths: LoadTruths,
  given: {
    /** Ends cases early. Default none. */
    readonly signal?: AbortSignal;
  } = {},
): DoJob<RunJob, RunAnswer> {
  requireOptions('runJobsWith', given, runJobsWithOptionNames);
  const { signal } = given;
  return async (job, alive) => {
    if (job.kind === 'sample') return sampleJob(model, job, alive);
    const results: CaseResult[] = [];
    const { cases, classNames, options } = job;
    const own = { ...options, classNames, onStep: alive, ...(signal && { signal }) };
    for await (const result of evaluateCases(model, loadTruths(cases), own)) {
      results.push(result);
      alive();
    }
    return { results };
  };
}

async function sampleJob(
  model: RunModel,
  { inputs, options }: SampleJob,
  onStep: () => void,
): Promise<{ readonly segmentations: DrawnPlace[] }> {
  return { segmentations: await samplePlaces(model, inputs, { ...options, onStep }) };
}

const evaluateOnPoolOptionNames: OptionNames<NonNullable<Parameters<typeof evaluateOnPool>[3]>> = {
  size: true,
  loadTruths: true,
  done: true,
  signal: true,
};

/** Evaluates cases on the threads of a pool, `size` of them a job; results are in the order of the cases. */
export async function evaluateOnPool(
  pool: RunPool,
  model: RunModel,
  job: Omit<EvaluateJob, 'kind'>,
  options: {
    size: number;
    /** Reads cases with their reference masks. */
    loadTruths: LoadTruths;
    /** Told after each job how many results it had. */
    done(results: number): void;
    /** Ends the evaluation. Default none. */
    signal?: AbortSignal;
  },
): Promise<CaseResult[]> {
  requireObject('evaluateOnPool: pool', pool, ['run', 'dispose']);
  requireObject('evaluateOnPool: model', model, ['network', 'process', 'activation']);
  requireObject('evaluateOnPool: job', job, ['options', 'cases', 'classNames']);
  const { cases, ...common } = job;
  requireOptions('evaluateOnPool', options, evaluateOnPoolOptionNames);
  const { size, loadTruths, done, signal } = options;
  const jobs: RunJob[] = [];
  for (let at = 0; at < cases.length; at += size)
    jobs.push({ kind: 'evaluate', cases: cases.slice(at, at + size), ...common });
  const answers = await pool.run(jobs, {
    local: runJobsWith(model, loadTruths, signal ? { signal } : {}),
    done: (answer) => done(resultsOf(answer).length),
  });
  return answers.flatMap(resultsOf);
}

/** Spreads what is drawn at once over the threads of a pool: by places, or by members where that is more even. */
export function poolSampler(pool: RunPool, model: RunModel): PlaceSampler {
  requireObject('poolSampler: pool', pool, ['run', 'dispose']);
  requireObject('poolSampler: model', model, ['network', 'process', 'activation']);
  const threads = pool.size;
  return {
    threads,
    sample: async (
      inputs,
      {
        scheduler,
        drawing,
        guidance,
        steps,
        members,
        seed,
        preparation,
        method,
        keepMembers = false,
        keepSteps = false,
      },
    ) => {
      // By name: what else the caller has in its options, such as callbacks, cannot be sent.
      const options: EnsembleOptions = { scheduler, drawing, guidance, steps, members, seed, preparation, method };
      const places = inputs.length;
      const byMembers = places * Math.ceil(members / threads) < members * Math.ceil(places / threads);
      const shares = evenShares(byMembers ? members : places, threads);
      const jobs = shares.map(
        ([from, to]): SampleJob => ({
          kind: 'sample',
          inputs: byMembers ? inputs : inputs.slice(from, to),
          options: {
            ...options,
            ...(byMembers ? { members: to - from, firstMember: from } : { firstMember: 0 }),
            keepMembers: byMembers || keepMembers,
            keepSteps,
          },
        }),
      );
      const local: DoJob<SampleJob, RunAnswer> = (job, alive) => sampleJob(model, job, alive);
      const parts = (await pool.run(jobs, { local })).map(segmentationsOf);
      return byMembers
        ? inputs.map((_, i) =>
            joined(
              parts.map((part) => part[i]!),
              model,
              keepMembers,
            ),
          )
        : parts.flat();
    },
  };
}

/** The ensemble of several parts of its members, without these unless they are to be kept. */
function joined(parts: readonly DrawnPlace[], model: RunModel, keepMembers: boolean): DrawnPlace {
  const { members, ...whole } = joinMembers(parts, model);
  return { ...whole, ...(keepMembers && members && { members }) };
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

function segmentationsOf(answer: RunAnswer): DrawnPlace[] {
  if ('segmentations' in answer) return answer.segmentations;
  throw new TypeError('run pool: the answer to a job of places has no segmentations');
}

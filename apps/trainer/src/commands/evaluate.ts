import type { Case } from '@medseg/datasets';
import { writeFileAtomic } from '@medseg/image-io/node';
import { type CaseResult, casesCsv, summariseResults } from '@medseg/metrics';
import type { Classes, EnsembleOptions, Run } from '@medseg/pipeline';
import {
  evaluateCases,
  evaluateOnPool,
  evaluationJson,
  loadRunModel,
  nounOf,
  placesAtOnce,
  poolSampler,
  type SegmentScansOptions,
  type Spacing,
  type SplitName,
  unitOf,
} from '@medseg/pipeline';
import { compareData, remarkChannels } from '../run/compare-data.ts';
import { type DataChoice, readData } from '../run/data.ts';
import { loadTruths } from '../run/load-truth.ts';
import { chooseFrom, patientsOf } from '../run/split.ts';
import { classesText, perImageText, printSummary } from '../tables/results-table.ts';
import { startBackend } from '../terminal/backend.ts';
import { output } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';
import { UserError } from '../terminal/user-error.ts';
import { startRunPool } from '../workers/run-pool.ts';

/** Evaluates a run on a folder of images and prints the scores beside the baselines. */
export async function evaluateRun(
  run: Run,
  data: DataChoice,
  split: SplitName,
  {
    json,
    csv,
    spacing,
    workers = 1,
    force,
    ...options
  }: EnsembleOptions & { json?: string; csv?: string; spacing?: Spacing; workers?: number; force?: boolean },
): Promise<void> {
  const usable = await readData(data);
  const cases = chooseFrom(usable, run, split, data.dir);
  requireClasses(run, usable.classes, data.dir);
  compareData(run, cases, { dir: data.dir, force });
  const trained = new Set(run.info.patients.train);
  const seen = cases.filter((c) => trained.has(c.patient)).length;
  if (seen > 0)
    output.remark(`note: ${seen} of ${cases.length} ${nounOf(cases)} are of patients that the run was trained on`);
  await startBackend();
  const model = await loadRunModel(run);
  remarkChannels(model, run, cases);
  const sampling = { ...options, ...(spacing && { spacing }) };
  const { names } = run.info.classes;
  const results = await spreadWithProgress(run, model, cases, names, { workers, options: sampling });
  model.network.dispose();
  const summary = summariseResults(results, options);
  const unit = unitOf(cases, spacing);
  output.result(perImageText(results));
  output.result();
  output.result(
    `${results.length} ${nounOf(cases)} of ${patientsOf(results).length} patients, split ${split}, ${options.steps} steps x ${options.members} members`,
  );
  printSummary(summary, results, unit);
  const byClass = classesText(results, unit);
  if (byClass !== '') output.result(byClass);
  if (json !== undefined) {
    const { preparation: _, ...recorded } = options;
    const info = { run: run.name, data: data.dir, split, ...recorded, unit, trainedOn: run.info.patients.train };
    await writeFileAtomic(json, Buffer.from(evaluationJson(info, results, summary)));
    output.remark(`wrote ${json}`);
  }
  if (csv !== undefined) {
    await writeFileAtomic(csv, Buffer.from(casesCsv(results)));
    output.remark(`wrote ${csv}`);
  }
}

/** Throws UserError where a run has other classes than the data that it is evaluated on. */
function requireClasses(run: Run, { names }: Classes, dir: string): void {
  const own = run.info.classes.names;
  if (own.length !== names.length || (run.info.kind === 'trained' && own.join() !== names.join())) {
    throw new UserError(
      `${dir}: its classes must be those of ${run.name} (${own.join(', ')}), got ${names.join(', ')}`,
    );
  }
}

/** {@link evaluateWithProgress} of a run, on several threads where there are to be several. */
export async function spreadWithProgress(
  run: Run,
  model: Parameters<typeof evaluateCases>[0],
  cases: readonly Case[],
  classNames: readonly string[],
  { workers, options }: { workers: number; options: EnsembleOptions & { spacing?: Spacing } },
): Promise<CaseResult[]> {
  if (workers === 1) return evaluateWithProgress(model, cases, classNames, options);
  const pool = startRunPool(run, workers);
  try {
    if (cases.length < workers) {
      const sampler = poolSampler(pool, model);
      return await evaluateWithProgress(model, cases, classNames, { ...options, sampler });
    }
    const progress = createProgress('evaluating');
    let count = 0;
    const done = (results: number): void => {
      count += results;
      progress.update(count / cases.length, `${count} of ${cases.length}`);
    };
    // Few enough that the threads end together, and not more than a thread draws at once.
    const size = Math.max(1, Math.min(placesAtOnce(options.members), Math.ceil(cases.length / (4 * workers))));
    try {
      return await evaluateOnPool(pool, model, { cases, classNames, options }, { size, loadTruths, done });
    } finally {
      progress.stop();
    }
  } finally {
    await pool.dispose();
  }
}

/** Evaluates cases under a progress display. */
export async function evaluateWithProgress(
  model: Parameters<typeof evaluateCases>[0],
  cases: readonly Case[],
  classNames: readonly string[],
  options: SegmentScansOptions & { spacing?: Spacing },
): Promise<CaseResult[]> {
  const progress = createProgress('evaluating');
  const results: CaseResult[] = [];
  try {
    for await (const result of evaluateCases(model, loadTruths(cases), { ...options, classNames })) {
      results.push(result);
      progress.update(results.length / cases.length, `${results.length} of ${cases.length}`);
    }
  } finally {
    progress.stop();
  }
  return results;
}

import type { Case } from '@medseg/datasets';
import { writeFileAtomic } from '@medseg/image-io/node';
import { startBackend } from '../backend.ts';
import { type DataChoice, patientsOf, readCases } from '../data.ts';
import { type EnsembleOptions, evaluateCases } from '../evaluate-cases.ts';
import { casesCsv } from '../evaluation/case-csv.ts';
import { evaluationJson } from '../evaluation/evaluation-file.ts';
import { unitOf } from '../evaluation/metrics.ts';
import type { CaseResult } from '../evaluation/score-case.ts';
import type { Spacing } from '../evaluation/scores.ts';
import { summariseResults } from '../evaluation/summary.ts';
import { loadNetwork } from '../network.ts';
import { output } from '../output.ts';
import { createProgress } from '../progress.ts';
import { perImageText, printSummary } from '../results-table.ts';
import type { RunFolder } from '../run-folder.ts';
import { chooseCases, type SplitName } from './choose-cases.ts';

/** Evaluates a run on a folder of images and prints the scores beside the baselines. */
export async function evaluateRun(
  run: RunFolder,
  data: DataChoice,
  split: SplitName,
  { json, csv, spacing, ...options }: EnsembleOptions & { json?: string; csv?: string; spacing?: Spacing },
): Promise<void> {
  const cases = chooseCases(run, await readCases(data, output.remark), split, data.dir);
  const trained = new Set(run.info.patients.train);
  const seen = cases.filter((c) => trained.has(c.patient)).length;
  if (seen > 0) output.remark(`note: ${seen} of ${cases.length} images are of patients that the run was trained on`);
  await startBackend();
  const network = await loadNetwork(run);
  const results = await evaluateWithProgress(network, cases, { ...options, ...(spacing && { spacing }) });
  network.dispose();
  const summary = summariseResults(results, options);
  const unit = unitOf(spacing);
  output.result(perImageText(results));
  output.result();
  output.result(
    `${results.length} images of ${patientsOf(results).length} patients, split ${split}, ${options.steps} steps x ${options.members} members`,
  );
  printSummary(summary, results, unit);
  if (json !== undefined) {
    const info = { run: run.path, data: data.dir, split, ...options, unit, trainedOn: run.info.patients.train };
    await writeFileAtomic(json, Buffer.from(evaluationJson(info, results, summary)));
    output.remark(`wrote ${json}`);
  }
  if (csv !== undefined) {
    await writeFileAtomic(csv, Buffer.from(casesCsv(results)));
    output.remark(`wrote ${csv}`);
  }
}

/** Evaluates cases under a progress display. */
export async function evaluateWithProgress(
  network: Parameters<typeof evaluateCases>[0],
  cases: readonly Case[],
  options: EnsembleOptions & { spacing?: Spacing },
): Promise<CaseResult[]> {
  const progress = createProgress('evaluating');
  const results: CaseResult[] = [];
  try {
    for await (const result of evaluateCases(network, cases, options)) {
      results.push(result);
      progress.update(results.length / cases.length, `${results.length} of ${cases.length}`);
    }
  } finally {
    progress.stop();
  }
  return results;
}

import type { Case } from '@medseg/datasets';
import { writeFileAtomic } from '@medseg/image-io/node';
import { startBackend } from '../backend.ts';
import { type DataChoice, readCases } from '../data.ts';
import { type CaseResult, type EnsembleOptions, evaluateCases, meanOf } from '../evaluate-cases.ts';
import { loadNetwork } from '../network.ts';
import { output } from '../output.ts';
import { createProgress } from '../progress.ts';
import { perImageText, summaryText } from '../results-table.ts';
import type { RunFolder } from '../run-folder.ts';
import { UserError } from '../user-error.ts';

export type SplitName = 'validation' | 'test' | 'all';

/** Evaluates a run on a folder of images and prints the overlap of each image beside the baselines. */
export async function evaluateRun(
  run: RunFolder,
  data: DataChoice,
  split: SplitName,
  { json, ...options }: EnsembleOptions & { json?: string },
): Promise<CaseResult[]> {
  const cases = choose(run, await readCases(data, output.remark), split, data.dir);
  await startBackend();
  const network = await loadNetwork(run);
  const results = await evaluateWithProgress(network, cases, options);
  network.dispose();
  output.result(perImageText(results));
  output.result();
  output.result(`${results.length} images, split ${split}, ${options.steps} steps x ${options.members} members`);
  output.result(summaryText(results));
  if (json !== undefined) {
    const report = { run: run.path, data: data.dir, split, ...options, mean: meanOf(results), images: results };
    await writeFileAtomic(json, Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
    output.remark(`wrote ${json}`);
  }
  return results;
}

/** Evaluates cases under a progress display. */
export async function evaluateWithProgress(
  network: Parameters<typeof evaluateCases>[0],
  cases: readonly Case[],
  options: EnsembleOptions,
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

function choose(run: RunFolder, cases: Case[], split: SplitName, dir: string): Case[] {
  const { patients } = run.info;
  if (split === 'all') {
    const seen = new Set(patients.train);
    const known = cases.filter((c) => seen.has(c.patient)).length;
    if (known > 0)
      output.remark(`note: ${known} of ${cases.length} images are of patients that the run was trained on`);
    return cases;
  }
  const wanted = new Set(patients[split]);
  if (wanted.size === 0) throw new UserError(`${run.path}: the run has no ${split} patients; evaluate another --split`);
  const chosen = cases.filter((c) => wanted.has(c.patient));
  if (chosen.length === 0) {
    throw new UserError(
      `${dir}: holds none of the run's ${wanted.size} ${split} patients; use --split all for other data`,
    );
  }
  return chosen;
}

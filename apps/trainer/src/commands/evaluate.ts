import { basename, join, resolve } from 'node:path';
import type { Case } from '@medseg/datasets';
import { casesCsv, plural, summariseAnnotators, summariseResults } from '@medseg/metrics';
import type { EnsembleOptions, Run } from '@medseg/pipeline';
import { evaluationJson, isPlain, loadRunModel, nounOf, type Spacing, type SplitName, unitOf } from '@medseg/pipeline';
import { maskNotes } from '../evaluation/mask-notes.ts';
import { evaluateWithProgress } from '../evaluation/with-progress.ts';
import { asSentence, writeReport } from '../report/write-report.ts';
import { compareData, remarkChannels } from '../run/compare-data.ts';
import { type DataChoice, readData } from '../run/data.ts';
import { runFiles } from '../run/folder.ts';
import { requireClasses } from '../run/run-classes.ts';
import { chooseFrom } from '../run/split.ts';
import { printResults } from '../tables/print-results.ts';
import { perImageLines } from '../tables/results-table.ts';
import { startBackend } from '../terminal/backend.ts';
import { output } from '../terminal/output.ts';
import { checkOutputs, writeOutput } from '../terminal/output-files.ts';

/** What an evaluation writes beside what it prints. */
export interface EvaluationFiles {
  readonly json?: string;
  readonly csv?: string;
  /** A folder for `report.html`. */
  readonly report?: string;
}

/** Evaluates a run on a folder of images and prints the scores beside the baselines. */
export async function evaluateRun(
  run: Run,
  data: DataChoice,
  split: SplitName,
  {
    json,
    csv,
    report,
    spacing,
    workers = 1,
    force,
    ...options
  }: EnsembleOptions & EvaluationFiles & { spacing?: Spacing; workers?: number; force?: boolean },
): Promise<void> {
  const reportFile = report === undefined ? undefined : join(report, 'report.html');
  const outputs = { '--json': json, '--csv': csv, '--report': reportFile };
  checkOutputs(
    Object.entries(outputs).flatMap(([option, path]) => (path === undefined ? [] : [{ option, path }])),
    { inputs: [data.dir, ...runFiles(run)], force },
  );
  const usable = await readData(data);
  const cases = await chooseFrom(usable, run, { split, dir: data.dir });
  requireClasses(run, usable.classes, data.dir);
  compareData(run, cases, { dir: data.dir, force });
  const notes = seenNotes(run, cases, split);
  for (const note of notes) output.remark(`note: ${note}`);
  const sampling = { ...options, ...(spacing && { spacing }) };
  const unit = unitOf(cases, spacing);
  await startBackend();
  const model = await loadRunModel(run);
  try {
    remarkChannels(model, run, cases);
    const results = await evaluateWithProgress(run, model, cases, { workers, options: sampling });
    output.result(perImageLines(results, output.width()));
    output.result();
    printResults(results, { cases, split, sampling: options, unit, seed: options.seed, plain: isPlain(run) });
    const found = maskNotes(results, nounOf(cases));
    for (const note of found) output.remark(`warning: ${note}`);
    if (json !== undefined) {
      const { preparation: _, ...recorded } = options;
      const info = { run: run.name, data: data.dir, split, ...recorded, unit, trainedOn: run.info.patients.train };
      const { seed } = options;
      const text = evaluationJson(
        info,
        results,
        summariseResults(results, { seed }),
        summariseAnnotators(results, { seed }),
      );
      await writeOutput(json, text);
      output.remark(`wrote ${json}`);
    }
    if (csv !== undefined) {
      await writeOutput(csv, casesCsv(results));
      output.remark(`wrote ${csv}`);
    }
    if (reportFile !== undefined) {
      const title = `Run ${basename(resolve(run.name))} on ${basename(resolve(data.dir))}`;
      output.result(
        `report: ${await writeReport(run, model, cases, results, {
          title,
          split,
          sampling,
          notes: [...notes, ...found].map(asSentence),
          file: reportFile,
        })}`,
      );
    }
  } finally {
    model.network.dispose();
  }
}

/** How many of some cases the run has used in training, and for what, where the split does not say it. */
function seenNotes(run: Run, cases: readonly Case[], split: SplitName): string[] {
  if (split !== 'all') return [];
  const { train, validation } = run.info.patients;
  const [trained, chosen] = [train, validation].map((patients) => {
    const known = new Set(patients);
    return cases.filter((c) => known.has(c.patient)).length;
  }) as [number, number];
  const of = (count: number): string =>
    `${count} of ${plural(cases.length, nounOf(cases))} ${count === 1 ? 'is' : 'are'} of patients`;
  return [
    ...(trained > 0 ? [`${of(trained)} that the run was trained on`] : []),
    ...(chosen > 0 ? [`${of(chosen)} whose Dice chose the weights`] : []),
  ];
}
